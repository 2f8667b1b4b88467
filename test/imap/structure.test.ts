// ENVELOPE and BODYSTRUCTURE as clients see them, for the messages that other servers got wrong.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ImapClient, Value } from '../fixture/imap-client.ts';
import { type ImapRig, openRig } from '../fixture/imap-session.ts';
import { show, structureFacts } from '../imap-corpus/structure.ts';

let rig: ImapRig;
let client: ImapClient;
let count = 0;

before(async () => {
  rig = await openRig();
  client = await rig.client();
  await client.ok('SELECT INBOX');
});
after(() => rig.close());

/** Appends a message (lines joined by CRLF) and fetches items of it. */
async function fetchOf(text: string | readonly string[], items: string): Promise<Map<string, Value>> {
  const lines = typeof text === 'string' ? text : text.map((line) => `${line}\r\n`).join('');
  await client.append('INBOX', Buffer.from(lines, 'utf8'));
  count++;
  return (await client.fetch(`FETCH ${count} ${items}`)).get(count)!;
}

const envelopeOf = async (...header: string[]) =>
  ((await fetchOf([...header, '', 'x'], 'ENVELOPE')).get('ENVELOPE') as Value[]).map(show);

test('I03: message/delivery-status is a leaf, message/rfc822 has envelope, body and lines', async () => {
  const items = await fetchOf(
    [
      'Content-Type: multipart/report; report-type=delivery-status; boundary=B',
      '',
      '--B',
      '',
      'Sorry.',
      '--B',
      'Content-Type: message/delivery-status',
      '',
      'Reporting-MTA: dns; mx.example.test',
      '',
      'Final-Recipient: rfc822; bob@example.test',
      '--B',
      'Content-Type: message/rfc822',
      '',
      'Subject: returned',
      '',
      'body',
      '--B--',
    ],
    'BODYSTRUCTURE',
  );
  const { parts, facts } = structureFacts(items.get('BODYSTRUCTURE'));
  assert.deepEqual(
    parts.map(({ path, type, subtype, isMessage }) => `${path} ${type}/${subtype} ${isMessage}`),
    [
      '1 text/plain false',
      '2 message/delivery-status false',
      '3 message/rfc822 true',
      '3.1 text/plain false',
    ],
  );
  assert.equal(facts.get('3.envelope.subject'), '«returned»');
  assert.equal(facts.get('3.lines'), '2');
});

test('I04: a type without subtype, an odd one and none give type and subtype', async () => {
  const cases: [string[], string][] = [
    [['Content-Type: X-ZIP'], 'text/plain'],
    [['Content-Type: text'], 'text/plain'],
    [['Content-Type: ;charset=utf-8'], 'text/plain'],
    [['Content-Type:'], 'text/plain'],
    [[], 'text/plain'],
    [['Content-Type: IMAGE/Png; name=a'], 'image/png'],
  ];
  for (const [header, expected] of cases) {
    const items = await fetchOf(['Subject: x', ...header, '', 'x'], 'BODYSTRUCTURE');
    const [part] = structureFacts(items.get('BODYSTRUCTURE')).parts;
    assert.equal(`${part?.type}/${part?.subtype}`, expected, header.join());
  }
});

test('I05: nested multiparts are followed to the leaves, sizes are never negative', async () => {
  const items = await fetchOf(
    [
      'Content-Type: multipart/mixed; boundary=A',
      '',
      '--A',
      'Content-Type: multipart/related; boundary=B',
      '',
      '--B',
      'Content-Type: text/html',
      '',
      '<p>',
      '--B--',
      '--A',
      'Content-Type: message/rfc822',
      '',
      'Content-Type: multipart/parallel; boundary=C',
      '',
      '--C',
      'Content-Type: image/gif',
      '',
      '--C--',
      '--A',
      'Content-Type: message/rfc822',
      '',
      '--A--',
    ],
    'BODYSTRUCTURE',
  );
  const { parts } = structureFacts(items.get('BODYSTRUCTURE'));
  assert.deepEqual(
    parts.map(({ path, subtype }) => `${path} ${subtype}`),
    ['1.1 html', '2 rfc822', '2.1 gif', '3 rfc822', '3.1 plain'],
  );
  for (const { sizeBytes, lines } of parts) {
    assert.ok(sizeBytes >= 0 && sizeBytes < 1000);
    assert.ok(lines === undefined || (lines >= 0 && lines < 100), String(lines));
  }
});

