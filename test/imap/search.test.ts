// SEARCH over a real Maildir: every key, charsets, ESEARCH, bounds.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ImapClient } from '../fixture/imap-client.ts';
import { type ImapRig, openRig } from '../fixture/imap-session.ts';

interface Sample {
  readonly header: readonly string[];
  readonly body: string | Buffer;
  readonly flags?: string;
  readonly date?: string;
}

const koi8 = Buffer.from([0xf0, 0xd2, 0xc9, 0xd7, 0xc5, 0xd4]); // Привет
const cp1251 = Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]);

const samples: readonly Sample[] = [
  {
    header: [
      'From: Ann Example <ann@one.example>',
      'To: team: x@two.example, y@two.example;',
      'Subject: Plain words',
    ],
    body: 'alpha beta',
    flags: '(\\Seen)',
    date: ' 1-Jan-2024 00:30:00 +0000',
  },
  {
    header: [
      'From: <bob (comment)@ (comment) one.example>',
      'Cc: "Carol, C." <carol@three.example>',
      'Subject: =?koi8-r?B?8NLJ18XUIM3J0g==?=',
      'Date: Sun, 31 Dec 2023 23:30:00 -0500',
    ],
    body: 'gamma',
    flags: '(\\Flagged \\Answered)',
    date: '31-Dec-2023 23:30:00 -0500',
  },
  {
    header: ['From: x@two.example', 'X-Extra: first', 'X-Extra: second line', 'Date: nonsense'],
    body: 'delta '.repeat(100),
    flags: '(\\Deleted \\Draft $Work)',
    date: '15-Jun-2024 12:00:00 +0000',
  },
  {
    header: [
      'From: y@two.example',
      'Bcc: hidden@four.example',
      'Date: Mon, 1 Jan 2024 02:00:00 +0300',
      'Content-Type: text/plain; charset=windows-1251',
      'Content-Transfer-Encoding: 8bit',
    ],
    body: Buffer.concat([cp1251, Buffer.from(' and more')]),
    date: '15-Jun-2024 23:59:59 +0000',
  },
];

let rig: ImapRig;
let client: ImapClient;

before(async () => {
  rig = await openRig();
  client = await rig.client();
  for (const { header, body, flags = '', date } of samples) {
    const head = Buffer.from(header.map((line) => `${line}\r\n`).join(''), 'utf8');
    const octets = Buffer.concat([head, Buffer.from('\r\n'), Buffer.from(body), Buffer.from('\r\n')]);
    await client.append('INBOX', octets, `${flags}${flags === '' ? '' : ' '}"${date}" `);
  }
  await client.ok('SELECT INBOX');
});
after(() => rig.close());

/** Numbers of the SEARCH answer. */
async function search(keys: string | Buffer, name = 'SEARCH'): Promise<number[]> {
  const answer = await client.ok(Buffer.concat([Buffer.from(`${name} `), Buffer.from(keys)]));
  const line = answer.untagged.find(({ raw }) => raw.startsWith('* SEARCH'));
  assert.ok(line !== undefined, answer.text);
  return line.values
    .slice(1)
    .filter((value) => typeof value === 'string')
    .map(Number);
}

const all = [1, 2, 3, 4];

