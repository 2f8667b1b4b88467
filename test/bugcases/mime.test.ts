// What other servers' users reported about odd and hostile messages: they arrive over SMTP, are stored whatever they are, and
// IMAP describes them within bounds while others are served.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { talk } from '../../src/smtp-in/fixture.ts';
import type { ImapClient, Value } from '../fixture/imap-client.ts';
import { beginData, type MailRig, openMailRig } from '../fixture/mail-rig.ts';
import { envelopeFacts, show, structureFacts } from '../imap-corpus/structure.ts';

let rig: MailRig;
let client: ImapClient;
before(async () => {
  rig = await openMailRig();
  client = await rig.imap.client();
  await client.ok('SELECT INBOX');
});
after(() => rig.close());

/** Sends a message to alice over SMTP and returns its sequence number in the selected INBOX. */
async function receive(message: string | Buffer): Promise<number> {
  const connection = await rig.session();
  await beginData(connection, 'alice@example.test');
  const octets = Buffer.from(message as string, 'latin1');
  const stuffed = Buffer.from(octets.toString('latin1').replace(/^\./gm, '..'), 'latin1');
  for (let at = 0; at < stuffed.length; at += 1_000_000)
    connection.push(stuffed.subarray(at, at + 1_000_000));
  const [reply = ''] = await talk(connection, '.\r\n');
  assert.match(reply, /^250 /, 'whatever it is, it is stored');
  const exists = (await client.ok('NOOP')).untagged.find(({ values }) => values[1] === 'EXISTS');
  return Number(exists?.values[0]);
}

