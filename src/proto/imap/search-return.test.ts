import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partialBounds } from './search-return.ts';

test('partial: positions from the beginning and from the end', () => {
  const cases: [number, number, number, number, number][] = [
    [1, 3, 10, 0, 3],
    [3, 3, 10, 2, 3],
    [9, 20, 10, 8, 10],
    [11, 20, 10, 10, 10],
    [-1, -3, 10, 7, 10],
    [-9, -20, 10, 0, 2],
    [-11, -20, 10, 0, 0],
    [-1, -1, 0, 0, 0],
  ];
  for (const [first, last, count, from, to] of cases) {
    assert.deepEqual(partialBounds({ first, last }, count), { from, to }, `${first}:${last} of ${count}`);
  }
});
