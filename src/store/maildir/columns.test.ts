import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ColumnCache } from './column-cache.ts';
import { Columns } from './columns.ts';

function filled(uids: readonly number[]): Columns {
  const columns = new Columns();
  for (const uid of uids) columns.put([uid, uid % 3, uid * 10, uid * 100, uid * 1000]);
  return columns;
}

test('columns: rows stay in UID order whatever order they come in', () => {
  const columns = filled([5, 9, 7, 1, 9]);
  assert.deepEqual([...columns.uids()], [1, 5, 7, 9]);
  assert.equal(columns.sizeOf(7), 700);
  assert.equal(columns.sizeOf(8), undefined);
  assert.equal(columns.countFrom(6), 2);
});

test('columns: select sorts, leaves unknown and repeated UIDs out, masks flags', () => {
  const columns = filled([1, 2, 3, 4, 5]);
  const rows = columns.select(Uint32Array.of(5, 99, 2, 5, 2, 1), 1);
  assert.deepEqual([...rows.uids], [1, 2, 5]);
  assert.deepEqual([...rows.flags], [1, 0, 0]);
  assert.deepEqual([...rows.internalDates], [1000, 2000, 5000]);
  columns.modSeq = 50;
  assert.deepEqual([...columns.selectChanged(30, -1).uids], [4, 5]);
  assert.deepEqual([...columns.selectChanged(50, -1).uids], []);
  // Flags of `filled` are uid % 3.
  assert.deepEqual([...columns.uidsWith(2)], [2, 5]);
  assert.deepEqual([...columns.uidsWith(4)], []);
});

test('columns: select agrees with a plain filter on random sets', () => {
  const held = Array.from({ length: 500 }, (_, at) => at * 2 + 1);
  const columns = filled(held);
  for (let round = 0; round < 50; round++) {
    const asked = Array.from({ length: 40 }, () => Math.floor(Math.random() * 1010));
    const expected = [...new Set(asked)]
      .filter((uid) => held.includes(uid))
      .sort((left, right) => left - right);
    assert.deepEqual([...columns.select(Uint32Array.from(asked), -1).uids], expected);
  }
});

test('columns: remove takes first, last, runs and unknown UIDs', () => {
  const cases: [remove: number[], left: number[]][] = [
    [[], [1, 2, 3, 4, 5]],
    [[1], [2, 3, 4, 5]],
    [[5], [1, 2, 3, 4]],
    [
      [2, 3, 4],
      [1, 5],
    ],
    [
      [0, 3, 77],
      [1, 2, 4, 5],
    ],
    [[1, 2, 3, 4, 5], []],
  ];
  for (const [remove, left] of cases) {
    const columns = filled([1, 2, 3, 4, 5]);
    columns.remove(remove);
    assert.deepEqual([...columns.uids()], left);
    assert.deepEqual(
      [...columns.select(columns.uids(), -1).sizes],
      left.map((uid) => uid * 100),
    );
  }
});

test('column cache: the least recently used go first, the one in use never', () => {
  const cache = new ColumnCache(() => 2 * new Columns().byteLength);
  const owners = Array.from({ length: 3 }, () => ({ columns: new Columns() as Columns | undefined }));
  const [first, second, third] = owners as [(typeof owners)[0], (typeof owners)[0], (typeof owners)[0]];
  cache.touch(first);
  cache.touch(second);
  cache.touch(first);
  cache.touch(third);
  assert.deepEqual(
    owners.map(({ columns }) => columns !== undefined),
    [true, false, true],
  );
  const large = { columns: filled(Array.from({ length: 1000 }, (_, at) => at + 1)) as Columns | undefined };
  cache.touch(large);
  assert.ok(large.columns !== undefined);
  assert.equal(cache.totalBytes, large.columns.byteLength);
});
