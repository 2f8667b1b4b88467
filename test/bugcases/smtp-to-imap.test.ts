// What other servers' users reported about receiving mail, from the wire to what an IMAP client then sees.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { schema } from '../../src/settings/schema/index.ts';
import { talk } from '../../src/smtp-in/fixture.ts';
import {
  beginData,
  type MailRig,
  type MailRigOptions,
  openMailRig,
  replyCodes,
} from '../fixture/mail-rig.ts';

const rigs: MailRig[] = [];
after(() => Promise.all(rigs.map((rig) => rig.close())));

async function openCase(options: MailRigOptions = {}): Promise<MailRig> {
  const rig = await openMailRig(options);
  rigs.push(rig);
  return rig;
}

/** Bodies (BODY[TEXT]) of alice's INBOX, in order, as IMAP serves them. */
async function inboxTexts(rig: MailRig): Promise<string[]> {
  const client = await rig.imap.client();
  await client.ok('EXAMINE INBOX');
  const items = await client.fetch('UID FETCH 1:* BODY.PEEK[TEXT]');
  client.close();
  return [...items.values()].map((message) => String(message.get('BODY[TEXT]')));
}

// S01: the fake ends of the reports, and what is smuggled behind them.
const fakeEnds = ['\n.\n', '\n.\r\n', '\r\n.\n', '\r.\r', '\r\n.\r', '\r.\r\n', '\n\n.\r\n', '\n.\r'];
const smuggled =
  'MAIL FROM:<boss@bank.example>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\nSubject: pay\r\n\r\nnow\r\n.\r\n';
for (const fake of fakeEnds) {
  for (const mode of ['refuse', 'normalise']) {
    test(`S01: ${JSON.stringify(fake)} never makes two mails (${mode}), whole and octet by octet`, async () => {
      for (const step of [1000, 1]) {
        const rig = await openCase({ smtp: { 'smtp.bareLineEnds': mode } });
        const connection = await rig.session();
        await beginData(connection, 'alice@example.test');
        const octets = `Subject: x\r\n\r\ntext${fake}${smuggled}`;
        for (let at = 0; at < octets.length; at += step) await connection.send(octets.slice(at, at + step));
        const reply = connection.take();
        assert.deepEqual(await rig.files('bob'), []);
        const texts = await inboxTexts(rig);
        if (mode === 'refuse') {
          assert.match(reply, /^550 5\.6\.11 [^\n]*\n$/, 'one reply to one message');
          assert.deepEqual(texts, []);
        } else {
          assert.match(reply, /^250 2\.0\.0 [^\n]*\n$/, 'one reply to one message');
          assert.equal(texts.length, 1);
          assert.match(texts[0] ?? '', /^text[\s\S]*MAIL FROM:<boss@bank\.example>\r\n[\s\S]*now\r\n$/);
        }
      }
    });
  }
}

test('S02, S03: dots at the beginning of lines arrive as they were before stuffing, octet for octet', async () => {
  const rig = await openCase();
  const connection = await rig.session();
  for (const text of ['.foo\r\n.\r\n', '..\r\n...\r\n', '.\r\n', 'a.\r\n.b.\r\n', '.']) {
    // RFC 5321 4.5.2 and 4.1.1.4: a last line without CRLF gets one.
    const stuffed = `Subject: x\r\n\r\n${text}`.replace(/^\./gm, '..').replace(/(?<!\r\n)$/, '\r\n');
    await beginData(connection, 'alice@example.test');
    assert.match((await talk(connection, `${stuffed}.\r\n`))[0] ?? '', /^250 /);
  }
  assert.deepEqual(await inboxTexts(rig), [
    '.foo\r\n.\r\n',
    '..\r\n...\r\n',
    '.\r\n',
    'a.\r\n.b.\r\n',
    '.\r\n',
  ]);
});

test('S05, S06: BDAT octets arrive unchanged, dots and all, in chunks of every size', async () => {
  const rig = await openCase();
  const connection = await rig.session();
  const message = 'Subject: x\r\n\r\n.x\r\n.\r\n..\r\nend\r\n';
  for (let size = 1; size <= message.length; size += 4) {
    let octets = 'MAIL FROM:<s@b.example>\r\nRCPT TO:<alice@example.test>\r\n';
    for (let at = 0; at < message.length; at += size) {
      const chunk = message.slice(at, at + size);
      octets += `BDAT ${chunk.length}${at + size >= message.length ? ' LAST' : ''}\r\n${chunk}`;
    }
    const [replies = ''] = await talk(connection, octets);
    const chunks = Math.ceil(message.length / size);
    assert.equal(replyCodes(replies), Array.from({ length: chunks + 2 }, () => '250').join(' '));
  }
  const texts = await inboxTexts(rig);
  assert.equal(texts.length, Math.ceil(message.length / 4));
  assert.deepEqual(new Set(texts), new Set(['.x\r\n.\r\n..\r\nend\r\n']));
});

