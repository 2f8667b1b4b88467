// The dialogue as such: greeting, EHLO, order of commands, replies in one write, limits and ends of a session.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryTls } from '../host/memory-connection.ts';
import { feed, plain, SmtpFixture, talk } from './fixture.ts';

test('greeting, EHLO with the offer of the receiving port, QUIT', async () => {
  const fixture = new SmtpFixture();
  const connection = await fixture.connect();
  assert.equal(connection.take(), '220 mx.example.test ESMTP\r\n');
  assert.deepEqual(await talk(connection, 'EHLO client.example\r\n', 'QUIT\r\n'), [
    '250-mx.example.test greets you\r\n' +
      '250-PIPELINING\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250-STARTTLS\r\n' +
      '250-SMTPUTF8\r\n250-CHUNKING\r\n250 BINARYMIME\r\n',
    '221 2.0.0 Bye\r\n',
  ]);
  await connection.ended;
  assert.equal(connection.closed.aborted, true);
});

const offers = [
  ['submission in clear', { kind: 'submission' }, false, {}, ['STARTTLS']],
  ['submission under TLS', { kind: 'submission' }, true, {}, ['AUTH PLAIN LOGIN']],
  [
    'submission in clear when the operator allows it',
    { kind: 'submission' },
    false,
    { 'smtp.authWithoutTls': true },
    ['STARTTLS', 'AUTH PLAIN LOGIN'],
  ],
  ['receiving under TLS', { kind: 'mx' }, true, {}, []],
  ['receiving with log-in', { kind: 'mx' }, true, { 'smtp.authOnReceivingPort': true }, ['AUTH PLAIN LOGIN']],
] as const;
for (const [name, mode, tls, values, expected] of offers) {
  test(`EHLO offers ${expected.join(', ') || 'neither STARTTLS nor AUTH'}: ${name}`, async () => {
    const connection = await new SmtpFixture(values).connect(mode, tls ? memoryTls : undefined);
    const [reply = ''] = await talk(connection, 'EHLO x\r\n');
    const offered = [...reply.matchAll(/250[- ](STARTTLS|AUTH .*)\r\n/g)].map((match) => match[1]);
    assert.deepEqual(offered, expected);
  });
}

const commands: readonly (readonly [string, RegExp])[] = [
  ['NOOP', /^250 2\.0\.0 /],
  ['NOOP whatever', /^250 2\.0\.0 /],
  ['noop', /^250 2\.0\.0 /],
  ['RSET', /^250 2\.0\.0 /],
  ['RSET now', /^501 5\.5\.4 /],
  ['HELP', /^214 2\.0\.0 /],
  ['HELP MAIL', /^214 2\.0\.0 /],
  ['EXPN staff', /^502 5\.5\.1 /],
  ['VRFY', /^501 5\.5\.4 /],
  ['EHLO', /^501 5\.5\.4 /],
  ['HELO client.example', /^250 mx\.example\.test greets you\r\n$/],
  ['QUIT now', /^501 5\.5\.4 /],
  ['DATA', /^503 5\.5\.1 /],
  ['RCPT TO:<alice@example.test>', /^503 5\.5\.1 /],
  ['AUTH PLAIN', /^502 5\.5\.1 /],
  ['TURN', /^500 5\.5\.1 /],
  ['MAIL', /^501 5\.5\.4 /],
  ['', /^500 5\.5\.2 /],
  ['\u0001\u0002', /^500 5\.5\.2 /],
  ['x'.repeat(2047), /^500 5\.5\.2 /],
];
for (const [command, expected] of commands) {
  test(`${JSON.stringify(command.slice(0, 30))} is answered ${expected.source.slice(1, 14)}`, async () => {
    const connection = await new SmtpFixture().open();
    const [reply = '', again = ''] = await talk(connection, `${command}\r\n`, 'NOOP\r\n');
    assert.match(reply, expected);
    assert.equal(again, '250 2.0.0 Ok\r\n', 'the session goes on in step');
  });
}

