import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ascending } from './uid-order.ts';

test('uid order: sorted by number, each UID once, ordered ones as they are', () => {
  for (const [given, expected] of [
    [[], []],
    [[7], [7]],
    [
      [10, 9, 100, 9, 4_294_967_295, 10],
      [9, 10, 100, 4_294_967_295],
    ],
    [[5, 5], [5]],
  ]) {
    const uids = Uint32Array.from(given ?? []);
    const before = [...uids];
    assert.deepEqual([...ascending(uids)], expected);
    assert.deepEqual([...uids], before, 'the caller keeps its order');
  }
  const ordered = Uint32Array.of(1, 2, 9);
  assert.equal(ascending(ordered), ordered);
});
