// DATA: what ends a message and what does not, limits, refusals at the end, and what the sink gets.

import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { SmtpFixture, talk } from './fixture.ts';

/** A session behind `354`. */
async function openData(fixture: SmtpFixture, parameters = '') {
  const connection = await fixture.open();
  const [, , go] = await talk(
    connection,
    `MAIL FROM:<a@b.example>${parameters}\r\n`,
    'RCPT TO:<alice@example.test>\r\n',
    'DATA\r\n',
  );
  assert.equal(go, '354 End with <CRLF>.<CRLF>\r\n');
  return connection;
}

const texts: readonly (readonly [string, string, string])[] = [
  ['plain lines', 'a: b\r\n\r\nhi\r\n.\r\n', 'a: b\r\n\r\nhi\r\n'],
  ['S03: a last line that begins with a dot', '\r\n..foo\r\n..\r\n.\r\n', '\r\n.foo\r\n.\r\n'],
  ['a dot too few is forgiven as RFC 5321 4.5.2 says', '\r\n.foo\r\n.\r\n', '\r\nfoo\r\n'],
  ['nothing at all', '.\r\n', ''],
  [
    '8-bit header and body without any announcement',
    'Subject: \xcf\xf0\xe8\r\n\r\n\xd0\r\n.\r\n',
    'Subject: \xcf\xf0\xe8\r\n\r\n\xd0\r\n',
  ],
  ['NUL', '\r\na\0b\r\n.\r\n', '\r\na\0b\r\n'],
  ['a line of 100,000 octets', `\r\n${'x'.repeat(100_000)}\r\n.\r\n`, `\r\n${'x'.repeat(100_000)}\r\n`],
];
for (const [name, sent, stored] of texts) {
  test(`DATA passes octet for octet: ${name}`, async () => {
    const fixture = new SmtpFixture();
    const connection = await openData(fixture);
    const [reply = ''] = await talk(connection, Buffer.from(sent, 'latin1'));
    assert.match(reply, /^250 2\.0\.0 Ok, stored as [0-9a-z]{16}\r\n$/);
    assert.equal(fixture.sink.taken[0]?.octets.toString('latin1'), stored);
    assert.equal(reply.slice(24, 40), fixture.sink.taken[0]?.message.id, 'the reply names the trace id');
    assert.equal(fixture.spools.memoryInUse, 0);
  });
}

// S01: every way to write the end of a message but the right one, on both sides of the dot.
const ends = ['\n', '\r', '\r\n', '\n\r', '\r\r\n', '\0\r\n'];
for (const before of ends) {
  for (const after of ends) {
    if (before === '\r\n' && after === '\r\n') continue;
    // \n\r + LF-led things still contain a proper CRLF only where both neighbours are one.
    const fake = `text${before}.${after}`;
    if (fake.includes('\r\n.\r\n')) continue;
    for (const mode of ['refuse', 'normalise'] as const) {
      test(`S01: ${JSON.stringify(`${before}.${after}`)} does not end a message (${mode})`, async () => {
        const fixture = new SmtpFixture({ 'smtp.bareLineEnds': mode });
        const connection = await openData(fixture);
        const smuggled = 'MAIL FROM:<boss@bank.example>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\nowned\r\n';
        const [early, end, next] = await talk(connection, `${fake}${smuggled}`, '.\r\n', 'NOOP\r\n');
        assert.equal(early, '', 'no reply before the real end');
        const hasBare = /\r(?!\n)|(?<!\r)\n/.test(fake);
        if (mode === 'refuse' && hasBare) {
          assert.equal(end, '550 5.6.11 Message has CR or LF outside of CRLF line ends\r\n');
          assert.equal(fixture.sink.taken.length, 0);
        } else {
          assert.match(end ?? '', /^250 /);
          assert.equal(fixture.sink.taken.length, 1);
          const stored = fixture.sink.taken[0]?.octets.toString('latin1') ?? '';
          assert.doesNotMatch(
            stored,
            /\r(?!\n)|(?<!\r)\n/,
            'nothing bare is left that another server could read otherwise',
          );
          assert.ok(stored.includes('MAIL FROM:<boss@bank.example>'), 'it is text of the one message');
        }
        assert.equal(next, '250 2.0.0 Ok\r\n');
      });
    }
  }
}