const cases: [string, number[]][] = [
  ['ALL', all],
  ['ANSWERED', [2]],
  ['UNANSWERED', [1, 3, 4]],
  ['DELETED', [3]],
  ['UNDELETED', [1, 2, 4]],
  ['DRAFT', [3]],
  ['UNDRAFT', [1, 2, 4]],
  ['FLAGGED', [2]],
  ['UNFLAGGED', [1, 3, 4]],
  ['SEEN', [1]],
  ['UNSEEN', [2, 3, 4]],
  ['KEYWORD $work', [3]],
  ['UNKEYWORD $Work', [1, 2, 4]],
  ['KEYWORD unknown', []],
  ['RECENT', all],
  ['OLD', []],
  ['NEW', [2, 3, 4]],
  ['FROM ann', [1]],
  ['FROM bob@one.example', [2]],
  ['FROM EXAMPLE', all],
  ['FROM one.example', [1, 2]],
  ['TO team', [1]],
  ['TO y@two', [1]],
  ['CC carol', [2]],
  ['CC "Carol, C."', [2]],
  ['BCC hidden', [4]],
  ['SUBJECT words', [1]],
  ['SUBJECT "n w"', [1]],
  ['SUBJECT ""', [1, 2]],
  ['NOT SUBJECT ""', [3, 4]],
  ['HEADER x-extra ""', [3]],
  ['HEADER X-Extra second', [3]],
  ['HEADER X-Extra "first second"', []],
  ['HEADER Date ""', [2, 3, 4]],
  ['BODY beta', [1]],
  ['BODY words', []],
  ['BODY ""', all],
  ['TEXT words', [1]],
  ['TEXT BETA', [1]],
  ['LARGER 500', [3]],
  ['SMALLER 500', [1, 2, 4]],
  ['1:2', [1, 2]],
  ['*', [4]],
  ['9', []],
  ['3:900', [3, 4]],
  ['UID 2,4', [2, 4]],
  ['UID *', [4]],
  ['UID 900:*', [4]],
  ['UID 900', []],
  ['(1:3) NOT (2)', [1, 3]],
  ['OR 1 OR 2 UID 4', [1, 2, 4]],
  ['OR SEEN (DRAFT FLAGGED)', [1]],
  ['NOT NOT SEEN', [1]],
  ['NOT (OR SEEN FLAGGED) TEXT delta', [3]],
  // internal date, days of UTC
  ['ON 1-Jan-2024', [1, 2]],
  ['BEFORE 1-Jan-2024', []],
  ['BEFORE 2-Jan-2024', [1, 2]],
  ['SINCE 15-Jun-2024', [3, 4]],
  ['ON 15-Jun-2024', [3, 4]],
  ['SINCE 16-Jun-2024', []],
  // Date field in its own zone; a message without a readable one matches none of them
  ['SENTON 31-Dec-2023', [2]],
  ['SENTON 1-Jan-2024', [4]],
  ['SENTBEFORE 1-Jan-2024', [2]],
  ['SENTSINCE 1-Jan-2024', [4]],
  ['MODSEQ 1', all],
];

for (const [keys, expected] of cases) {
  test(`search: ${keys}`, async () => assert.deepEqual(await search(keys), expected));
}

test('search: UID SEARCH answers UIDs, SEARCH numbers, after an expunge', async () => {
  const rig2 = await openRig();
  try {
    const other = await rig2.client();
    for (let i = 0; i < 4; i++) await other.append('INBOX', Buffer.from(`Subject: m${i}\r\n\r\nx\r\n`));
    await other.ok('SELECT INBOX');
    await other.ok('STORE 2 +FLAGS.SILENT (\\Deleted)');
    await other.ok('EXPUNGE');
    const lines = async (command: string) => (await other.ok(command)).untagged.map(({ raw }) => raw);
    assert.deepEqual(await lines('SEARCH ALL'), ['* SEARCH 1 2 3']);
    assert.deepEqual(await lines('UID SEARCH ALL'), ['* SEARCH 1 3 4']);
    assert.deepEqual(await lines('UID SEARCH 2:3'), ['* SEARCH 3 4']);
    assert.deepEqual(await lines('SEARCH UID 2:3'), ['* SEARCH 2']);
    assert.deepEqual(await lines('SEARCH FROM nobody'), ['* SEARCH']);
  } finally {
    await rig2.close();
  }
});

test('I17: a literal with a charset is asked for, decoded and matched', async () => {
  const tag = client.send('UID SEARCH CHARSET UTF-8 SUBJECT {12}');
  assert.match((await client.readAnswer()).toString(), /^\+ /);
  client.sendRaw('Привет\r\n');
  const answer = await client.finish(tag);
  assert.equal(answer.untagged[0]?.raw, '* SEARCH 2');
});

test('I17: KOI8-R, windows-1251 and UTF-8 find the same words without regard to case', async () => {
  const literal = (charset: string, key: string, octets: Buffer) =>
    Buffer.concat([Buffer.from(`CHARSET ${charset} ${key} {${octets.length}+}\r\n`), octets]);
  assert.deepEqual(await search(literal('KOI8-R', 'SUBJECT', koi8)), [2]);
  assert.deepEqual(await search(literal('windows-1251', 'SUBJECT', cp1251)), [2]);
  assert.deepEqual(await search(literal('UTF-8', 'SUBJECT', Buffer.from('ПРИВЕТ'))), [2]);
  assert.deepEqual(await search(literal('koi8-r', 'BODY', koi8)), [4]);
  assert.deepEqual(await search(literal('UTF-8', 'TEXT', Buffer.from('привет'))), [2, 4]);
  assert.deepEqual(await search('CHARSET US-ASCII SUBJECT plain'), [1]);
});

