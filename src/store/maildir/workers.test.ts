// Two worker processes on one account at once, undisturbed and killed at random instants: the store shows what was
// acknowledged, each message once, no UID changes or repeats (issue: 200 kills of the whole server are tested in test/).

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { accountRef } from '../contract/fixture.ts';
import { storeAt } from './fixture.ts';
import { Model, WorkerProcess } from './worker-model.ts';

/** Printed with a failure; TEGU_SEED runs one again. */
const seed = Number(process.env.TEGU_SEED ?? Math.floor(Math.random() * 1e6));
const backends = ['uring', 'threads'];
const killRounds = 26;

function usable(backend: string): string {
  return process.env.TEGU_IO ?? backend;
}

test(`two workers do random work on one account and agree (seed ${seed})`, async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'tegu-workers-'));
  const store = storeAt(root);
  t.after(async () => {
    await store.close();
    await rm(root, { recursive: true, force: true });
  });
  const account = await store.openAccount(accountRef('alice@example.test'));
  const model = new Model();
  const workers = backends.map(
    (backend, at) =>
      new WorkerProcess(model, { root, seed: seed + at, steps: 120, own: [] }, usable(backend)),
  );
  for (const worker of workers) await worker.end();
  await model.check(account, []);
  assert.ok(model.instances.length > 50);
});

test(`kill -9 of two workers, ${killRounds} times: nothing acknowledged is lost (seed ${seed})`, async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'tegu-kill-'));
  const store = storeAt(root, { 'store.rescanMinMs': 0, 'store.rescanCostFactor': 0 });
  t.after(async () => {
    await store.close();
    await rm(root, { recursive: true, force: true });
  });
  const account = await store.openAccount(accountRef('alice@example.test'));
  const model = new Model();
  let interrupted = 0;
  for (let round = 0; round < killRounds; round++) {
    const known = model.instances.filter(({ uid }) => uid > 0);
    const workers = [0, 1].map((at) => {
      const own = known.filter((_, index) => index % 2 === at);
      const order = { root, seed: seed + 1000 + round * 2 + at, steps: 1_000_000, own };
      return new WorkerProcess(model, order, usable(backends[(round + at) % 2] as string));
    });
    await Promise.all(workers.map((worker) => worker.ready()));
    // Spread over the operations of a few milliseconds each; the seed only decides what they are.
    await sleep(20 + ((seed + round * 37) % 150));
    await Promise.all(workers.map((worker) => worker.kill()));
    const pending = workers.map((worker) => worker.pending).filter((operation) => operation !== undefined);
    interrupted += pending.length;
    await model.check(account, pending);
  }
  assert.ok(interrupted > killRounds / 2, `${interrupted} operations were interrupted`);
  assert.ok(model.instances.length > 20);
});
