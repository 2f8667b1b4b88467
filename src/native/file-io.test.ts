// The addon's I/O edge: promises, errors, pinned buffers, environments that end. Everything runs on both backends, in a
// child process each, because the backend is chosen once a process (TEGU_IO).

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import {
  commitFile,
  configureIo,
  deliverFile,
  ioBackend,
  ioStats,
  linkMany,
  readLfRange,
  readRange,
  renameMany,
  syncData,
  syncDirectory,
  unlinkMany,
} from './file-io.ts';

const thisFile = import.meta.filename;
const childMark = 'TEGU_FILE_IO_TEST_CHILD';

/** Runs node with arguments; resolves with exit code and all output. */
function runNode(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ code: number; text: string }> {
  return new Promise((resolve, reject) => {
    const clean = { ...process.env, ...env };
    delete clean.NODE_TEST_CONTEXT;
    const child = spawn(process.execPath, args, { env: clean, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, text }));
  });
}

if (process.env[childMark] === undefined) {
  for (const backend of ['uring', 'threads']) {
    test(`file-io: whole suite on ${backend}`, async () => {
      const { code, text } = await runNode(['--test-reporter=tap', thisFile], {
        [childMark]: '1',
        TEGU_IO: backend,
      });
      assert.equal(code, 0, text);
      assert.match(text, /^# pass [1-9]/m);
    });
  }

  test('file-io: an unknown TEGU_IO is refused with the words that are known', async () => {
    const script = `import('${new URL('./file-io.ts', import.meta.url)}').then((io) => console.log(io.ioBackend()))`;
    const { code, text } = await runNode(['-e', script], { TEGU_IO: 'aio' });
    assert.notEqual(code, 0);
    assert.match(text, /TEGU_IO must be uring or threads/);
  });

  test('file-io: without TEGU_IO a backend is found', async () => {
    const script = `import('${new URL('./file-io.ts', import.meta.url)}').then((io) => console.log(io.ioBackend()))`;
    const { code, text } = await runNode(['-e', script], { TEGU_IO: '' });
    assert.equal(code, 0, text);
    assert.match(text, /^(uring|threads)$/m);
  });
} else {
  suite(process.env.TEGU_IO ?? '');
}

/** A fresh Maildir-like folder. */
async function box(): Promise<{ path: string; file(name: string): { tmpPath: string; finalPath: string } }> {
  const path = await mkdtemp(join(tmpdir(), 'tegu-io-'));
  after(() => rm(path, { recursive: true, force: true }));
  await mkdir(join(path, 'tmp'));
  await mkdir(join(path, 'new'));
  return { path, file: (name) => ({ tmpPath: join(path, 'tmp', name), finalPath: join(path, 'new', name) }) };
}

function suite(backend: string): void {
  describe('limits', () => {
    test('the backend asked for is in use; bounds are checked and change at any time', async () => {
      assert.throws(() => configureIo({ maxInFlight: 0, maxReaders: 16 }), /maxInFlight/);
      assert.throws(() => configureIo({ maxInFlight: 1025, maxReaders: 16 }), /maxInFlight/);
      assert.throws(() => configureIo({ maxInFlight: 64, maxReaders: 257 }), /maxReaders/);
      configureIo({ maxInFlight: 2, maxReaders: 1 });
      assert.equal(ioBackend(), backend);
      const { file } = await box();
      const deliver = (i: number) => deliverFile({ ...file(String(i)), buffers: [Buffer.from('x')] });
      const all = Array.from({ length: 100 }, (_, i) => deliver(i));
      configureIo({ maxInFlight: 32, maxReaders: 8 });
      assert.deepEqual(await Promise.all(all), new Array(100).fill(1));
    });
  });
  describe('deliver', () => deliverTests());
  describe('sync', () => syncTests());
  describe('batches', () => batchTests());
  describe('read', () => readTests());
  describe('environment', () => environmentTests());
}

function deliverTests(): void {
  test('writes buffers and source, byte for byte, and resolves with the octets written', async () => {
    const { path, file } = await box();
    const source = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 256));
    await writeFile(join(path, 'spool'), source);
    const head = Buffer.from('Received: x\r\n');
    const written = await deliverFile({
      ...file('m'),
      buffers: [head, new Uint8Array(0), source.subarray(0, 100)],
      sourcePath: join(path, 'spool'),
      sourceOffset: 100,
      mode: 0o640,
    });
    assert.equal(written, head.length + source.length);
    assert.deepEqual(await readFile(file('m').finalPath), Buffer.concat([head, source]));
    assert.equal((await stat(file('m').finalPath)).mode & 0o777, 0o640);
    assert.deepEqual(await readdir(join(path, 'tmp')), []);
  });

  test('2,000 in flight: all arrive whole, directory syncs are shared', async () => {
    const { path, file } = await box();
    const before = ioStats();
    const text = (i: number) => Buffer.from(`message ${i}\r\n`.repeat(50));
    const all = Array.from({ length: 2000 }, (_, i) =>
      deliverFile({ ...file(String(i)), buffers: [text(i)] }),
    );
    assert.equal(ioStats().inFlight, 2000);
    await Promise.all(all);
    const { directorySyncs, submitted, inFlight } = ioStats();
    assert.equal(submitted - before.submitted, 2000);
    assert.equal(inFlight, 0);
    const syncs = directorySyncs - before.directorySyncs;
    assert.ok(syncs > 0 && syncs < 1000, `${syncs} directory syncs`);
    assert.equal((await readdir(join(path, 'new'))).length, 2000);
    for (const i of [0, 999, 1999]) assert.deepEqual(await readFile(file(String(i)).finalPath), text(i));
  });

  test('buffers survive garbage collection until the promise settles', async () => {
    const { file } = await box();
    const names = Array.from({ length: 200 }, (_, i) => String(i));
    const fill = (name: string) => Buffer.alloc(20_000, name);
    const all = names.map((name) => deliverFile({ ...file(name), buffers: [fill(name), fill(name)] }));
    // Garbage of the same size takes over memory that nobody holds.
    for (let i = 0; i < 2000; i++) Buffer.alloc(20_000, 'X');
    await Promise.all(all);
    for (const name of names) {
      assert.ok((await readFile(file(name).finalPath)).equals(Buffer.concat([fill(name), fill(name)])), name);
    }
  });

  test('errors carry the errno name and the base name, never the whole path', async () => {
    const { path, file } = await box();
    await writeFile(file('taken').finalPath, 'first');
    const rows = [
      { change: { finalPath: join(path, 'none', 'm') }, code: 'ENOENT' },
      { change: { tmpPath: join(path, 'none', 'm') }, code: 'ENOENT' },
      { change: file('taken'), code: 'EEXIST' },
      { change: { sourcePath: join(path, 'none') }, code: 'ENOENT' },
      { change: { finalPath: join(path, 'new', 'n'.repeat(300)) }, code: 'ENAMETOOLONG' },
    ];
    for (const { change, code } of rows) {
      const failing = deliverFile({ ...file('m'), buffers: [Buffer.from('x')], ...change });
      await assert.rejects(failing, (error: NodeJS.ErrnoException) => {
        assert.ok(error instanceof Error);
        assert.equal(error.code, code);
        assert.doesNotMatch(error.path ?? '', /\//);
        assert.doesNotMatch(error.message, /\/new/);
        return true;
      });
    }
    assert.equal(await readFile(file('taken').finalPath, 'utf8'), 'first');
    assert.deepEqual(await readdir(join(path, 'tmp')), []);
  });

  test('replace replaces a control file', async () => {
    const { file } = await box();
    for (const text of ['one', 'two']) {
      await deliverFile({ ...file('subscriptions'), replace: true, buffers: [Buffer.from(text)] });
      assert.equal(await readFile(file('subscriptions').finalPath, 'utf8'), text);
    }
  });

  test('arguments of the wrong type throw at once', () => {
    const good = { tmpPath: '/a', finalPath: '/b', buffers: [] };
    const bad: readonly unknown[] = [
      undefined,
      { ...good, tmpPath: 'relative' },
      { ...good, finalPath: '/nul\0byte' },
      { ...good, finalPath: `/${'x'.repeat(5000)}` },
      { ...good, buffers: 'text' },
      { ...good, buffers: ['text'] },
      { ...good, buffers: [new Uint16Array(2)] },
      { ...good, sourceOffset: -1 },
      { ...good, sourceOffset: 0.5 },
      { ...good, mode: 0o1000 },
    ];
    for (const file of bad) assert.throws(() => deliverFile(file as never), TypeError);
  });

  test('commitFile makes a streamed file durable and leaves the descriptor open', async () => {
    const { path, file } = await box();
    const handle = await open(file('m').tmpPath, 'wx');
    await handle.write('streamed');
    await commitFile(handle.fd, file('m').tmpPath, file('m').finalPath);
    await handle.write(' more');
    await handle.close();
    assert.equal(await readFile(file('m').finalPath, 'utf8'), 'streamed more');
    const second = await open(file('m').tmpPath, 'wx');
    await assert.rejects(commitFile(second.fd, file('m').tmpPath, file('m').finalPath), { code: 'EEXIST' });
    await second.close();
    assert.deepEqual(await readdir(join(path, 'tmp')), []);
  });
}

