// Power cuts under load, on a file system of its own: ext4 on a loop device is stopped the way a power cut stops it (nothing
// that waits in memory is written any more), then mounted again with its journal. What two workers had acknowledged is
// there, each message once; UIDs that a session was shown never name another message.
//
// Needs root, a loop device, mkfs.ext4 and python3; skipped without them. TEGU_SEED runs one seed again, TEGU_CUTS sets how
// many cuts are made.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { accountRef } from '../contract/fixture.ts';
import { storeAt } from './fixture.ts';
import { Model, WorkerProcess } from './worker-model.ts';

const run = promisify(execFile);
const seed = Number(process.env.TEGU_SEED ?? Math.floor(Math.random() * 1e6));
const cuts = Number(process.env.TEGU_CUTS ?? 8);
const imageMebibytes = 128;

/** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH, as soon as a line comes. */
const cutScript = `import fcntl, os, struct, sys
disk = os.open(sys.argv[1], os.O_RDONLY)
print('armed', flush=True)
sys.stdin.readline()
fcntl.ioctl(disk, 0x8004587D, struct.pack('I', 2))`;

/** A file system that can be cut off. */
class Disk {
  readonly image: string;
  readonly mountPoint: string;
  isMounted = false;

  constructor(directory: string) {
    this.image = join(directory, 'image');
    this.mountPoint = join(directory, 'mnt');
  }

  async make(): Promise<void> {
    await mkdir(this.mountPoint);
    await run('truncate', ['-s', `${imageMebibytes}M`, this.image]);
    await run('mkfs.ext4', ['-q', this.image]);
    await this.mount();
  }

  async mount(): Promise<void> {
    await run('mount', ['-o', 'loop', this.image, this.mountPoint]);
    this.isMounted = true;
  }

  /** Resolves with the function that cuts it off, at once. */
  async arm(): Promise<() => Promise<void>> {
    const cutter = spawn('python3', ['-c', cutScript, this.mountPoint], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(cutter.stdout, 'data');
    return async () => {
      cutter.stdin.end('cut\n');
      assert.deepEqual(await once(cutter, 'close'), [0, null]);
    };
  }

  async unmount(): Promise<void> {
    if (!this.isMounted) return;
    // The kernel ends the rings of a killed process some time after the process.
    for (let waited = 0; this.isMounted; waited++) {
      try {
        await run('umount', [this.mountPoint]);
        this.isMounted = false;
      } catch (error) {
        if (waited === 100) throw error;
        await sleep(50);
      }
    }
  }
}

/** A mounted disk, or undefined when this machine cannot make one. */
async function makeDisk(t: TestContext): Promise<Disk | undefined> {
  const directory = await mkdtemp(join(tmpdir(), 'tegu-power-'));
  const disk = new Disk(directory);
  t.after(async () => {
    await disk.unmount();
    await rm(directory, { recursive: true, force: true });
  });
  try {
    await disk.make();
    await run('python3', ['-c', '']);
    return disk;
  } catch (error) {
    t.skip(`no file system to cut off here: ${(error as Error).message.split('\n')[0]}`);
    return undefined;
  }
}

test(`${cuts} power cuts under load: nothing acknowledged is lost, no UID repeats (seed ${seed})`, {
  timeout: 600_000,
}, async (t) => {
  const disk = await makeDisk(t);
  if (disk === undefined) return;
  const root = join(disk.mountPoint, 'mail');
  const ref = accountRef('alice@example.test');
  const first = storeAt(root);
  await first.check();
  await first.close();
  const model = new Model();
  let interrupted = 0;
  for (let round = 0; round < cuts; round++) {
    const known = model.instances.filter(({ uid }) => uid > 0);
    const workers: WorkerProcess[] = [0, 1].map((at) => {
      const own = known.filter((_, index) => index % 2 === at);
      const order = { root, seed: seed + round * 2 + at, steps: 1_000_000, own };
      const backend = process.env.TEGU_IO ?? (at === 0 ? 'uring' : 'threads');
      return new WorkerProcess(model, { ...order, cache: join(disk.image, '..', 'cache') }, backend);
    });
    try {
      await Promise.all(workers.map((worker) => worker.ready()));
      const cut = await disk.arm();
      await sleep(50 + ((seed + round * 137) % 900));
      for (const worker of workers) assert.equal(worker.failure, undefined);
      // A file system that is being stopped may say yes to a sync that it gave up; a machine without power says nothing.
      for (const worker of workers) worker.stop();
      await cut();
    } finally {
      await Promise.all(workers.map((worker) => worker.kill(true)));
    }
    await disk.unmount();
    await disk.mount();
    const pending = workers.map((worker) => worker.pending).filter((operation) => operation !== undefined);
    interrupted += pending.length;
    const store = storeAt(root, { 'store.rescanMinMs': 0, 'store.rescanCostFactor': 0 });
    try {
      const account = await store.openAccount(ref);
      await model.check(account, pending);
      account.close();
    } finally {
      await store.close();
    }
  }
  t.diagnostic(`${model.instances.length} messages in the end, ${interrupted} operations were cut off`);
  assert.ok(
    interrupted >= cuts && model.instances.length > cuts,
    'there was too little load to prove anything',
  );
});
