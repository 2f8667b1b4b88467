import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, createDeflateRaw, createInflateRaw } from 'node:zlib';
import type { MailStore } from '../store/mail-store.ts';
import { type TestClient, TestServices } from './session-fixture.ts';

/** Log-in needs an account to open; these tests never look into it. */
const emptyStore = { openAccount: async () => ({ close: () => {} }) } as unknown as MailStore;

/** The client's codecs: one state for the whole connection, as most clients have it. */
function codecs(client: TestClient): (plain: string) => Promise<string> {
  const deflate = createDeflateRaw();
  const inflate = createInflateRaw({ flush: constants.Z_SYNC_FLUSH });
  let sent: Buffer[] = [];
  deflate.on('data', (part: Buffer) => sent.push(part));
  return async (plain) => {
    sent = [];
    deflate.write(plain);
    await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, resolve));
    await new Promise(setImmediate);
    const answer = Buffer.from(await client.send(Buffer.concat(sent)), 'latin1');
    if (answer.length === 0) return '';
    await new Promise<void>((resolve) => inflate.write(answer, () => resolve()));
    return ((inflate.read() as Buffer | null) ?? '').toString();
  };
}

const connect = async (): Promise<TestClient> => {
  const client = await new TestServices({ store: emptyStore }).login();
  client.take();
  return client;
};

test('COMPRESS: the tagged OK is plain, everything after it is compressed', async () => {
  const client = await connect();
  assert.match(await client.send('a CAPABILITY\r\n'), /COMPRESS=DEFLATE/);
  assert.equal(await client.send('b COMPRESS DEFLATE\r\n'), 'b OK DEFLATE begins now\r\n');
  const talk = codecs(client);
  assert.match(await talk('c NOOP\r\nd NOOP\r\n'), /^c OK .*\r\nd OK .*\r\n$/);
  assert.match(await talk('e CAPABILITY\r\n'), /^\* CAPABILITY .*\r\ne OK .*\r\n$/);
  assert.match(await talk('f ID ("name" {4}\r\n'), /^\+ /);
  assert.match(await talk('test)\r\n'), /f OK/);
  assert.match(await talk('g IDLE\r\n'), /^\+ idling\r\n$/);
  assert.match(await talk('DONE\r\n'), /^g OK/);
  assert.match(await talk('h LOGOUT\r\n'), /^\* BYE .*\r\nh OK .*\r\n$/);
});

test('COMPRESS: only after log-in, only DEFLATE, only once, never below TLS', async () => {
  const stranger = await new TestServices({ store: emptyStore }).connect();
  stranger.take();
  assert.match(await stranger.send('a COMPRESS DEFLATE\r\n'), /^a BAD/);
  const client = await connect();
  assert.match(await client.send('a COMPRESS LZMA\r\n'), /^a BAD/);
  assert.match(await client.send('b COMPRESS deflate\r\n'), /^b OK/);
  const talk = codecs(client);
  assert.match(await talk('c COMPRESS DEFLATE\r\n'), /^c BAD \[COMPRESSIONACTIVE\]/);
  assert.match(await talk('d UNAUTHENTICATE\r\n'), /^d OK/);
  assert.match(await talk('e STARTTLS\r\n'), /^e NO/);
});

test('COMPRESS: commands sent before the OK was seen count as compressed, so plain ones end the session', async () => {
  const client = await connect();
  await client.send('a COMPRESS DEFLATE\r\nb NOOP\r\n');
  assert.equal(client.isClosed, true);
});

test('COMPRESS: a line that unfolds beyond the limit ends the session', async () => {
  const client = await connect();
  await client.send('a COMPRESS DEFLATE\r\n');
  const talk = codecs(client);
  assert.match(await talk(`b NOOP ${'x'.repeat(10_000_000)}\r\n`), /^\* BYE/);
});