test('I06: quotes, backslashes, line ends and 8-bit cannot break or forge an answer', async () => {
  const header = [
    'From: "x\\" NIL \\"y" <a@example.test>',
    'Subject: he"llo\\ ) BODY[] {5}',
    'In-Reply-To: \\"',
    'Message-ID: <a"b@example.test>',
    'Content-Description: he"llo\\',
    'Content-Type: text/plain; name="a\\"b\\\\c"; x=Привет',
    'Content-Disposition: attachment; filename="q\\"\\\\.txt"',
  ];
  // The client reads strictly: an unescaped octet would not parse.
  const items = await fetchOf([...header, '', 'x'], '(ENVELOPE BODYSTRUCTURE)');
  const envelope = (items.get('ENVELOPE') as Value[]).map(show);
  assert.equal(envelope[1], '«he"llo\\ ) BODY[] {5}»');
  assert.equal(envelope[2], '((«x" NIL "y» NIL «a» «example.test»))');
  const { facts } = structureFacts(items.get('BODYSTRUCTURE'));
  assert.equal(facts.get('1.description'), '«he"llo\\»');
  assert.equal(facts.get('1.disposition'), '(«attachment» («filename» «q"\\.txt»))');
  assert.match(facts.get('1.params') ?? '', /«name» «a"b\\c»/);
});

test('I07: an envelope always has ten fields; Sender and Reply-To copy From; groups have markers', async () => {
  assert.deepEqual(
    await envelopeOf('X-Nothing: here'),
    Array.from({ length: 10 }, () => 'NIL'),
  );
  const from = '((«Ann» NIL «ann» «example.test»))';
  const envelope = await envelopeOf('From: Ann <ann@example.test>', 'To: team: b@x.test, c@x.test;');
  assert.deepEqual(envelope.slice(2, 5), [from, from, from]);
  assert.equal(
    envelope[5],
    '((NIL NIL «team» NIL) (NIL NIL «b» «x.test») (NIL NIL «c» «x.test») (NIL NIL NIL NIL))',
  );
  const other = await envelopeOf('From: a@x.test', 'Sender: s@x.test', 'Reply-To: r@x.test');
  assert.deepEqual(other.slice(2, 5), [
    '((NIL NIL «a» «x.test»))',
    '((NIL NIL «s» «x.test»))',
    '((NIL NIL «r» «x.test»))',
  ]);
});

test('E01: parts and levels beyond the limits are one opaque part, the octets are all there', async () => {
  const flat = ['Content-Type: multipart/mixed; boundary=x', ''];
  for (let i = 0; i < 3000; i++) flat.push('--x', '', 'y');
  const wide = `${flat.join('\r\n')}\r\n--x--\r\n`;
  let deep = '';
  for (let i = 0; i < 500; i++) deep += `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`;
  for (const [text, most] of [
    [wide, 1000],
    [`${deep}Content-Type: text/plain\r\n\r\nleaf\r\n`, 61],
  ] as const) {
    const items = await fetchOf(text, '(BODYSTRUCTURE RFC822.SIZE BODY.PEEK[])');
    assert.ok(structureFacts(items.get('BODYSTRUCTURE')).parts.length <= most);
    assert.equal((items.get('BODY[]') as Buffer).toString('utf8'), text);
    assert.equal(items.get('RFC822.SIZE'), String(text.length));
  }
});

test('E02: a character split over two encoded words is found by SEARCH', async () => {
  await fetchOf(['Subject: =?utf-8?Q?=D0?= =?utf-8?Q?=BF=D1=80=D0=B8=D0=B2=D0=B5=D1=82?=', '', 'x'], 'UID');
  const needle = Buffer.from('Привет');
  const command = Buffer.concat([
    Buffer.from(`SEARCH CHARSET UTF-8 SUBJECT {${needle.length}+}\r\n`),
    needle,
  ]);
  assert.equal((await client.ok(command)).untagged[0]?.raw, `* SEARCH ${count}`);
});

test('E03: names in continuations are joined, encoded words stay as they were written', async () => {
  const items = await fetchOf(
    [
      'Content-Type: multipart/mixed; boundary=B',
      '',
      '--B',
      "Content-Disposition: attachment; filename*0*=UTF-8''%D0%A2; filename*1=est.txt",
      '',
      'x',
      '--B',
      'Content-Type: application/pdf; name="=?utf-8?B?0KLQtdGB0YI=?="',
      '',
      'x',
      '--B--',
    ],
    'BODYSTRUCTURE',
  );
  const { facts } = structureFacts(items.get('BODYSTRUCTURE'));
  assert.equal(facts.get('1.disposition'), "(«attachment» («filename*» «UTF-8''%D0%A2est.txt»))");
  assert.equal(facts.get('2.params'), '(«name» «=?utf-8?B?0KLQtdGB0YI=?=»)');
});