test('every reply except greeting and EHLO has an enhanced code of its class, and fits into 512 octets', async () => {
  const connection = await new SmtpFixture().open();
  for (const [command] of commands) await connection.send(`${command}\r\n`);
  for (const line of connection.take().trimEnd().split('\r\n')) {
    assert.match(line, /^([245])\d\d (\1\.\d{1,3}\.\d{1,3} |mx\.)/);
    assert.ok(line.length <= 510);
  }
});

test('MAIL before EHLO is out of order', async () => {
  const connection = await new SmtpFixture().connect();
  connection.take();
  assert.deepEqual(await talk(connection, 'MAIL FROM:<a@b.example>\r\n'), ['503 5.5.1 Send EHLO first\r\n']);
});

test('S21: VRFY tells nothing: same reply for known, unknown and foreign, and no source is asked', async () => {
  const fixture = new SmtpFixture();
  const connection = await fixture.open();
  const replies = await talk(
    connection,
    ...['alice', 'nobody', '<alice@example.test>', 'x@elsewhere.example'].map((who) => `VRFY ${who}\r\n`),
  );
  assert.equal(new Set(replies).size, 1);
  assert.match(replies[0] ?? '', /^252 2\.0\.0 /);
  assert.deepEqual(fixture.directory.resolved, []);
});

test('S09: a pipeline is answered in order, in one write, as soon as the input runs empty', async () => {
  const connection = await new SmtpFixture().open();
  const before = connection.segments.length;
  const [reply] = await talk(
    connection,
    'RSET\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<alice@example.test>\r\nRCPT TO:<no@example.test>\r\nNOOP\r\nRC',
  );
  assert.equal(
    reply,
    '250 2.0.0 Ok\r\n250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n550 5.1.1 No such user here\r\n250 2.0.0 Ok\r\n',
  );
  assert.equal(connection.segments.length, before + 1);
});

test('S07: what was pipelined behind STARTTLS is dropped, and EHLO is forgotten', async () => {
  const fixture = new SmtpFixture();
  const connection = await fixture.open();
  const [start, mail, ehlo] = await talk(
    connection,
    'STARTTLS\r\nMAIL FROM:<evil@b.example>\r\nRCPT TO:<alice@example.test>\r\n',
    'MAIL FROM:<a@b.example>\r\n',
    'EHLO again.example\r\n',
  );
  assert.equal(start, '220 2.0.0 Ready to start TLS\r\n');
  assert.equal(mail, '503 5.5.1 Send EHLO first\r\n');
  assert.doesNotMatch(ehlo ?? '', /STARTTLS/);
  assert.ok(fixture.events.some(({ event }) => event === 'smtp.starttls_injection'));
  assert.deepEqual(await talk(connection, 'STARTTLS\r\n'), ['503 5.5.1 TLS is active already\r\n']);
});

test('STARTTLS: an open transaction does not survive it, and it takes no argument', async () => {
  const connection = await new SmtpFixture().open();
  const replies = await talk(
    connection,
    'MAIL FROM:<a@b.example>\r\n',
    'STARTTLS now\r\n',
    'STARTTLS\r\n',
    'EHLO x\r\n',
    'RCPT TO:<alice@example.test>\r\n',
  );
  assert.deepEqual(
    replies.map((reply) => reply.slice(0, 3)),
    ['250', '501', '220', '250', '503'],
  );
});

test('STARTTLS forgets a log-in that was made in clear', async () => {
  const fixture = new SmtpFixture({ 'smtp.authWithoutTls': true });
  const connection = await fixture.connect({ kind: 'submission' });
  await talk(
    connection,
    'EHLO x\r\n',
    `AUTH PLAIN ${plain('alice@example.test', 'secret')}\r\n`,
    'STARTTLS\r\n',
  );
  const [, mail] = await talk(connection, 'EHLO x\r\n', 'MAIL FROM:<alice@example.test>\r\n');
  assert.equal(mail, '530 5.7.0 Log in first\r\n');
});

