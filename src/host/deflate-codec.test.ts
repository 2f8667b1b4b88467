import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { constants, createDeflateRaw, createInflateRaw, deflateRawSync } from 'node:zlib';
import { Deflation, Inflation } from './deflate-codec.ts';

/** A peer's compressor with a state that lives as long as the connection. */
function peerCompressor(options = {}): (plain: Buffer, flush?: number) => Promise<Buffer> {
  const stream = createDeflateRaw(options);
  let parts: Buffer[] = [];
  stream.on('data', (part: Buffer) => parts.push(part));
  return async (plain, flush = constants.Z_SYNC_FLUSH) => {
    parts = [];
    stream.write(plain);
    await new Promise<void>((resolve) => stream.flush(flush, resolve));
    await new Promise(setImmediate);
    return Buffer.concat(parts);
  };
}

async function drain(inflation: Inflation): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (;;) {
    const part = await inflation.next();
    if (part === undefined) return Buffer.concat(parts);
    assert.ok(part.length <= 65_536);
    parts.push(part);
  }
}

const text = (lines: number): Buffer =>
  Buffer.from(Array.from({ length: lines }, (_, i) => `a${i} UID FETCH ${i * 7}:* (FLAGS)\r\n`).join(''));

test('inflate: commands that end in a sync flush leave no inflater behind', async () => {
  const compress = peerCompressor();
  const inflation = new Inflation();
  for (let i = 0; i < 2000; i++) {
    const command = Buffer.from(`a${i} UID FETCH ${i * 7}:* (FLAGS)\r\n`);
    inflation.push(await compress(command));
    assert.equal(inflation.isLive, false);
    assert.deepEqual(await drain(inflation), command);
  }
});

test('inflate: any split of the input gives the same octets', async () => {
  for (const step of [1, 2, 3, 7, 100, 1000]) {
    const compress = peerCompressor();
    const inflation = new Inflation();
    for (const plain of [text(3), text(500), randomBytes(3000), Buffer.from('x DONE\r\n')]) {
      const octets = await compress(plain);
      const parts: Buffer[] = [];
      for (let at = 0; at < octets.length; at += step) {
        inflation.push(octets.subarray(at, at + step));
        parts.push(await drain(inflation));
      }
      assert.deepEqual(Buffer.concat(parts), plain, `step ${step}`);
    }
    inflation.close();
  }
});

test('inflate: after a long upload two flushes are enough to rest', async () => {
  const compress = peerCompressor();
  const inflation = new Inflation();
  const upload = randomBytes(300_000);
  inflation.push(await compress(upload));
  assert.deepEqual(await drain(inflation), upload);
  assert.equal(inflation.isLive, true);
  inflation.push(await compress(Buffer.from('a IDLE\r\n')));
  assert.equal((await drain(inflation)).toString(), 'a IDLE\r\n');
  assert.equal(inflation.isLive, false);
  inflation.push(await compress(Buffer.from('DONE\r\n')));
  assert.equal((await drain(inflation)).toString(), 'DONE\r\n');
});

test('inflate: a flush mark that is data of a stored block is not taken for a boundary', async () => {
  const compress = peerCompressor({ level: 0 });
  const inflation = new Inflation();
  const plain = Buffer.concat([Buffer.from('abc'), Buffer.from([0, 0, 0xff, 0xff]), Buffer.from('def\r\n')]);
  const octets = await compress(plain);
  const cut = octets.indexOf(Buffer.from('abc')) + 7;
  inflation.push(octets.subarray(0, cut));
  const first = await drain(inflation);
  inflation.push(octets.subarray(cut));
  assert.deepEqual(Buffer.concat([first, await drain(inflation)]), plain);
  inflation.close();
});

test('inflate: a peer that flushes partially is understood at once', async () => {
  const compress = peerCompressor();
  const inflation = new Inflation();
  for (const line of ['a NOOP\r\n', 'b NOOP\r\n', 'c LOGOUT\r\n']) {
    inflation.push(await compress(Buffer.from(line), constants.Z_PARTIAL_FLUSH));
    assert.equal((await drain(inflation)).toString(), line);
  }
  inflation.close();
});

test('inflate: what is no deflate stream, or goes on after its end, is refused', async () => {
  const bad = [
    Buffer.from('a1 NOOP\r\n'),
    randomBytes(200).fill(0xff, 0, 4),
    Buffer.concat([deflateRawSync('a NOOP\r\n'), Buffer.from('xxxx')]),
    Buffer.concat([deflateRawSync('a NOOP\r\n'), Buffer.from([0, 0, 0xff, 0xff])]),
  ];
  for (const octets of bad) {
    const inflation = new Inflation();
    inflation.push(octets);
    await assert.rejects(
      async () => {
        await drain(inflation);
        inflation.push(octets);
        await drain(inflation);
      },
      { code: 'host.inflate' },
    );
  }
});

test('inflate: a bomb is unfolded only as far as it is read', async () => {
  const bomb = deflateRawSync(Buffer.alloc(100_000_000), { finishFlush: constants.Z_SYNC_FLUSH });
  assert.ok(bomb.length < 120_000);
  const inflation = new Inflation();
  const before = process.memoryUsage().arrayBuffers;
  for (let at = 0; at < bomb.length; at += 65_536) inflation.push(bomb.subarray(at, at + 65_536));
  for (let i = 0; i < 3; i++) assert.ok(((await inflation.next())?.length ?? 0) > 0);
  assert.ok(process.memoryUsage().arrayBuffers - before < 2_000_000);
  inflation.close();
});

test('deflate: batches of one answer refer to each other, and any inflater reads them all', async () => {
  const deflation = new Deflation(3);
  const peer = createInflateRaw({ flush: constants.Z_SYNC_FLUSH });
  const read = (octets: Buffer): Promise<Buffer> =>
    new Promise((resolve) => peer.write(octets, () => resolve(peer.read() ?? Buffer.alloc(0))));
  const once = deflation.compress(text(200));
  assert.deepEqual(await read(once), text(200));
  const again = deflation.compress(text(200));
  assert.ok(again.length < once.length / 4);
  assert.deepEqual(await read(again), text(200));
  deflation.rest();
  const rested = deflation.compress(text(200));
  assert.equal(rested.length, once.length);
  assert.deepEqual(await read(rested), text(200));
  const large = randomBytes(32_768);
  assert.deepEqual(await read(deflation.compress(large)), large);
});