const hostile: readonly (readonly [name: string, make: () => string])[] = [
  [
    '200,000 parts of four octets',
    () => `Content-Type: multipart/mixed; boundary=x\r\n\r\n${'--x\r\n\r\n'.repeat(200_000)}--x--\r\n`,
  ],
  [
    '10,000 levels',
    () => {
      const levels = Array.from(
        { length: 10_000 },
        (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`,
      );
      return `${levels.join('')}\r\nleaf\r\n`;
    },
  ],
  [
    '10,000 messages in each other',
    () => `${'Content-Type: message/rfc822\r\n\r\n'.repeat(10_000)}Subject: x\r\n\r\n`,
  ],
  ['100,000 header fields', () => `${'X-Field: value of it\r\n'.repeat(100_000)}Subject: x\r\n\r\nx\r\n`],
  [
    'one field of 3 MB',
    () => `Subject: x\r\nTo: ${'"a" <a@x.test>,\r\n '.repeat(170_000)}b@x.test\r\n\r\nx\r\n`,
  ],
  ['100,000 parameters', () => `Content-Type: text/plain${'; a=b'.repeat(100_000)}\r\n\r\nx\r\n`],
  ['50,000 nested comments', () => `From: ${'('.repeat(50_000)} a@x.test\r\nSubject: x\r\n\r\nx\r\n`],
  ['a header that never ends', () => 'Subject: x\r\n folded\r\n'.repeat(150_000)],
];
for (const [name, make] of hostile) {
  test(`E01: ${name}: stored whole, described within bounds, nobody else waits`, {
    timeout: 60_000,
  }, async () => {
    const message = make();
    const number = await receive(message);
    const other = await rig.imap.client();
    const startedMs = performance.now();
    const described = client.fetch(`FETCH ${number} (RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY)`);
    let longestMs = 0;
    let isDone = false;
    void described.finally(() => {
      isDone = true;
    });
    while (!isDone) {
      const askedMs = performance.now();
      await other.ok('NOOP');
      longestMs = Math.max(longestMs, performance.now() - askedMs);
    }
    const items = (await described).get(number)!;
    // Linear work takes a fraction of a second; quadratic work would take minutes. Wide bounds: the machine may be busy.
    assert.ok(performance.now() - startedMs < 20_000);
    assert.ok(longestMs < 2000, `another session waited ${longestMs} ms`);
    assert.equal(envelopeFacts(items.get('ENVELOPE')).size, 10);
    assert.ok(structureFacts(items.get('BODYSTRUCTURE')).parts.length <= 1000);
    const whole = (await client.fetch(`FETCH ${number} BODY.PEEK[]`)).get(number)!.get('BODY[]') as Buffer;
    assert.equal(items.get('RFC822.SIZE'), String(whole.length));
    assert.ok(whole.toString('latin1').endsWith(message), 'octet for octet behind our trace fields');
    await client.ok(`SEARCH ${number} OR SUBJECT nothing TEXT "no such words"`);
    other.close();
  });
}

test('E02, E03: encoded words, raw windows-1251 and split parameters are answered as they were written', async () => {
  const raw = '\xd2\xe5\xf1\xf2.txt';
  const number = await receive(
    [
      'Subject: =?utf-8?Q?=D0?= =?utf-8?Q?=BF?=',
      'Content-Type: multipart/mixed; boundary=B',
      '',
      '--B',
      'Content-Type: text/plain; charset=windows-1251',
      `Content-Disposition: attachment; filename="${raw}"`,
      '',
      '\xd2\xe5\xf1\xf2',
      '--B',
      "Content-Disposition: attachment; filename*0*=UTF-8''%D0%A2%D0; filename*1*=%B5; filename*2=st.txt",
      '',
      'x',
      '--B--',
      '',
    ].join('\r\n'),
  );
  const items = (await client.fetch(`FETCH ${number} (ENVELOPE BODYSTRUCTURE)`)).get(number)!;
  assert.equal(
    envelopeFacts(items.get('ENVELOPE')).get('envelope.subject'),
    '«=?utf-8?Q?=D0?= =?utf-8?Q?=BF?=»',
  );
  const { facts } = structureFacts(items.get('BODYSTRUCTURE'));
  assert.equal(facts.get('1.disposition'), `(«attachment» («filename» «${raw}»))`);
  assert.equal(facts.get('2.disposition'), "(«attachment» («filename*» «UTF-8''%D0%A2%D0%B5st.txt»))");
  for (const word of ['п', 'Тест']) {
    const octets = Buffer.from(word);
    const command = Buffer.from(`SEARCH CHARSET UTF-8 ${number} TEXT {${octets.length}+}\r\n`);
    const answer = await client.ok(Buffer.concat([command, octets]));
    assert.equal(answer.untagged[0]?.raw, `* SEARCH ${number}`, word);
  }
});

test('I03, I04: parts of a digest are messages, other message types and broken types are leaves', async () => {
  const number = await receive(
    [
      'Content-Type: multipart/digest; boundary=D',
      '',
      '--D',
      '',
      'Subject: first',
      '',
      'x',
      '--D',
      'Content-Type: message/delivery-status',
      '',
      'Reporting-MTA: dns; x',
      '',
      '--D',
      'Content-Type: message/external-body; access-type=x',
      '',
      'Content-Type: text/plain',
      '',
      '--D',
      'Content-Type: message/partial; id=1; number=1; total=2',
      '',
      'Subject: part',
      '',
      'x',
      '--D',
      'Content-Type: X-ZIP',
      '',
      'x',
      '--D--',
      '',
    ].join('\r\n'),
  );
  const items = (await client.fetch(`FETCH ${number} BODYSTRUCTURE`)).get(number)!;
  const { parts, facts } = structureFacts(items.get('BODYSTRUCTURE'));
  assert.deepEqual(
    parts
      .filter(({ path }) => !path.includes('.'))
      .map(({ type, subtype, isMessage }) => [type, subtype, isMessage]),
    [
      ['message', 'rfc822', true],
      ['message', 'delivery-status', false],
      ['message', 'external-body', false],
      ['message', 'partial', false],
      // RFC 2045 5.2: what cannot be parsed is text/plain, in a digest too.
      ['text', 'plain', false],
    ],
  );
  assert.equal(facts.get('1.envelope.subject'), '«first»');
});

test('I05, I08: every leaf of a structure can be fetched by its number, with the size that was told', async () => {
  const inner = (depth: number): string[] =>
    depth === 0
      ? ['Subject: innermost', '', 'text']
      : [
          `Subject: level ${depth}`,
          `Content-Type: multipart/mixed; boundary=L${depth}`,
          '',
          `--L${depth}`,
          '',
          `text ${depth}`,
          `--L${depth}`,
          'Content-Type: multipart/alternative; boundary=A',
          '',
          '--A',
          'Content-Type: text/plain',
          '',
          `plain ${depth}`,
          '--A',
          'Content-Type: text/html',
          '',
          `<p>${depth}`,
          '--A--',
          `--L${depth}`,
          'Content-Type: message/rfc822',
          '',
          ...inner(depth - 1),
          `--L${depth}--`,
        ];
  const number = await receive(`${inner(4).join('\r\n')}\r\n`);
  const items = (await client.fetch(`FETCH ${number} BODYSTRUCTURE`)).get(number)!;
  const { parts } = structureFacts(items.get('BODYSTRUCTURE'));
  assert.ok(
    parts.some(({ path }) => path === '3.3.3.3.1'),
    parts.map(({ path }) => path).join(),
  );
  for (const { path, sizeBytes, lines, isMessage } of parts.filter(({ path: at }) => at !== '')) {
    const octets = await section(number, path);
    assert.ok(Buffer.isBuffer(octets), `${path}: ${show(octets)}`);
    assert.equal(octets.length, sizeBytes, path);
    if (lines !== undefined) assert.ok(lines >= 0 && lines <= octets.toString().split('\r\n').length, path);
    if (!isMessage) continue;
    const header = (await section(number, `${path}.HEADER`)) as Buffer;
    const text = (await section(number, `${path}.TEXT`)) as Buffer;
    assert.ok(Buffer.concat([header, text]).equals(octets), path);
    assert.match(String(header), /^Subject: (level \d|innermost)\r\n/);
    assert.equal(String(await section(number, `${path}.MIME`)), 'Content-Type: message/rfc822\r\n\r\n');
  }
});

async function section(number: number, name: string): Promise<Value | undefined> {
  const items = await client.fetch(`FETCH ${number} BODY.PEEK[${name}]`);
  return items.get(number)?.get(`BODY[${name}]`);
}