test('bare LF, bare CR, NUL and broken UTF-8 in commands are refused one by one', async () => {
  const connection = await new SmtpFixture().open();
  const replies = await talk(
    connection,
    'NOOP\n',
    'NO\rOP\r\n',
    'NO\0OP\r\n',
    Buffer.from('MAIL FROM:<\xff@b.example>\r\n', 'latin1'),
    'NOOP\r\n',
  );
  assert.deepEqual(replies, [
    '500 5.5.2 Lines must end with CRLF\r\n',
    '500 5.5.2 Lines must end with CRLF\r\n',
    '500 5.5.2 Line contains NUL or broken UTF-8\r\n',
    '500 5.5.2 Line contains NUL or broken UTF-8\r\n',
    '250 2.0.0 Ok\r\n',
  ]);
});

test('a line of megabytes is dropped while it comes, and the session closes', async () => {
  const fixture = new SmtpFixture();
  const connection = await fixture.open();
  const junk = Buffer.alloc(65_536, 'x');
  for (let i = 0; i < 20 && !connection.closed.aborted; i++) await connection.send(junk);
  assert.match(connection.take(), /^421 4\.5\.2 /);
  await connection.ended;
});

test('too many errors end the session behind the reply of the last one', async () => {
  const fixture = new SmtpFixture({ 'smtp.maxErrors': 3 });
  const connection = await fixture.open();
  const [first, second, third] = await talk(connection, 'X\r\n', 'Y\r\n', 'Z\r\nNOOP\r\n');
  assert.match(first ?? '', /^500 /);
  assert.match(second ?? '', /^500 /);
  assert.match(third ?? '', /^500 [^\n]*\n421 4\.7\.0 Too many errors, closing the connection\r\n$/);
  await connection.ended;
});

test('too many commands without a message end the session; at the limit it still goes on', async () => {
  const connection = await new SmtpFixture({ 'smtp.maxIdleCommands': 10 }).open();
  for (let i = 0; i < 9; i++) assert.deepEqual(await talk(connection, 'NOOP\r\n'), ['250 2.0.0 Ok\r\n']);
  const [reply] = await talk(connection, 'RSET\r\n');
  assert.match(reply ?? '', /^421 4\.7\.0 /);
  await connection.ended;
});

test('HTTP on the mail port is cut off at its first line', async () => {
  const connection = await new SmtpFixture().connect();
  connection.take();
  const [reply] = await talk(connection, 'POST / HTTP/1.1\r\nHost: mx\r\n\r\nMAIL FROM:<a@b.example>\r\n');
  assert.equal(reply, '421 4.7.0 This is a mail server\r\n');
  await connection.ended;
});

test('a client that says nothing is told 421 4.4.2', async () => {
  const connection = await new SmtpFixture().open();
  await connection.timeOut();
  assert.equal(connection.take(), '421 4.4.2 Timeout, closing the connection\r\n');
  await connection.ended;
});

test('slow loris: the time limit is that of the whole line', async () => {
  const fixture = new SmtpFixture();
  const connection = await fixture.open();
  const waits: number[] = [];
  const read = connection.read.bind(connection);
  connection.read = (timeoutMs) => {
    waits.push(timeoutMs);
    return read(timeoutMs);
  };
  await connection.send('N');
  fixture.nowMs += 200_000;
  await connection.send('O');
  fixture.nowMs += 99_000;
  await connection.send('O');
  assert.deepEqual(waits, [300_000, 100_000, 1000]);
  await connection.send('P\r\n');
  assert.equal(waits.at(-1), 300_000, 'the next line has its own time');
});

test('draining: a waiting session is told at once, a busy one at its next command boundary', async () => {
  const fixture = new SmtpFixture();
  const idle = await fixture.open();
  await idle.drain();
  assert.equal(idle.take(), '421 4.3.2 Server is stopping, try again\r\n');
  await idle.ended;

  const busy = await fixture.open();
  await talk(busy, 'MAIL FROM:<a@b.example>\r\n', 'RCPT TO:<alice@example.test>\r\n', 'DATA\r\n');
  await busy.drain();
  assert.equal(busy.take(), '');
  const [reply] = await talk(busy, 'Subject: x\r\n\r\nhi\r\n.\r\n');
  assert.match(reply ?? '', /^250 2\.0\.0 Ok[^\n]*\n421 4\.3\.2 Server is stopping, try again\r\n$/);
  await busy.ended;
  assert.equal(fixture.sink.taken.length, 1);
});

