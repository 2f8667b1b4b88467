import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namesBeyond, parseSequenceSet, rangesContain, resolveSequenceSet } from './sequence-set.ts';

const resolve = (text: string, largest: number) => {
  const set = parseSequenceSet(text, 100);
  assert.ok(set !== undefined, text);
  return resolveSequenceSet(set, largest);
};

test('sequence set: ranges come out ascending, merged and with * replaced', () => {
  const cases: [string, number, number[]][] = [
    ['1', 9, [1, 1]],
    ['3:1', 9, [1, 3]],
    ['*', 9, [9, 9]],
    ['*:1', 9, [1, 9]],
    ['12:*', 9, [9, 12]],
    ['1,3,2', 9, [1, 3]],
    ['5:7,1:2,6:9', 9, [1, 2, 5, 9]],
    ['1:4294967295', 9, [1, 4_294_967_295]],
    ['2,4:*', 0, [2, 2]],
    ['*', 0, []],
  ];
  for (const [text, largest, expected] of cases) assert.deepEqual(resolve(text, largest), expected, text);
});

test('sequence set: malformed sets are refused', () => {
  for (const text of [
    '',
    ',',
    '1,',
    ',1',
    '0',
    '1:0',
    '01',
    '1:',
    ':1',
    '1:2:3',
    '1 2',
    '-1',
    '+1',
    '1.5',
    '4294967296',
    '99999999999',
    '**',
    'a',
  ]) {
    assert.equal(parseSequenceSet(text, 100), undefined, text);
  }
});

test('sequence set: a set at the element bound is taken, one more is refused', () => {
  const elements = (count: number) => Array.from({ length: count }, (_, i) => i * 2 + 1).join(',');
  assert.equal(parseSequenceSet(elements(100), 100)?.bounds.length, 200);
  assert.equal(parseSequenceSet(elements(101), 100), undefined);
});

test('sequence set: membership agrees with counting for every small set', () => {
  const ranges = resolve('2:3,7,9:12', 20);
  const members = new Set([2, 3, 7, 9, 10, 11, 12]);
  for (let value = 0; value <= 21; value++) assert.equal(rangesContain(ranges, value), members.has(value));
  assert.equal(rangesContain([], 1), false);
});

test('sequence set: a plain number beyond the mailbox is found, ranges with * are not', () => {
  const cases: [string, number, boolean][] = [
    ['3', 3, false],
    ['4', 3, true],
    ['2:7', 3, true],
    ['7:2', 3, true],
    ['5:*', 3, false],
    ['*', 0, false],
    ['1:*', 0, false],
    ['1', 0, true],
  ];
  for (const [text, largest, beyond] of cases) {
    assert.equal(namesBeyond(parseSequenceSet(text, 10)!, largest), beyond, text);
  }
});
