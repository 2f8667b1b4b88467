// Every message of the shared corpora comes in over SMTP (BDAT, BINARYMIME: no octet is special) and goes out over IMAP, octet
// for octet behind the trace fields, on a running server.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { ImapClient, type Value } from '../fixture/imap-client.ts';
import { startServer } from '../fixture/server.ts';
import { type CorpusMessage, openCorpus } from '../imap-corpus/corpus.ts';

const connections = 8;
/** Messages of one FETCH. */
const batch = 200;

const digest = (octets: Buffer): string => createHash('sha256').update(octets).digest('hex');

test('corpora: what comes in over SMTP goes out over IMAP unchanged', { timeout: 300_000 }, async (t) => {
  const corpus = await openCorpus();
  if (corpus === undefined) {
    t.diagnostic('not run: the shared corpora are not beside the repository');
    return;
  }
  const server = await startServer({
    settings: [
      ['imap.plaintextAuth', 'true'],
      ['smtp.maxReceivedFields', '10000'],
      ['smtp.maxErrors', '1000'],
    ],
  });
  try {
    const expected = new Map<string, number>();
    for (const { octets } of corpus.messages) {
      const key = digest(octets);
      expected.set(key, (expected.get(key) ?? 0) + 1);
    }
    const lanes = Array.from({ length: connections }, (_, lane) =>
      corpus.messages.filter((_message, index) => index % connections === lane),
    );
    await Promise.all(lanes.map((messages) => sendAll(server.ports.smtp, messages)));
    const client = await ImapClient.connect(server.ports.imap);
    await client.ok(`LOGIN alice@example.test ${server.password('alice@example.test')}`);
    await client.ok('SELECT INBOX');
    let count = 0;
    for (let from = 1; from <= corpus.messages.length; from += batch) {
      const range: string = `${from}:${Math.min(from + batch - 1, corpus.messages.length)}`;
      const fetched: Map<number, Map<string, Value>> = await client.fetch(
        `FETCH ${range} (RFC822.SIZE BODY.PEEK[])`,
      );
      for (const items of fetched.values()) {
        const octets = items.get('BODY[]');
        assert.ok(Buffer.isBuffer(octets));
        assert.equal(Number(items.get('RFC822.SIZE')), octets.length);
        const key = digest(behindTrace(octets));
        const left = expected.get(key) ?? 0;
        assert.ok(left > 0, `a message came out changed: ${octets.toString('latin1', 0, 300)}`);
        expected.set(key, left - 1);
        count += 1;
      }
    }
    client.close();
    assert.equal(count, corpus.messages.length);
    t.diagnostic(`${count} messages`);
  } finally {
    await server.stop();
  }
});

/** What follows our Return-Path and Received fields. */
function behindTrace(octets: Buffer): Buffer {
  const prefix = /^Return-Path: <[^>]*>\r\nReceived: from [^\r]*\r\n(?:\t[^\r]*\r\n)+/.exec(
    octets.toString('latin1', 0, 2_000),
  );
  assert.ok(prefix, 'the trace fields are missing');
  return octets.subarray(prefix[0].length);
}

async function sendAll(port: number, messages: readonly CorpusMessage[]): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'data');
  socket.write('EHLO corpus.test\r\n');
  await once(socket, 'data');
  for (const { name, octets } of messages) {
    const envelope = 'MAIL FROM:<a@b.test> BODY=BINARYMIME\r\nRCPT TO:<alice@example.test>\r\n';
    socket.write(Buffer.concat([Buffer.from(`${envelope}BDAT ${octets.length} LAST\r\n`), octets]));
    let answer = '';
    while ((answer.match(/^\d{3} .*\r\n/gm) ?? []).length < 3)
      answer += String((await once(socket, 'data'))[0]);
    assert.match(answer, /^250 [^\n]*\n250 [^\n]*\n250 2\.0\.0 Ok, stored/, `${name}: ${answer}`);
  }
  socket.destroy();
}
