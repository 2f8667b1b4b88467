// What other servers' users reported about Maildir, as an IMAP client meets it while another program works on the files.

import assert from 'node:assert/strict';
import { readdir, readFile, rename, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { talk } from '../../src/smtp-in/fixture.ts';
import { type ImapClient, parseValues, type Value } from '../fixture/imap-client.ts';
import { type ImapRig, openRig } from '../fixture/imap-session.ts';
import { beginData, openMailRig } from '../fixture/mail-rig.ts';

let rig: ImapRig;
let client: ImapClient;
beforeEach(async () => {
  // Scans of cur/ are not spaced out: what a test did there must show at once.
  rig = await openRig({ settings: { 'store.rescanCostFactor': 0 } });
  client = await rig.client();
});
afterEach(() => rig.close());

const inbox = (part: string, ...names: string[]): string =>
  join(rig.root, 'example.test', 'alice', 'Maildir', part, ...names);

/** The file of the message whose subject is `subject`. */
async function fileOf(subject: string): Promise<string> {
  for (const part of ['cur', 'new']) {
    for (const name of await readdir(inbox(part))) {
      const path = inbox(part, name);
      if ((await readFile(path, 'latin1')).startsWith(`Subject: ${subject}\r\n`)) return path;
    }
  }
  throw new Error(`no file of ${subject}`);
}

const message = (subject: string): Buffer => Buffer.from(`Subject: ${subject}\r\n\r\nbody of ${subject}\r\n`);
const subjects = ['one', 'two', 'three', 'four', 'five'];
async function fill(): Promise<void> {
  for (const subject of subjects) await client.append('INBOX', message(subject));
  await client.ok('SELECT INBOX');
}

/** Another program marks a message: the file has another name from now on. */
async function markOutside(subject: string, flags: string): Promise<void> {
  const path = await fileOf(subject);
  await rename(path, `${path.slice(0, path.lastIndexOf(':'))}:2,${flags}`);
}

test('M01: flags that another program changes in the middle of every command stop nothing', async () => {
  await fill();
  const commands = [
    'FETCH 1:5 BODY.PEEK[]',
    'STORE 1:5 +FLAGS.SILENT (\\Draft)',
    'FETCH 1:5 BODY[TEXT]',
    'SEARCH BODY "body of"',
    'COPY 1:5 Archive',
    'STORE 1:5 -FLAGS (\\Draft)',
    'FETCH 1:5 (ENVELOPE BODYSTRUCTURE)',
    'MOVE 2 Trash',
  ];
  const letters = ['F', 'FS', 'RS', '', 'S', 'FRS', 'R', 'FR'];
  for (const [round, command] of commands.entries()) {
    for (const subject of ['two', 'four']) await markOutside(subject, letters[round] ?? '');
    const answer = await client.ok(command);
    if (command.startsWith('FETCH')) {
      const numbers = new Set(answer.untagged.map(({ values }) => values[0]));
      for (let n = 1; n <= 5; n++) assert.ok(numbers.has(String(n)), `${command}: ${n}`);
    }
    if (command.startsWith('SEARCH')) assert.equal(answer.untagged[0]?.raw, '* SEARCH 1 2 3 4 5');
  }
  const left = await client.fetch('FETCH 1:* (FLAGS BODY.PEEK[TEXT])');
  assert.deepEqual(
    [...left.values()].map((items) => String(items.get('BODY[TEXT]')).trim()),
    ['body of one', 'body of three', 'body of four', 'body of five'],
  );
  assert.ok(
    (left.get(3)!.get('FLAGS') as Value[]).includes('\\Answered'),
    'the other program’s flag is there',
  );
});

test('M01: a file that vanished is told as expunged, the rest of each command is answered', async () => {
  await fill();
  await unlink(await fileOf('two'));
  const fetched = await client.command('FETCH 1:5 BODY.PEEK[TEXT]');
  assert.match(`${fetched.status} ${fetched.text}`, /^(OK|NO \[EXPUNGEISSUED\]) \S/);
  const numbers = fetched.untagged
    .filter(({ values }) => values[1] === 'FETCH')
    .map(({ values }) => values[0]);
  assert.deepEqual(numbers, ['1', '3', '4', '5']);
  assert.deepEqual(
    (await client.ok('NOOP')).untagged.map(({ raw }) => raw),
    ['* 2 EXPUNGE'],
  );
  await unlink(await fileOf('four'));
  const stored = await client.ok('UID STORE 1:5 +FLAGS (\\Seen)');
  const marked = stored.untagged.filter(({ raw }) => raw.includes('\\Seen')).map(({ raw }) => raw);
  assert.equal(marked.length, 3, marked.join());
  await unlink(await fileOf('five'));
  await client.command('UID COPY 1:5 Archive');
  await client.ok('NOOP');
  const left = await client.fetch('FETCH 1:* BODY.PEEK[TEXT]');
  assert.equal(left.size, 2);
});

test('M02: whatever sizes a name claims, RFC822.SIZE is the size of the literal, and the session goes on', async () => {
  const content = `Subject: x\r\n\r\n${'line of text\r\n'.repeat(423)}`;
  const unix = content.replaceAll('\r\n', '\n');
  const claims: [name: string, text: string][] = [
    ['1600000001.M1P1.h,S=5932,W=6025:2,S', content],
    [`1600000002.M1P1.h,S=${content.length + 2},W=${content.length + 2}:2,S`, content],
    ['1600000003.M1P1.h,S=1,W=1:2,', content],
    ['1600000004.M1P1.h:2,', content],
    [`1600000005.M1P1.h,S=${unix.length}:2,`, unix],
    ['1600000007.M1P1.h,S=9007199254740991,W=9007199254740991:2,', content],
    ['1600000008.M1P1.h,S=0,W=0:2,', content],
    ['1600000009.M1P1.h,S=-5,W=x:2,', unix],
  ];
  await client.ok('SELECT INBOX');
  for (const [name, text] of claims) await writeFile(inbox('cur', name), text);
  await client.ok('NOOP');
  for (const order of [
    '(RFC822.SIZE BODY.PEEK[])',
    '(BODY.PEEK[] RFC822.SIZE)',
    '(RFC822.SIZE BODY.PEEK[HEADER])',
  ]) {
    const items = await client.fetch(`FETCH 1:* ${order}`);
    assert.equal(items.size, claims.length);
    for (const [number, item] of items) {
      assert.equal(item.get('RFC822.SIZE'), String(content.length), `${number} ${order}`);
      const whole = item.get('BODY[]');
      if (whole !== undefined) assert.equal(String(whole), content);
    }
  }
  assert.equal((await client.ok('SEARCH LARGER 6000')).untagged[0]?.raw, '* SEARCH');
  for (const name of await readdir(inbox('cur'))) {
    // What a name does not say, or not as a number, is no lie: it stays as it is.
    for (const [, field, size] of name.matchAll(/,([SW])=(\d+)(?=[,:])/g)) {
      const sizes = field === 'W' ? [content.length] : [content.length, unix.length];
      assert.ok(sizes.includes(Number(size)), name);
    }
  }
});

test('M03: after SMTP, RFC822.SIZE counts Return-Path and Received, to the octet', async () => {
  const mail = await openMailRig();
  try {
    const connection = await mail.session();
    for (const size of [0, 1, 1000, 70_000, 1_500_000]) {
      await beginData(connection, 'alice@example.test');
      assert.match(
        (await talk(connection, `Subject: x\r\n\r\n${'x'.repeat(size)}\r\n.\r\n`))[0] ?? '',
        /^250 /,
      );
    }
    const reader = await mail.imap.client();
    await reader.ok('SELECT INBOX');
    const items = await reader.fetch('FETCH 1:* (RFC822.SIZE BODY.PEEK[])');
    assert.equal(items.size, 5);
    for (const item of items.values()) {
      const whole = item.get('BODY[]') as Buffer;
      assert.match(whole.toString('latin1', 0, 300), /^Return-Path: <s@b\.example>\r\nReceived: /);
      assert.equal(item.get('RFC822.SIZE'), String(whole.length));
    }
  } finally {
    await mail.close();
  }
});

test('M04: mail that only lies in new/ is fetched by UID in a read-only session and stays there', async () => {
  await rig.deliver(message('fresh'));
  await client.ok('EXAMINE INBOX');
  const items = await client.fetch('UID FETCH 1 (FLAGS BODY[])');
  assert.equal(String(items.get(1)?.get('BODY[]')), String(message('fresh')));
  assert.equal((await readdir(inbox('new'))).length, 1);
  await client.ok('SELECT INBOX');
  assert.equal((await readdir(inbox('new'))).length, 0);
  const again = await client.fetch('UID FETCH 1 BODY.PEEK[]');
  assert.equal(String(again.get(1)?.get('BODY[]')), String(message('fresh')));
});

test('I10: a file that shrinks on the disk never leaves a client waiting inside a literal', async () => {
  const big = Buffer.concat([
    Buffer.from('Subject: big\r\n\r\n'),
    Buffer.alloc(900_000, 'octets of a line\r\n'),
  ]);
  for (const item of [
    'BODY.PEEK[]',
    'RFC822',
    'BODY.PEEK[TEXT]',
    'BODY.PEEK[1]',
    'BINARY.PEEK[1]',
    'BODY.PEEK[]<100.800000>',
    '(RFC822.SIZE BODY.PEEK[HEADER] BODY.PEEK[TEXT])',
  ]) {
    const { client: reader, connection } = await rig.connect();
    await reader.append('INBOX', big);
    await reader.ok('SELECT INBOX');
    await reader.ok('FETCH * (BODYSTRUCTURE RFC822.SIZE)');
    await truncate(await fileOf('big'), 300_000);
    // Either the answer is whole in itself (the client would throw otherwise), or the connection is closed.
    const answer = await reader.command(`FETCH * ${item}`).catch(() => undefined);
    if (answer === undefined) assert.ok(connection.closed.aborted, item);
    else {
      assert.match(answer.status, /^(OK|NO)$/, item);
      for (const { raw } of answer.untagged) parseValues(Buffer.from(raw, 'latin1').subarray(2));
    }
    const cleaner = await rig.client();
    await cleaner.ok('SELECT INBOX');
    await cleaner.ok('STORE 1:* +FLAGS.SILENT (\\Deleted)');
    await cleaner.ok('CLOSE');
    reader.close();
    cleaner.close();
  }
});