test('banner delay: who talks first is refused, who waits is greeted', async () => {
  const fixture = new SmtpFixture({ 'smtp.bannerDelayMs': 500 });
  const early = await fixture.connect();
  assert.equal(early.take(), '');
  assert.deepEqual(await talk(early, 'EHLO spam.example\r\n'), [
    '554 5.7.0 Wait for the greeting before you speak\r\n',
  ]);
  await early.ended;
  const patient = await fixture.connect();
  await patient.timeOut();
  assert.equal(patient.take(), '220 mx.example.test ESMTP\r\n');
  const user = await fixture.connect({ kind: 'submission' });
  assert.equal(user.take(), '220 mx.example.test ESMTP\r\n');
});

test('a peer that hangs up between commands ends the session in silence', async () => {
  const connection = await new SmtpFixture().open();
  await connection.finish();
  assert.equal(connection.take(), '');
  await connection.ended;
});

test('the whole dialogue gives the same replies in any pieces', async () => {
  const script = Buffer.from(
    'EHLO client.example\r\n' +
      'NOOP\n' +
      'MAIL FROM:<"a b"@c.example> SIZE=100 BODY=8BITMIME\r\n' +
      'RCPT TO:<alice+tag@example.test> NOTIFY=NEVER\r\n' +
      'RCPT TO:<nobody@example.test>\r\n' +
      'DATA\r\n' +
      'Subject: dots\r\n\r\n..one\r\n...two\r\n.\r\n' +
      'MAIL FROM:<> SMTPUTF8\r\n' +
      'RCPT TO:<иван@пример.example>\r\n' +
      'BDAT 5\r\nSubje' +
      'BDAT 18 LAST\r\nct: x\r\n\r\n.\r\nhi\r\n\r\n' +
      'VRFY alice\r\n' +
      'MAIL FROM:<x@y.example>\r\n' +
      'RCPT TO:<bob@example.test>\r\n' +
      'DATA\r\n' +
      'a\n.\nMAIL FROM:<smuggled@y.example>\r\n.\r\n' +
      'RSET\r\nQUIT\r\n',
  );
  const run = async (step: number) => {
    const fixture = new SmtpFixture();
    const output = await feed(await fixture.connect(), script, step);
    return {
      output,
      taken: fixture.sink.taken.map(({ from, to, octets }) => ({ from, to, text: octets.toString() })),
    };
  };
  const whole = await run(script.length);
  assert.deepEqual(
    [...whole.output.matchAll(/^(\d{3}) /gm)].map((match) => match[1]).join(' '),
    '220 250 500 250 250 550 354 250 250 250 250 250 252 250 250 354 550 250 221',
  );
  assert.deepEqual(whole.taken, [
    {
      from: '"a b"@c.example',
      to: ['alice+tag@example.test'],
      text: 'Subject: dots\r\n\r\n.one\r\n..two\r\n',
    },
    { from: '', to: ['иван@пример.example'], text: 'Subject: x\r\n\r\n.\r\nhi\r\n\r\n'.slice(0, 23) },
  ]);
  for (const step of [1, 2, 3, 5, 7, 11, 64]) assert.deepEqual(await run(step), whole, `pieces of ${step}`);
});

test('the whole dialogue gives the same replies when cut in two anywhere', async () => {
  const script = Buffer.from(
    'EHLO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n.\r\nMAIL FROM:<>\r\n' +
      'RCPT TO:<bob@example.test>\r\nBDAT 4\r\nx\r\n\r\nBDAT 0 LAST\r\nQUIT\r\n',
  );
  const run = async (cut: number) => {
    const fixture = new SmtpFixture();
    const connection = await fixture.connect();
    await connection.send(script.subarray(0, cut));
    await connection.send(script.subarray(cut));
    return connection.received;
  };
  const whole = await run(0);
  assert.match(whole, /221 2\.0\.0 Bye\r\n$/);
  for (let cut = 1; cut < script.length; cut++) assert.equal(await run(cut), whole, `cut at ${cut}`);
});
