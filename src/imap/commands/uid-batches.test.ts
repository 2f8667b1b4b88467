import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchRanges } from './uid-batches.ts';

test('batches: equal numbers of messages, contiguous, down to 1', () => {
  const uids = Uint32Array.of(3, 5, 9, 12, 20);
  assert.deepEqual(batchRanges(uids, 2, 1, Infinity), ['20:12', '9:5', '3:1']);
  assert.deepEqual(batchRanges(uids, 2, 2, 2), ['9:5']);
  assert.deepEqual(batchRanges(uids, 5, 1, Infinity), ['20:1']);
  assert.deepEqual(batchRanges(uids, 100, 1, Infinity), ['20:1']);
  assert.deepEqual(batchRanges(uids, 2, 4, 9), []);
  assert.deepEqual(batchRanges(new Uint32Array(0), 2, 1, Infinity), []);
});
