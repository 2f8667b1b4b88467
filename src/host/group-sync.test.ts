import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GroupSync } from './group-sync.ts';

/** A sync that ends when told to. */
function controlled() {
  const ends: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  const sync = () => new Promise<void>((resolve, reject) => ends.push({ resolve, reject }));
  return { ends, sync };
}
const turn = () => new Promise<void>((done) => setImmediate(done));

test('group sync: everybody of one turn shares one sync', async () => {
  const { ends, sync } = controlled();
  const group = new GroupSync(sync, () => {});
  const waits = [group.wait(), group.wait(), group.wait()];
  await turn();
  assert.equal(ends.length, 1);
  ends[0]?.resolve();
  await Promise.all(waits);
  assert.equal(ends.length, 1);
});

test('group sync: who asks while one runs waits for the next one, never for the running one', async () => {
  const { ends, sync } = controlled();
  const group = new GroupSync(sync, () => {});
  const early = group.wait();
  await turn();
  let lateDone = false;
  const late = group.wait().then(() => {
    lateDone = true;
  });
  ends[0]?.resolve();
  await early;
  await turn();
  assert.equal(lateDone, false);
  assert.equal(ends.length, 2);
  ends[1]?.resolve();
  await late;
});

test('group sync: a failure reaches the waiters, those queued behind them, and every later call', async () => {
  const { ends, sync } = controlled();
  const failures: unknown[] = [];
  const group = new GroupSync(sync, (error) => failures.push(error));
  const first = group.wait();
  await turn();
  const second = group.wait();
  const error = new Error('EIO');
  ends[0]?.reject(error);
  await assert.rejects(first, error);
  await assert.rejects(second, error);
  await assert.rejects(group.wait(), error);
  assert.deepEqual(failures, [error]);
  assert.equal(ends.length, 1, 'a failed file is never synced again');
  await group.idle();
});