test('S02: lines after a bare LF are no lines: their dots stay, and the message is refused', async () => {
  const fixture = new SmtpFixture();
  const connection = await openData(fixture);
  const [reply] = await talk(connection, 'x\n...\n\r\n.\r\n');
  assert.match(reply ?? '', /^550 5\.6\.11 /);
  const lenient = new SmtpFixture({ 'smtp.bareLineEnds': 'normalise' });
  const other = await openData(lenient);
  await talk(other, 'x\n...\n\r\n.\r\n');
  assert.equal(lenient.sink.taken[0]?.octets.toString(), 'x\r\n...\r\n\r\n');
});

test('commands pipelined behind the final dot are run, and nothing of them is in the message', async () => {
  const fixture = new SmtpFixture();
  const connection = await openData(fixture);
  const [reply] = await talk(
    connection,
    'one\r\n.\r\nMAIL FROM:<c@d.example>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\ntwo\r\n.\r\nQUIT\r\n',
  );
  assert.deepEqual(
    [...(reply ?? '').matchAll(/^(\d{3})/gm)].map((match) => match[1]),
    ['250', '250', '250', '354', '250', '221'],
  );
  assert.deepEqual(
    fixture.sink.taken.map(({ from, to, octets }) => [from, to.join(), octets.toString()]),
    [
      ['a@b.example', 'alice@example.test', 'one\r\n'],
      ['c@d.example', 'bob@example.test', 'two\r\n'],
    ],
  );
});

test('S08: all recipients refused in a pipeline: DATA is answered 554, not 503', async () => {
  const connection = await new SmtpFixture().open();
  const [reply] = await talk(
    connection,
    'MAIL FROM:<a@b.example>\r\nRCPT TO:<no@example.test>\r\nDATA\r\nNOOP\r\n',
  );
  assert.equal(
    reply,
    '250 2.1.0 Ok\r\n550 5.1.1 No such user here\r\n554 5.5.1 No valid recipients\r\n250 2.0.0 Ok\r\n',
  );
});

test('DATA is out of order without RCPT, with an argument, and with BINARYMIME', async () => {
  const connection = await new SmtpFixture().open();
  const replies = await talk(
    connection,
    'MAIL FROM:<a@b.example> BODY=BINARYMIME\r\n',
    'DATA\r\n',
    'RCPT TO:<alice@example.test>\r\n',
    'DATA now\r\n',
    'DATA\r\n',
  );
  assert.deepEqual(
    replies.map((reply) => reply.slice(0, 9)),
    ['250 2.1.0', '503 5.5.1', '250 2.1.5', '501 5.5.4', '503 5.5.1'],
  );
});

test('size: a message of exactly the limit passes, one octet more is refused at its end', async () => {
  const limit = 65_536;
  for (const [size, expected] of [
    [limit, /^250 2\.0\.0 /],
    [limit + 1, /^552 5\.3\.4 /],
  ] as const) {
    const fixture = new SmtpFixture({ 'smtp.maxMessageBytes': limit, 'smtp.spoolMemoryBytes': 1000 });
    const connection = await openData(fixture);
    const [reply, next] = await talk(connection, `${'x'.repeat(size - 2)}\r\n.\r\n`, 'NOOP\r\n');
    assert.match(reply ?? '', expected);
    assert.equal(next, '250 2.0.0 Ok\r\n');
    assert.deepEqual(await readdir(fixture.spoolDirectory), []);
    assert.equal(fixture.spools.memoryInUse, 0);
  }
});

test('size: a message without end is given up at twice the limit, and kept nowhere meanwhile', async () => {
  const fixture = new SmtpFixture({ 'smtp.maxMessageBytes': 65_536, 'smtp.spoolMemoryBytes': 1000 });
  const connection = await openData(fixture);
  const chunk = Buffer.alloc(30_000, 'x');
  for (let i = 0; i < 4; i++) await connection.send(chunk);
  assert.equal(connection.take(), '');
  assert.deepEqual(await readdir(fixture.spoolDirectory), []);
  await connection.send(chunk);
  assert.equal(connection.take(), '552 5.3.4 Message too large\r\n');
  await connection.ended;
});

test('a large message lies in a file while it arrives and is the same octets', async () => {
  const fixture = new SmtpFixture({ 'smtp.spoolMemoryBytes': 10_000 });
  const connection = await openData(fixture);
  const text = Array.from({ length: 30_000 }, (_, i) => `line ${i}\r\n`).join('');
  for (let at = 0; at < text.length; at += 50_000) await connection.send(text.slice(at, at + 50_000));
  assert.equal((await readdir(fixture.spoolDirectory)).length, 1);
  const [reply] = await talk(connection, '.\r\n');
  assert.match(reply ?? '', /^250 /);
  assert.equal(fixture.sink.taken[0]?.spilled, true);
  assert.equal(fixture.sink.taken[0]?.octets.toString(), text);
  assert.deepEqual(await readdir(fixture.spoolDirectory), []);
});