function syncTests(): void {
  test('directory: those who ask meanwhile share one sync', async () => {
    const { path } = await box();
    const before = ioStats().directorySyncs;
    await Promise.all(Array.from({ length: 500 }, () => syncDirectory(path)));
    const syncs = ioStats().directorySyncs - before;
    assert.ok(syncs >= 1 && syncs < 250, `${syncs} syncs`);
    await assert.rejects(syncDirectory(join(path, 'none')), { code: 'ENOENT', path: 'none' });
  });

  test('data: those who ask meanwhile share one sync', async () => {
    const { path } = await box();
    const handle = await open(join(path, 'wal'), 'w');
    const before = ioStats().dataSyncs;
    await Promise.all(Array.from({ length: 500 }, () => syncData(handle.fd)));
    const syncs = ioStats().dataSyncs - before;
    assert.ok(syncs >= 1 && syncs < 250, `${syncs} syncs`);
    const { fd } = handle;
    await handle.close();
    await assert.rejects(syncData(fd), { code: 'EBADF' });
  });
}

function batchTests(): void {
  test('renames, links and unlinks answer per item and never overwrite', async () => {
    const { path } = await box();
    const at = (name: string) => join(path, 'new', name);
    for (const name of ['a', 'b']) await writeFile(at(name), name);
    const directories = [join(path, 'new'), join(path, 'tmp')];
    const { EEXIST, ENOENT } = (await import('node:os')).constants.errno;
    assert.deepEqual(
      [...(await renameMany([at('a'), at('c'), at('c'), at('b'), at('none'), at('d')], directories))],
      [0, EEXIST, ENOENT],
    );
    assert.deepEqual([...(await linkMany([at('c'), at('d'), at('c'), at('b')], directories))], [0, EEXIST]);
    assert.deepEqual([...(await unlinkMany([at('d'), at('gone')], directories))], [0, 0]);
    assert.deepEqual(await readdir(join(path, 'new')), ['b', 'c']);
    assert.equal(await readFile(at('b'), 'utf8'), 'b');
    assert.deepEqual([...(await renameMany([], []))], []);
  });

  test('a directory that cannot be synced rejects the batch', async () => {
    const { path } = await box();
    await assert.rejects(unlinkMany([], [join(path, 'none')]), { code: 'ENOENT' });
  });

  test('an odd list is refused', () => {
    assert.throws(() => renameMany(['/a'], []), TypeError);
    assert.throws(() => linkMany(['/a', '/b', '/c'], []), TypeError);
    assert.throws(() => unlinkMany(['relative'], []), TypeError);
  });
}