test('I17: an unknown charset is NO [BADCHARSET …] with a list', async () => {
  const answer = await client.command('SEARCH CHARSET X-KLINGON SUBJECT a');
  assert.equal(answer.status, 'NO');
  assert.match(answer.text, /^\[BADCHARSET \(US-ASCII UTF-8 [^)]*\)\] ./);
});

test('I17: an 8-bit literal without CHARSET is BAD and never runs as a command', async () => {
  const octets = Buffer.concat([
    Buffer.from('SEARCH SUBJECT {20+}\r\n'),
    Buffer.from('\xd0\r\nx DELETE INBOX\r\nab', 'latin1'),
  ]);
  assert.equal((await client.command(octets)).status, 'BAD');
  const answer = await client.command('NOOP');
  assert.equal(answer.status, 'OK');
  assert.deepEqual(answer.untagged, []);
  assert.equal(
    (await client.command(Buffer.from('SEARCH CHARSET UTF-8 SUBJECT {1+}\r\n\xff', 'latin1'))).status,
    'BAD',
  );
});

test('esearch: results asked for, none, and the UID form', async () => {
  const rows: [string, string][] = [
    ['SEARCH RETURN (MIN MAX COUNT) ALL', 'MIN 1 MAX 4 COUNT 4'],
    ['SEARCH RETURN () 2:3', 'ALL 2:3'],
    ['SEARCH RETURN (ALL) OR 1 3:4', 'ALL 1,3:4'],
    ['UID SEARCH RETURN (ALL) 2', 'UID ALL 2'],
    ['SEARCH RETURN (MIN) FROM nobody', ''],
    ['SEARCH RETURN (COUNT ALL) FROM nobody', 'COUNT 0'],
    ['UID SEARCH RETURN () FROM nobody', 'UID'],
  ];
  for (const [command, expected] of rows) {
    const tag = client.send(command);
    const answer = await client.finish(tag);
    const lines = answer.untagged.map(({ raw }) => raw);
    assert.deepEqual(lines, [`* ESEARCH (TAG "${tag}")${expected === '' ? '' : ` ${expected}`}`], command);
  }
  assert.equal((await client.command('SEARCH RETURN (FOO) ALL')).status, 'BAD');
});

test('condstore: SEARCH MODSEQ reports the highest sequence of what it found', async () => {
  await client.ok('STORE 2 +FLAGS ($a)');
  await client.ok('STORE 1 +FLAGS ($a)');
  const modSeqs = await client.fetch('FETCH 1:4 MODSEQ');
  const of = (n: number) => Number((modSeqs.get(n)!.get('MODSEQ') as string[])[0]);
  const last = async (command: string) => (await client.ok(command)).untagged.at(-1)!.raw;
  assert.equal(await last(`SEARCH MODSEQ ${of(2)}`), `* SEARCH 1 2 (MODSEQ ${of(1)})`);
  assert.equal(await last(`SEARCH MODSEQ "/flags/\\\\seen" all ${of(1)}`), `* SEARCH 1 (MODSEQ ${of(1)})`);
  assert.equal(await last(`SEARCH MODSEQ ${of(1) + 100}`), '* SEARCH');
  const extended = async (options: string) =>
    (await last(`SEARCH RETURN (${options}) MODSEQ ${of(2)}`)).replace(/\(TAG "\w+"\) /, '');
  assert.equal(await extended('MIN'), `* ESEARCH MIN 1 MODSEQ ${of(1)}`);
  assert.equal(await extended('MAX'), `* ESEARCH MAX 2 MODSEQ ${of(2)}`);
  assert.equal(await extended('MIN MAX'), `* ESEARCH MIN 1 MAX 2 MODSEQ ${of(1)}`);
  assert.equal(await extended('COUNT'), `* ESEARCH COUNT 2 MODSEQ ${of(1)}`);
});

test('search: a thousand keys pass, one more is NO [LIMIT]; nesting costs nothing', async () => {
  assert.deepEqual(await search(`${'OR 9 '.repeat(499)}SEEN`), [1]);
  assert.deepEqual(await search(`${'NOT '.repeat(998)}SEEN`), [1]);
  assert.deepEqual(await search(`${'('.repeat(999)}SEEN${')'.repeat(999)}`), [1]);
  const answer = await client.command(`SEARCH ${'NOT '.repeat(1000)}SEEN`);
  assert.equal(answer.status, 'NO');
  assert.match(answer.text, /^\[LIMIT\] ./);
});
