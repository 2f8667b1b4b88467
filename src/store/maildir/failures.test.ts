import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Permanent, Transient } from '../../base/outcome.ts';
import { mapBounded } from './bounded.ts';
import { errnoFailure, isIndexBroken, storeFailure } from './failures.ts';

const withCode = (code: string): Error => Object.assign(new Error(code), { code });

test('failures: what the system says becomes an outcome of the port', () => {
  const cases: [code: string, outcome: string][] = [
    ['ENOSPC', 'store.full'],
    ['EDQUOT', 'store.full'],
    ['SQLITE_FULL', 'store.full'],
    ['SQLITE_BUSY_SNAPSHOT', 'store.busy'],
    ['SQLITE_CORRUPT_INDEX', 'store.io'],
    ['EIO', 'store.io'],
    ['EACCES', 'store.io'],
    ['EROFS', 'store.io'],
    ['EMFILE', 'store.io'],
    ['SQLITE_IOERR_READ', 'store.io'],
  ];
  for (const [code, outcome] of cases) {
    const translated = storeFailure(withCode(code), 'test');
    assert.ok(translated instanceof Transient, code);
    assert.equal(translated.code, outcome, code);
    assert.ok(translated.cause instanceof Error);
  }
});

test('failures: outcomes and bugs pass unchanged', () => {
  const outcome = new Permanent('store.over_quota', 'full');
  assert.equal(storeFailure(outcome, 'test'), outcome);
  const bug = new TypeError('undefined is not a function');
  assert.equal(storeFailure(bug, 'test'), bug);
});

test('failures: a damaged index is told by both its names', () => {
  assert.ok(isIndexBroken(new Permanent('store.damaged', '')) && isIndexBroken(withCode('SQLITE_NOTADB')));
  assert.ok(!isIndexBroken(withCode('SQLITE_BUSY')) && !isIndexBroken(undefined) && !isIndexBroken('x'));
});

test('failures: errno of a batch', () => {
  assert.deepEqual(
    [28, 122, 5, 13].map((errno) => errnoFailure(errno, 'test').code),
    ['store.full', 'store.full', 'store.io', 'store.io'],
  );
});

test('bounded: results in order, never more than the limit at once, the first failure ends it', async () => {
  let running = 0;
  let most = 0;
  const results = await mapBounded([5, 1, 4, 2, 3], 2, async (value) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, value));
    running--;
    return value * 2;
  });
  assert.deepEqual(results, [10, 2, 8, 4, 6]);
  assert.equal(most, 2);
  const started: number[] = [];
  const failing = mapBounded([1, 2, 3, 4, 5, 6], 2, async (value) => {
    started.push(value);
    if (value === 2) throw new Error('two');
  });
  await assert.rejects(failing, /two/);
  assert.ok(started.length < 6 && running === 0);
});
