// What is kept beside messages: EMAILID, THREADID, MAILBOXID, SAVEDATE, PREVIEW; and FETCH in windows.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer, ImapClient } from '../fixture/imap-client.ts';
import { openRig } from '../fixture/imap-session.ts';

const lines = (answer: Answer): string[] => answer.untagged.map(({ raw }) => raw);

async function withInbox(work: (client: ImapClient) => Promise<void>): Promise<void> {
  const rig = await openRig();
  try {
    const client = await rig.client();
    await client.append('INBOX', Buffer.from('Message-ID: <a@x>\r\nSubject: one\r\n\r\nFirst  text\r\n'));
    await client.append('INBOX', Buffer.from('In-Reply-To: <a@x>\r\nSubject: two\r\n\r\nПривет, мир\r\n'));
    await client.append('INBOX', Buffer.from('Subject: three\r\nContent-Type: image/png\r\n\r\nx\r\n'));
    await client.ok('SELECT INBOX');
    await work(client);
  } finally {
    await rig.close();
  }
}

test('OBJECTID: messages, threads, and copies that are the same message', async () => {
  await withInbox(async (client) => {
    const ids = await client.fetch('FETCH 1:3 (EMAILID THREADID)');
    const of = (n: number, item: string) => String((ids.get(n)!.get(item) as string[])[0]);
    assert.match(of(1, 'EMAILID'), /^[\w-]+$/);
    assert.notEqual(of(1, 'EMAILID'), of(2, 'EMAILID'));
    assert.equal(of(1, 'THREADID'), of(2, 'THREADID'));
    assert.notEqual(of(1, 'THREADID'), of(3, 'THREADID'));
    const created = await client.ok('CREATE There');
    const id = /^\[MAILBOXID \((\S+)\)\] /.exec(created.text)?.[1];
    assert.ok(id);
    assert.deepEqual(lines(await client.ok('STATUS There (MAILBOXID)')), [
      `* STATUS "There" (MAILBOXID (${id}))`,
    ]);
    await client.ok('COPY 1 There');
    assert.deepEqual(lines(await client.ok(`SEARCH EMAILID ${of(1, 'EMAILID')}`)), ['* SEARCH 1']);
    assert.deepEqual(lines(await client.ok(`SEARCH THREADID ${of(1, 'THREADID')}`)), ['* SEARCH 1 2']);
    assert.ok(
      lines(await client.ok('SELECT There')).some((line) => line.startsWith(`* OK [MAILBOXID (${id})] `)),
    );
    const copy = await client.fetch('FETCH 1 EMAILID');
    assert.equal(String((copy.get(1)!.get('EMAILID') as string[])[0]), of(1, 'EMAILID'));
  });
});

test('SAVEDATE: when a message came into the mailbox', async () => {
  await withInbox(async (client) => {
    const [line] = lines(await client.ok('FETCH 1 SAVEDATE'));
    assert.match(line!, /^\* 1 FETCH \(SAVEDATE "[ \d]\d-\w{3}-\d{4} \d\d:\d\d:\d\d [+-]\d{4}"\)$/);
    assert.deepEqual(lines(await client.ok('SEARCH SAVEDSINCE 1-Jan-2020')), ['* SEARCH 1 2 3']);
    assert.deepEqual(lines(await client.ok('SEARCH SAVEDATESUPPORTED SAVEDBEFORE 1-Jan-2020')), ['* SEARCH']);
  });
});

test('PREVIEW: text on one line, LAZY or not, in the form the client takes', async () => {
  await withInbox(async (client) => {
    assert.deepEqual(lines(await client.ok('FETCH 1 PREVIEW')), ['* 1 FETCH (PREVIEW "First text")']);
    const size = Buffer.byteLength('Привет, мир');
    const literal = Buffer.from('Привет, мир').toString('latin1');
    const russian = `* 2 FETCH (PREVIEW {${size}}\r\n${literal})`;
    for (const items of ['PREVIEW', 'PREVIEW (LAZY)', '(PREVIEW)', '(PREVIEW (LAZY))']) {
      assert.deepEqual(lines(await client.ok(`FETCH 2 ${items}`)), [russian], items);
    }
    assert.deepEqual(lines(await client.ok('FETCH 3 (UID PREVIEW (LAZY) RFC822.SIZE)')), [
      '* 3 FETCH (UID 3 PREVIEW "" RFC822.SIZE 46)',
    ]);
    for (const wrong of [
      'PREVIEW (EAGER)',
      '(PREVIEW (LAZY) (LAZY))',
      '(UID (LAZY))',
      'PREVIEW (LAZY CHANGEDSINCE 1)',
    ]) {
      assert.equal((await client.command(`FETCH 1 ${wrong}`)).status, 'BAD', wrong);
    }
    assert.match(
      lines(await client.ok('FETCH 1:* PREVIEW (LAZY) (CHANGEDSINCE 1)')).join(),
      /\* 1 FETCH \(PREVIEW "First text" MODSEQ \(\d+\)\)/,
    );
  });
});

test('FETCH PARTIAL: windows from both ends', async () => {
  await withInbox(async (client) => {
    const uids = async (range: string) =>
      lines(await client.ok(`UID FETCH 1:* (UID) (PARTIAL ${range})`)).map(
        (line) => /UID (\d+)/.exec(line)![1],
      );
    assert.deepEqual(await uids('1:2'), ['1', '2']);
    assert.deepEqual(await uids('-1:-2'), ['2', '3']);
    assert.deepEqual(await uids('4:9'), []);
    for (const wrong of ['0:1', '1:-1', '1', '1:*', 'x']) {
      assert.equal((await client.command(`UID FETCH 1:* (UID) (PARTIAL ${wrong})`)).status, 'BAD', wrong);
    }
  });
});