function readTests(): void {
  test('ranges are clamped to the end of the file; small and large results are Buffers', async () => {
    const { path } = await box();
    const text = Buffer.from('0123456789'.repeat(10_000));
    await writeFile(join(path, 'm'), text);
    for (const [offset, length] of [
      [0, 10],
      [99_995, 10],
      [100_000, 10],
      [200_000, 10],
      [5, 80_000],
      [0, 16 * 1024 * 1024],
      [3, 0],
    ] as const) {
      const octets = await readRange(join(path, 'm'), offset, length);
      assert.ok(Buffer.isBuffer(octets));
      assert.ok(octets.equals(text.subarray(offset, offset + length)), `${offset} ${length}`);
    }
    assert.throws(() => readRange(join(path, 'm'), 0, 16 * 1024 * 1024 + 1), TypeError);
    assert.throws(() => readRange(join(path, 'm'), -1, 1), TypeError);
    await assert.rejects(readRange(join(path, 'none'), 0, 1), { code: 'ENOENT', path: 'none' });
    await assert.rejects(readRange(path, 0, 1), { code: 'EISDIR' });
  });

  test('bare LF is read as CRLF, at any cut', async () => {
    const { path } = await box();
    await writeFile(join(path, 'm'), 'a\nb\r\n\nc');
    const crlf = Buffer.from('a\r\nb\r\n\r\nc');
    for (let offset = 0; offset <= crlf.length; offset++) {
      for (let length = 0; length <= crlf.length; length++) {
        const part = await readLfRange(join(path, 'm'), offset, length);
        assert.equal(part.toString(), crlf.subarray(offset, offset + length).toString());
      }
    }
  });
}

