// FETCH over a real Maildir: every data item, sections of nested messages, partials, \Seen, BINARY.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ImapClient, Value } from '../fixture/imap-client.ts';
import { type ImapRig, openRig } from '../fixture/imap-session.ts';

const message = (...lines: string[]): Buffer =>
  Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'latin1');

const plain = message(
  'From: Ann <ann@example.test>',
  'To: bob@example.test',
  'Subject: one',
  'Date: Sat, 24 Mar 2007 23:00:00 +0200',
  'Message-ID: <1@example.test>',
  '',
  'hello',
  'world',
);

/** 1 text, 2 rfc822 { mixed { 2.1 text, 2.2 base64 } }, 3 quoted-printable, 4 unknown encoding. */
const nested = message(
  'From: outer@example.test',
  'Subject: outer',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=O',
  '',
  'preamble',
  '--O',
  'Content-Type: text/plain',
  '',
  'first',
  '--O',
  'Content-Type: message/rfc822',
  'Content-Description: inner one',
  '',
  'From: inner@example.test',
  'Subject: inner',
  'Content-Type: multipart/mixed; boundary=I',
  '',
  '--I',
  '',
  'inner text',
  '--I',
  'Content-Type: application/pdf',
  'Content-Transfer-Encoding: base64',
  '',
  'aGVsbG8A',
  'd29ybGQ=',
  '--I--',
  '--O',
  'Content-Type: text/plain; charset=utf-8',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  'caf=C3=A9 =',
  'au lait',
  '--O',
  'Content-Type: application/x-odd',
  'Content-Transfer-Encoding: x-uuencode',
  '',
  'odd',
  '--O--',
  'epilogue',
);

let rig: ImapRig;
let client: ImapClient;

before(async () => {
  rig = await openRig();
  client = await rig.client();
  await client.append('INBOX', plain, '(\\Flagged) " 1-Feb-2024 10:20:30 +0300" ');
  await client.append('INBOX', nested);
  await client.ok('SELECT INBOX');
});
after(() => rig.close());

/** One data item of one message, as text. */
async function item(
  number: number,
  name: string,
  label = name.replace('.PEEK', ''),
): Promise<Value | undefined> {
  const messages = await client.fetch(`FETCH ${number} ${name}`);
  const value = messages.get(number)?.get(label.replace(/<(\d+)\.\d+>$/, '<$1>').toUpperCase());
  return Buffer.isBuffer(value) ? value.toString('latin1') : value;
}

test('fetch: index items', async () => {
  const items = (await client.fetch('FETCH 1 (FLAGS UID INTERNALDATE RFC822.SIZE MODSEQ)')).get(1)!;
  assert.deepEqual(items.get('FLAGS'), ['\\Flagged', '\\Recent']);
  assert.equal(items.get('UID'), '1');
  assert.equal(String(items.get('INTERNALDATE')), ' 1-Feb-2024 07:20:30 +0000');
  assert.equal(items.get('RFC822.SIZE'), String(plain.length));
  assert.match(String(items.get('MODSEQ')), /^[1-9]\d*$/);
});