test('S04, S06: a chunk that is refused gets one reply, and no octet of it is a command or a mail', async () => {
  const evil = 'RSET\r\nMAIL FROM:<e@b.example>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\nhi\r\n.\r\n';
  const rig = await openCase();
  for (const [command, expected] of [
    [`BDAT ${evil.length} X`, '501 250'],
    [`BDAT ${evil.length} LAST X`, '501 250'],
    [`BDAT 0${evil.length} LAST LAST`, '501 250'],
    // Without a size that can be trusted nobody knows where the octets end: the session does.
    [`BDAT  ${evil.length} LAST`, '501'],
    [`BDAT -${evil.length} LAST`, '501'],
    ['BDAT LAST', '501'],
  ] as const) {
    const connection = await rig.session();
    await talk(connection, 'MAIL FROM:<s@b.example>\r\n', 'RCPT TO:<alice@example.test>\r\n');
    const [replies = ''] = await talk(connection, `${command}\r\n${evil}NOOP\r\n`);
    assert.equal(replyCodes(replies), expected, command);
    assert.equal(connection.closed.aborted, expected === '501', command);
  }
  assert.deepEqual([await rig.files('alice'), await rig.files('bob')], [[], []]);
});

test('S08: whatever is refused in a pipeline, the replies stand in order and DATA says why', async () => {
  const rig = await openCase();
  const cases: [commands: string[], codes: string, data: RegExp][] = [
    [['MAIL FROM:<a@b.example>', 'RCPT TO:<no@example.test>', 'DATA'], '250 550 554', /554 5\.5\.1 No valid/],
    [['MAIL FROM:<a b>', 'RCPT TO:<alice@example.test>', 'DATA'], '501 503 503', /503 5\.5\.1 /],
    [['MAIL FROM:<a@b.example>', 'DATA'], '250 503', /503 5\.5\.1 /],
    [['DATA'], '503', /503 5\.5\.1 /],
    [
      ['MAIL FROM:<a@b.example>', 'RCPT TO:<x@far.example>', 'RCPT TO:<no@example.test>', 'DATA'],
      '250 550 550 554',
      /554 5\.5\.1 No valid/,
    ],
  ];
  for (const [commands, codes, data] of cases) {
    const connection = await rig.session();
    const [replies = ''] = await talk(connection, `${commands.join('\r\n')}\r\nRSET\r\n`);
    assert.equal(replyCodes(replies), `${codes} 250`, commands.join());
    assert.match(replies, data);
  }
});

test('S13: the value of BODY is read without case, and 8-bit text arrives as it was sent', async () => {
  const rig = await openCase();
  const connection = await rig.session();
  const text = 'Привет, \u{1f600}\r\n';
  for (const body of ['7bit', '7BIT', '8bitmime', '8BitMime', '8BITMIME']) {
    const replies = await talk(
      connection,
      `MAIL FROM:<a@b.example> BODY=${body}\r\n`,
      'RCPT TO:<alice@example.test>\r\n',
      'DATA\r\n',
      `Subject: x\r\n\r\n${text}.\r\n`,
    );
    assert.equal(replyCodes(replies.join('')), '250 250 354 250', body);
  }
  const sent = Buffer.from(text).toString('latin1');
  const client = await rig.imap.client();
  await client.ok('EXAMINE INBOX');
  const items = await client.fetch('FETCH 1:* BODY.PEEK[TEXT]');
  assert.equal(items.size, 5);
  for (const item of items.values())
    assert.equal((item.get('BODY[TEXT]') as Buffer).toString('latin1'), sent);
  assert.match((await talk(connection, 'MAIL FROM:<a@b.example> BODY=9BIT\r\n'))[0] ?? '', /^501 5\.5\.4 /);
});

test('S14: SMTPUTF8 belongs to MAIL only, and an address needs it', async () => {
  const rig = await openCase();
  const connection = await rig.session();
  const replies = await talk(
    connection,
    'MAIL FROM:<почта@пример.example>\r\n',
    'MAIL FROM:<почта@пример.example> SMTPUTF8=1\r\n',
    'MAIL FROM:<a@b.example>\r\n',
    'RCPT TO:<alice@example.test> SMTPUTF8\r\n',
    'RCPT TO:<иван@пример.example>\r\n',
    'RSET\r\n',
    // A client that always says it, for plain addresses: RFC 6531 3.4 lets it.
    'MAIL FROM:<a@b.example> smtputf8\r\n',
    'RCPT TO:<alice@example.test>\r\n',
  );
  assert.deepEqual(
    replies.map((reply) => reply.slice(0, 9)),
    ['553 5.6.7', '501 5.5.4', '250 2.1.0', '555 5.5.4', '553 5.6.7', '250 2.0.0', '250 2.1.0', '250 2.1.5'],
  );
});