test('a peer that vanishes inside the message leaves nothing behind', async () => {
  const fixture = new SmtpFixture({ 'smtp.spoolMemoryBytes': 10 });
  const connection = await openData(fixture);
  await connection.send('some text\r\nthat is long enough for a file\r\n');
  assert.equal((await readdir(fixture.spoolDirectory)).length, 1);
  await connection.finish();
  await assert.rejects(connection.ended, { code: 'host.closed' });
  assert.deepEqual(await readdir(fixture.spoolDirectory), []);
  assert.equal(fixture.sink.taken.length, 0);
});

test('silence inside a message: 421 4.4.2; dripping ends at smtp.maxDataSeconds', async () => {
  const fixture = new SmtpFixture();
  const silent = await openData(fixture);
  await silent.timeOut();
  assert.equal(silent.take(), '421 4.4.2 Timeout, closing the connection\r\n');
  await silent.ended;
  const dripping = await openData(fixture);
  for (let i = 0; i < 12; i++) {
    fixture.nowMs += 299_000;
    await dripping.send('x');
  }
  assert.equal(dripping.take(), '');
  fixture.nowMs += 20_000;
  await dripping.send('x');
  assert.match(dripping.take(), /^421 4\.4\.2 /);
  await dripping.ended;
});

test('S16: 99 Received fields pass, 100 are a loop', async () => {
  for (const [count, expected] of [
    [99, /^250 /],
    [100, /^554 5\.4\.6 /],
    [120, /^554 5\.4\.6 /],
  ] as const) {
    const fixture = new SmtpFixture();
    const connection = await openData(fixture);
    const [reply] = await talk(
      connection,
      `${'Received: by x;\r\n y\r\n'.repeat(count)}Subject: x\r\n\r\nReceived: z\r\n.\r\n`,
    );
    assert.match(reply ?? '', expected);
  }
});

test('a spool that cannot be written: 452 4.3.1 at the end, the session goes on', async () => {
  const fixture = new SmtpFixture({ 'smtp.spoolMemoryBytes': 0 });
  Object.assign(fixture.spools, { directory: '/dev/null/spool' });
  const connection = await openData(fixture);
  const [reply, next] = await talk(connection, 'text\r\nmore\r\n.\r\n', 'NOOP\r\n');
  assert.match(reply ?? '', /^452 4\.3\.1 /);
  assert.equal(next, '250 2.0.0 Ok\r\n');
  assert.equal(fixture.spools.memoryInUse, 0);
});

test('errors are forgiven once a message was accepted', async () => {
  const fixture = new SmtpFixture({ 'smtp.maxErrors': 3 });
  const connection = await fixture.open();
  for (let i = 0; i < 3; i++) {
    const [, , , , , reply] = await talk(
      connection,
      'X\r\n',
      'Y\r\n',
      'MAIL FROM:<a@b.example>\r\n',
      'RCPT TO:<alice@example.test>\r\n',
      'DATA\r\n',
      'hi\r\n.\r\n',
    );
    assert.match(reply ?? '', /^250 /);
  }
});

test('the log tells the message by one trace id from MAIL to acceptance', async () => {
  const fixture = new SmtpFixture();
  const connection = await openData(fixture);
  await talk(connection, 'hi\r\n.\r\n');
  const id = fixture.sink.taken[0]?.message.id;
  const events = fixture.events.filter(({ fields }) => fields.message === id).map(({ event }) => event);
  assert.deepEqual(events, ['smtp.mail', 'smtp.rcpt', 'smtp.accepted']);
  const accepted = fixture.events.at(-1)?.fields;
  assert.equal(accepted?.from, 'a@b.example');
  assert.equal(accepted?.with, 'ESMTP');
  assert.equal(accepted?.sizeBytes, 4);
});

test('a refused message is named in the log by its trace id too', async () => {
  const fixture = new SmtpFixture();
  const connection = await openData(fixture);
  await talk(connection, 'a\nb\r\n.\r\n');
  const refusal = fixture.events.find(({ event }) => event === 'smtp.refused');
  const mail = fixture.events.find(({ event }) => event === 'smtp.mail');
  assert.equal(refusal?.fields.code, 'smtp.bad_line_ends');
  assert.ok(typeof mail?.fields.message === 'string');
  assert.equal(refusal?.fields.message, mail.fields.message);
});
