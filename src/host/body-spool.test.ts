import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { MessageBody } from '../base/message-body.ts';
import { Transient } from '../base/outcome.ts';
import { removeSpoolLeftovers, SpoolArea } from './body-spool.ts';

const directory = await mkdtemp(join(tmpdir(), 'tegu-spool-'));
after(() => rm(directory, { recursive: true }));

const area = (memoryBytes: number, totalMemoryBytes = 1_000_000) =>
  new SpoolArea(directory, () => ({ memoryBytes, totalMemoryBytes }));

async function collect(body: MessageBody): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of body.chunks()) {
    assert.ok(part.length <= 262_144);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

const pattern = (size: number) => Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * 7) & 255));

for (const [size, where] of [
  [0, 'memory'],
  [1000, 'memory'],
  [1001, 'file'],
  [700_000, 'file'],
] as const) {
  test(`a message of ${size} octets with 1000 allowed in memory lies in a ${where}, reads back twice, and is removed`, async () => {
    const spools = area(1000);
    const spool = spools.create(`s${size}`);
    const octets = pattern(size);
    for (let at = 0; at < size; at += 333) await spool.write(octets.subarray(at, at + 333));
    const body = await spool.finish();
    await spool.discard();
    assert.equal(body.sizeBytes, size);
    assert.equal(body.path === undefined, where === 'memory');
    assert.deepEqual(await collect(body), octets);
    assert.deepEqual(await collect(body), octets);
    if (body.path !== undefined) assert.equal((await stat(body.path)).mode & 0o777, 0o600);
    await body.release();
    await body.release();
    assert.equal(spools.memoryInUse, 0);
    assert.deepEqual(await readdir(directory), []);
  });
}

test('memory of the process is bounded: the message that exceeds it goes to a file, and room comes back', async () => {
  const spools = area(1000, 1500);
  const [first, second] = [spools.create('a'), spools.create('b')];
  await first.write(pattern(900));
  await second.write(pattern(900));
  const body = await second.finish();
  assert.notEqual(body.path, undefined);
  assert.equal(spools.memoryInUse, 900);
  await Promise.all([first.discard(), body.release()]);
  assert.equal(spools.memoryInUse, 0);
  const third = spools.create('c');
  await third.write(pattern(900));
  assert.equal((await third.finish()).path, undefined);
});

test('a small view does not keep its large buffer alive', async () => {
  const spool = area(1000).create('view');
  const large = Buffer.alloc(65_536, 1);
  await spool.write(large.subarray(10, 20));
  const body = await spool.finish();
  assert.ok((body.memory?.[0]?.buffer.byteLength ?? Number.NaN) < 100);
});

test('discard removes the file, also half-way', async () => {
  const spools = area(10);
  const spool = spools.create('half');
  await spool.write(pattern(400_000));
  assert.equal((await readdir(directory)).length, 1);
  await spool.write(pattern(5));
  await spool.discard();
  await spool.discard();
  assert.deepEqual(await readdir(directory), []);
  assert.equal(spools.memoryInUse, 0);
});

test('a directory that cannot be written is a temporary failure', async () => {
  const spools = new SpoolArea(join(directory, 'absent'), () => ({ memoryBytes: 0, totalMemoryBytes: 0 }));
  const spool = spools.create('x');
  await assert.rejects(
    async () => spool.write(pattern(5)),
    (error) => error instanceof Transient && error.code === 'host.spool',
  );
  await spool.discard();
  assert.equal(spools.memoryInUse, 0);
});

test('leftovers: of one process, of all, and nothing else is touched', async () => {
  const place = join(directory, 'nested', 'tmp');
  assert.equal(await removeSpoolLeftovers(place), 0);
  for (const name of ['spool-7-a', 'spool-77-b', 'other']) await writeFile(join(place, name), '');
  assert.equal(await removeSpoolLeftovers(place, 7), 1);
  assert.equal(await removeSpoolLeftovers(place), 1);
  assert.deepEqual(await readdir(place), ['other']);
});