test('S15: the null sender is accepted everywhere, kept as <> in Return-Path, and refusals make no report', async () => {
  const rig = await openCase();
  const connection = await rig.session();
  const replies = await talk(
    connection,
    'MAIL FROM:<>\r\n',
    'RCPT TO:<nobody@example.test>\r\n',
    'RCPT TO:<alice@example.test>\r\n',
    'DATA\r\n',
    'Subject: report\r\n\r\nx\r\n.\r\n',
  );
  assert.equal(replyCodes(replies.join('')), '250 550 250 354 250');
  const client = await rig.imap.client();
  await client.ok('EXAMINE INBOX');
  const items = await client.fetch('FETCH 1:* BODY.PEEK[HEADER.FIELDS (Return-Path)]');
  assert.equal(items.size, 1, 'the report itself and nothing about it');
  assert.equal(String([...(items.get(1)?.values() ?? [])][0]), 'Return-Path: <>\r\n\r\n');
});

test('S16: a circle of aliases ends in a refusal at RCPT, 99 hops pass, 120 are refused with one reply', async () => {
  const rig = await openCase();
  const connection = await rig.session();
  const [, cycle] = await talk(connection, 'MAIL FROM:<a@b.example>\r\n', 'RCPT TO:<round@example.test>\r\n');
  assert.match(cycle ?? '', /^550 5\.4\.6 /);
  await talk(connection, 'RSET\r\n');
  for (const [hops, code] of [
    [99, '250'],
    [120, '554'],
  ] as const) {
    await beginData(connection, 'alice@example.test');
    const [reply = ''] = await talk(connection, `${'Received: by x; y\r\n'.repeat(hops)}\r\nx\r\n.\r\n`);
    assert.equal(replyCodes(reply), code);
  }
  assert.equal((await inboxTexts(rig)).length, 1);
  assert.ok((schema['smtp.maxReceivedFields'].min ?? 0) >= 100, 'no setting breaks long ways');
});

test('S17: odd but valid addresses reach Return-Path unharmed, and forgiven spelling is logged', async () => {
  const rig = await openCase();
  const connection = await rig.session();
  for (const argument of [
    'FROM:<"a b"@c.example>',
    'FROM: <a@c.example>',
    'FROM:<"a\\"b\\\\c>"@c.example> ENVID=X:+20[1]',
  ]) {
    const replies = await talk(
      connection,
      `MAIL ${argument}\r\n`,
      'RCPT TO:<alice@example.test>\r\n',
      'DATA\r\n',
      'Subject: x\r\n\r\nx\r\n.\r\n',
    );
    assert.equal(replyCodes(replies.join('')), '250 250 354 250', argument);
  }
  const forgiven = rig.smtp.events.filter(({ event, fields }) => event === 'smtp.mail' && fields.forgiven);
  assert.deepEqual(
    forgiven.map(({ fields }) => fields.from),
    ['a@c.example'],
  );
  const client = await rig.imap.client();
  await client.ok('EXAMINE INBOX');
  const items = await client.fetch('FETCH 1:* BODY.PEEK[HEADER.FIELDS (Return-Path)]');
  assert.deepEqual(
    [...items.values()].map((item) => String([...item.values()][0]).trim()),
    [
      'Return-Path: <"a b"@c.example>',
      'Return-Path: <a@c.example>',
      'Return-Path: <"a\\"b\\\\c>"@c.example>',
    ],
  );
});

test('S18: no setting makes us wait for the store as long as the client waits for us', () => {
  // RFC 5321 4.5.3.2.6: the client waits ten minutes for the reply to its final dot.
  assert.ok((schema['delivery.timeoutSeconds'].max ?? Number.POSITIVE_INFINITY) < 600);
});

test('S21: guessing addresses ends the session; before log-in a submission port looks nobody up', async () => {
  const rig = await openCase();
  const guess = async (line: (n: number) => string): Promise<number> => {
    const connection = await rig.session();
    await talk(connection, 'MAIL FROM:<a@b.example>\r\n');
    for (let n = 0; n < 1000; n++) {
      const [reply = ''] = await talk(connection, line(n));
      if (/(^|\n)421 4\.7\.0 /.test(reply)) return n + 1;
    }
    return Number.POSITIVE_INFINITY;
  };
  assert.ok((await guess((n) => `RCPT TO:<u${n}@example.test>\r\n`)) <= schema['smtp.maxErrors'].default);
  assert.ok((await guess((n) => `VRFY u${n}\r\n`)) <= schema['smtp.maxIdleCommands'].default);
  const before = rig.smtp.directory.resolved.length;
  const submission = await rig.session('submission');
  const replies = await talk(
    submission,
    'VRFY alice\r\n',
    'VRFY nobody\r\n',
    'EXPN alice\r\n',
    'MAIL FROM:<alice@example.test>\r\n',
    'RCPT TO:<alice@example.test>\r\n',
    'RCPT TO:<nobody@example.test>\r\n',
  );
  assert.deepEqual(
    replies.map((reply) => reply.slice(0, 3)),
    ['252', '252', '502', '530', '503', '503'],
  );
  assert.equal(replies[0], replies[1]);
  assert.equal(replies[4], replies[5]);
  assert.equal(rig.smtp.directory.resolved.length, before);
});