test('fetch: macros', async () => {
  const names = async (macro: string) => [...(await client.fetch(`FETCH 1 ${macro}`)).get(1)!.keys()];
  assert.deepEqual(await names('FAST'), ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE']);
  assert.deepEqual(await names('all'), ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE']);
  assert.deepEqual(await names('FULL'), ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE', 'BODY']);
  assert.equal((await client.command('FETCH 1 (ALL)')).status, 'BAD');
});

test('M03: RFC822.SIZE is the size of the BODY[] literal, octets come back as they went in', async () => {
  for (const [number, octets] of [plain, nested].entries()) {
    assert.equal(await item(number + 1, 'BODY.PEEK[]'), octets.toString('latin1'));
    assert.equal(await item(number + 1, 'RFC822.SIZE'), String(octets.length));
  }
});

test('fetch: sections of the message itself', async () => {
  const text = plain.toString('latin1');
  const header = text.slice(0, text.indexOf('\r\n\r\n') + 4);
  const cases: [string, string][] = [
    ['BODY.PEEK[HEADER]', header],
    ['RFC822.HEADER', header],
    ['BODY.PEEK[TEXT]', 'hello\r\nworld\r\n'],
    ['BODY.PEEK[1]', 'hello\r\nworld\r\n'],
    ['BODY.PEEK[1.MIME]', header],
    ['BODY.PEEK[HEADER.FIELDS (subject from)]', 'From: Ann <ann@example.test>\r\nSubject: one\r\n\r\n'],
    ['BODY.PEEK[HEADER.FIELDS ("SUBJECT")]', 'Subject: one\r\n\r\n'],
    ['BODY.PEEK[HEADER.FIELDS (X-None)]', '\r\n'],
    ['BODY.PEEK[HEADER.FIELDS.NOT (from to date message-id)]', 'Subject: one\r\n\r\n'],
    ['BODY.PEEK[HEADER.FIELDS (subject)]<0.7>', 'Subject'],
  ];
  for (const [name, expected] of cases) assert.equal(await item(1, name), expected, name);
});

test('I08: sections below message/rfc822 are those of the inner message', async () => {
  const innerHeader =
    'From: inner@example.test\r\nSubject: inner\r\nContent-Type: multipart/mixed; boundary=I\r\n\r\n';
  const cases: [string, string][] = [
    ['BODY.PEEK[1]', 'first'],
    ['BODY.PEEK[2.1]', 'inner text'],
    ['BODY.PEEK[2.2]', 'aGVsbG8A\r\nd29ybGQ='],
    ['BODY.PEEK[2.HEADER]', innerHeader],
    ['BODY.PEEK[2.HEADER.FIELDS (SUBJECT)]', 'Subject: inner\r\n\r\n'],
    ['BODY.PEEK[2.MIME]', 'Content-Type: message/rfc822\r\nContent-Description: inner one\r\n\r\n'],
    ['BODY.PEEK[2.1.MIME]', '\r\n'],
    ['BODY.PEEK[3]', 'caf=C3=A9 =\r\nau lait'],
  ];
  for (const [name, expected] of cases) assert.equal(await item(2, name), expected, name);
  const whole = (await item(2, 'BODY.PEEK[2]')) as string;
  assert.ok(whole.startsWith(innerHeader) && whole.endsWith('--I--'));
  assert.equal(await item(2, 'BODY.PEEK[2.TEXT]'), whole.slice(innerHeader.length));
});

test('fetch: a part or text that does not exist is NIL', async () => {
  for (const name of ['BODY.PEEK[2]', 'BODY.PEEK[1.1]', 'BODY.PEEK[1.HEADER]', 'BODY.PEEK[1.TEXT]']) {
    assert.equal(await item(1, name), null, name);
  }
  assert.equal(await item(2, 'BODY.PEEK[5]'), null);
  assert.equal(await item(2, 'BODY.PEEK[5]<0.10>'), null);
});

test('I09: a partial past the end is empty, one across it is cut, the answer names the origin only', async () => {
  const size = plain.length;
  const cases: [string, string][] = [
    [`BODY.PEEK[]<${size}.393216>`, ''],
    ['BODY.PEEK[]<393216.393216>', ''],
    [`BODY.PEEK[]<${size - 4}.393216>`, 'ld\r\n'],
    ['BODY.PEEK[TEXT]<2.3>', 'llo'],
    ['BODY.PEEK[TEXT]<0.0>', ''],
    ['BODY.PEEK[1]<14.1>', ''],
    ['BODY.PEEK[HEADER]<9999999999.1>', ''],
  ];
  for (const [name, expected] of cases) assert.equal(await item(1, name), expected, name);
  const answer = await client.ok('FETCH 1 BODY.PEEK[]<393216.393216>');
  assert.equal(answer.untagged[0]?.raw, '* 1 FETCH (BODY[]<393216> "")');
});

test('binary: the transfer encoding is taken off, sizes agree, NUL comes as literal8', async () => {
  const decoded: [string, string][] = [
    ['2.2', 'hello\0world'],
    ['3', 'caf\xc3\xa9 au lait'],
    ['1', 'first'],
    ['2.1', 'inner text'],
  ];
  for (const [part, expected] of decoded) {
    assert.equal(await item(2, `BINARY.PEEK[${part}]`), expected, part);
    assert.equal(await item(2, `BINARY.SIZE[${part}]`), String(expected.length), part);
  }
  assert.equal(await item(2, 'BINARY.PEEK[2.2]<4.3>'), 'o\0w');
  assert.equal(await item(2, 'BINARY.PEEK[2.2]<11.9>'), '');
  assert.equal(await item(2, 'BINARY.PEEK[]'), nested.toString('latin1'));
  assert.equal(await item(2, 'BINARY.PEEK[9]'), null);
  assert.equal(await item(2, 'BINARY.SIZE[9]'), '0');
  const raw = (await client.ok('FETCH 2 BINARY.PEEK[2.2]')).untagged[0]!.raw;
  assert.match(raw, /BINARY\[2\.2\] ~\{11\}\r\n/);
});

test('binary: an unknown transfer encoding is NO [UNKNOWN-CTE]', async () => {
  for (const name of ['BINARY.PEEK[4]', 'BINARY.SIZE[4]']) {
    const answer = await client.command(`FETCH 2 ${name}`);
    assert.equal(answer.status, 'NO');
    assert.match(answer.text, /^\[UNKNOWN-CTE\] ./);
  }
  assert.equal(await item(2, 'BODY.PEEK[4]'), 'odd');
});

test('fetch: sections that do not peek set \\Seen once and say so', async () => {
  const rig2 = await openRig();
  try {
    const reader = await rig2.client();
    for (let i = 0; i < 3; i++) await reader.append('INBOX', plain);
    await reader.ok('SELECT INBOX');
    const first = await reader.ok('FETCH 1 (FLAGS BODY[TEXT])');
    assert.deepEqual(
      first.untagged.map(({ raw }) => raw.replace(/\{\d+\}[\s\S]*/, '…')),
      ['* 1 FETCH (FLAGS (\\Recent) BODY[TEXT] …', '* 1 FETCH (FLAGS (\\Seen \\Recent))'],
    );
    assert.equal((await reader.ok('FETCH 1 BODY[]')).untagged.length, 1);
    const byUid = await reader.ok('UID FETCH 2 RFC822');
    assert.equal(byUid.untagged[1]?.raw, '* 2 FETCH (UID 2 FLAGS (\\Seen \\Recent))');
    await reader.ok('FETCH 3 (BODY.PEEK[] RFC822.HEADER BINARY.PEEK[1])');
    assert.deepEqual((await reader.fetch('FETCH 3 FLAGS')).get(3)?.get('FLAGS'), ['\\Recent']);
    await reader.ok('EXAMINE INBOX');
    await reader.ok('FETCH 3 BODY[]');
    assert.deepEqual((await reader.fetch('FETCH 3 FLAGS')).get(3)?.get('FLAGS'), []);
  } finally {
    await rig2.close();
  }
});

test('fetch: message sets', async () => {
  const numbers = async (command: string) => [...(await client.fetch(command)).keys()];
  assert.deepEqual(await numbers('FETCH 1:* UID'), [1, 2]);
  assert.deepEqual(await numbers('FETCH * UID'), [2]);
  assert.deepEqual(await numbers('FETCH 2:1 UID'), [1, 2]);
  assert.deepEqual(await numbers('FETCH 9:* UID'), [2]);
  assert.deepEqual(await numbers('UID FETCH 2:900 FLAGS'), [2]);
  assert.deepEqual(await numbers('UID FETCH 900 FLAGS'), []);
  assert.deepEqual(await numbers('UID FETCH 900:* FLAGS'), [2]);
  for (const command of ['FETCH 3 UID', 'FETCH 1:3 UID', 'FETCH 0 UID', 'FETCH 1, UID']) {
    assert.equal((await client.command(command)).status, 'BAD', command);
  }
});

test('fetch: malformed commands are BAD and the session goes on', async () => {
  for (const command of [
    'FETCH',
    'FETCH 1',
    'FETCH 1 ()',
    'FETCH 1 FOO',
    'FETCH 1 (UID',
    'FETCH 1 UID)',
    'FETCH 1 UID FLAGS',
    'FETCH 1 (UID) (FOO 1)',
    'FETCH 1 (UID) (CHANGEDSINCE)',
    'FETCH 1 (UID) (CHANGEDSINCE 1 CHANGEDSINCE 2)',
    'FETCH 1 BODY[0]',
    'FETCH 1 BODY[MIME]',
    'UID FETCH 1',
  ]) {
    assert.equal((await client.command(command)).status, 'BAD', command);
  }
  await client.ok('NOOP');
});

test('fetch: a header list may hold literals', async () => {
  const answer = await client.ok('FETCH 1 BODY.PEEK[HEADER.FIELDS ({7+}\r\nSubject to)]');
  const items = answer.untagged[0]!.values[2] as Value[];
  assert.equal(String(items[1]), 'To: bob@example.test\r\nSubject: one\r\n\r\n');
});

test('fetch: CHANGEDSINCE answers only what changed and adds MODSEQ', async () => {
  const modSeq = Number(((await client.fetch('FETCH 2 MODSEQ')).get(2)!.get('MODSEQ') as string[])[0]);
  await client.ok('STORE 1 +FLAGS (\\Answered)');
  const changed = await client.fetch(`FETCH 1:* (FLAGS) (CHANGEDSINCE ${modSeq})`);
  assert.deepEqual([...changed.keys()], [1]);
  assert.ok(Number((changed.get(1)!.get('MODSEQ') as string[])[0]) > modSeq);
  const none = await client.fetch(`UID FETCH 1:* (UID) (CHANGEDSINCE 9223372036854775807)`);
  assert.equal(none.size, 0);
});

test('fetch: more data items than the limit are NO [LIMIT]', async () => {
  const items = Array.from({ length: 1001 }, (_, i) => `BODY.PEEK[TEXT]<${i}.1>`).join(' ');
  const answer = await client.command(`FETCH 1 (${items})`);
  assert.equal(answer.status, 'NO');
  assert.match(answer.text, /^\[LIMIT\] ./);
});

test('fetch: an octet that IMAP strings do not allow still comes back as it was stored', async () => {
  const odd = Buffer.concat([plain, Buffer.from([0, 1, 255, 13, 10])]);
  await client.append('Drafts', odd);
  const reader = await rig.client();
  await reader.ok('EXAMINE Drafts');
  assert.deepEqual((await reader.fetch('FETCH 1 BODY.PEEK[]')).get(1)?.get('BODY[]'), odd);
  reader.close();
});