/** Starts a worker that runs `body` (JavaScript) with the façade in `io` and the folder in `path`. */
function startWorker(path: string, body: string): Worker {
  const facade = new URL('./file-io.ts', import.meta.url).href;
  const script = `import('${facade}').then(async (io) => { const path = ${JSON.stringify(path)}; ${body} })`;
  return new Worker(script, { eval: true });
}

const manyDeliveries = `
  for (let i = 0; i < 500; i++) {
    io.deliverFile({ tmpPath: path + '/tmp/' + i, finalPath: path + '/new/' + i, buffers: [Buffer.alloc(50_000, 'x')] });
  }`;

async function assertWholeFiles(path: string): Promise<void> {
  for (const name of await readdir(join(path, 'new'))) {
    assert.equal((await stat(join(path, 'new', name))).size, 50_000);
  }
}

function environmentTests(): void {
  test('a worker thread has an engine of its own and ends when it is idle', async () => {
    const { path } = await box();
    const worker = startWorker(path, manyDeliveries);
    const code = await new Promise((resolve) => worker.on('exit', resolve));
    assert.equal(code, 0);
    assert.equal((await readdir(join(path, 'new'))).length, 500);
  });

  test('a worker terminated with deliveries in flight leaves whole files only', async () => {
    for (let round = 0; round < 5; round++) {
      const { path } = await box();
      const worker = startWorker(
        path,
        `${manyDeliveries}; (await import('node:worker_threads')).parentPort.postMessage(1)`,
      );
      await new Promise((resolve) => worker.on('message', resolve));
      await worker.terminate();
      assert.deepEqual(await readdir(join(path, 'tmp')), []);
      await assertWholeFiles(path);
    }
  });

  // Node runs no clean-up hooks then: it is a crash as far as files go, and tmp/ is swept like after any other.
  test('process.exit with deliveries in flight neither hangs nor leaves half a message', async () => {
    const { path } = await box();
    const facade = new URL('./file-io.ts', import.meta.url).href;
    const script = `import('${facade}').then((io) => { const path = ${JSON.stringify(path)}; ${manyDeliveries}; process.exit(7) })`;
    const { code, text } = await runNode(['-e', script], {});
    assert.equal(code, 7, text);
    await assertWholeFiles(path);
  });

  test('an idle engine does not keep the process alive, a busy one does', async () => {
    const { path } = await box();
    const facade = new URL('./file-io.ts', import.meta.url).href;
    const script = `import('${facade}').then((io) => { const path = ${JSON.stringify(path)}; ${manyDeliveries} })`;
    const { code, text } = await runNode(['-e', script], {});
    assert.equal(code, 0, text);
    assert.equal((await readdir(join(path, 'new'))).length, 500);
    await access(join(path, 'new', '499'), constants.R_OK);
  });
}
