// MAIL and RCPT: who may send from and to which address, and what the envelope keeps.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Permanent, Transient } from '../base/outcome.ts';
import { memoryTls } from '../host/memory-connection.ts';
import { plain, SmtpFixture, talk } from './fixture.ts';

const senders: readonly (readonly [string, RegExp])[] = [
  ['FROM:<a@b.example>', /^250 2\.1\.0 /],
  ['FROM:<>', /^250 2\.1\.0 /],
  ['from:<A@B.EXAMPLE>', /^250 2\.1\.0 /],
  ['FROM:<"a b"@c.example>', /^250 2\.1\.0 /],
  ['FROM: <a@c.example>', /^250 2\.1\.0 /],
  ['FROM:<@relay.example:a@c.example>', /^250 2\.1\.0 /],
  ['FROM:<a@[192.0.2.1]>', /^250 2\.1\.0 /],
  ['FROM:<a@b.example> BODY=7bit', /^250 2\.1\.0 /],
  ['FROM:<a@b.example> ENVID=X:+20[1] RET=HDRS', /^250 2\.1\.0 /],
  ['FROM:<a@b.example> SIZE=52428800', /^250 2\.1\.0 /],
  ['FROM:<a@b.example> SIZE=52428801', /^552 5\.3\.4 /],
  ['FROM:<a@b.example> SIZE=99999999999999999999', /^552 5\.3\.4 /],
  ['FROM:<a@b.example> AUTH=<>', /^250 2\.1\.0 /],
  ['FROM:<почта@пример.example> SMTPUTF8', /^250 2\.1\.0 /],
  ['FROM:<почта@пример.example>', /^553 5\.6\.7 /],
  ['FROM:a@b.example', /^501 5\.1\.7 /],
  ['FROM:<a@b.example', /^501 5\.1\.7 /],
  ['FROM:<a b@c.example>', /^501 5\.1\.7 /],
  ['FROM:<a@b.example> FOO=1', /^555 5\.5\.4 /],
  ['FROM:<a@b.example> SIZE=x', /^501 5\.5\.4 /],
  ['TO:<a@b.example>', /^501 5\.5\.4 /],
];
for (const [argument, expected] of senders) {
  test(`S17: MAIL ${argument} is answered ${expected.source.slice(1, 11)}`, async () => {
    const connection = await new SmtpFixture().open();
    const [reply] = await talk(connection, `MAIL ${argument}\r\n`);
    assert.match(reply ?? '', expected);
  });
}

const recipients: readonly (readonly [string, RegExp])[] = [
  ['<alice@example.test>', /^250 2\.1\.5 /],
  ['<ALICE@EXAMPLE.TEST>', /^250 2\.1\.5 /],
  ['<"alice"@example.test>', /^250 2\.1\.5 /],
  ['<alice+list@example.test>', /^250 2\.1\.5 /],
  ['<info@example.test>', /^250 2\.1\.5 /],
  ['<postmaster>', /^250 2\.1\.5 /],
  ['<abuse@example.test>', /^250 2\.1\.5 /],
  ['<off@example.test>', /^250 2\.1\.5 /],
  ['<nobody@example.test>', /^550 5\.1\.1 /],
  ['<alice@elsewhere.example>', /^550 5\.7\.1 Relaying denied/],
  ['<alice@[192.0.2.25]>', /^550 5\.7\.1 Relaying denied/],
  ['<"alice@example.test"@elsewhere.example>', /^550 5\.7\.1 Relaying denied/],
  ['<alice%elsewhere.example@example.test>', /^550 5\.1\.1 /],
  ['<elsewhere.example!alice@example.test>', /^550 5\.1\.1 /],
  ['<@example.test:alice@elsewhere.example>', /^550 5\.7\.1 Relaying denied/],
  ['<out@example.test>', /^550 5\.7\.1 Relaying denied/],
  ['<round@example.test>', /^550 5\.4\.6 /],
  ['<down@example.test>', /^451 4\.3\.0 /],
  ['<>', /^501 5\.1\.3 /],
  ['alice@example.test', /^501 5\.1\.3 /],
  ['<иван@пример.example>', /^553 5\.6\.7 /],
  ['<alice@example.test> NOTIFY=NEVER,DELAY', /^501 5\.5\.4 /],
  ['<alice@example.test> SMTPUTF8', /^555 5\.5\.4 /],
];
for (const [path, expected] of recipients) {
  test(`RCPT TO:${path} is answered ${expected.source.slice(1, 11)}`, async () => {
    const fixture = new SmtpFixture();
    fixture.directory.broken.add('down');
    const connection = await fixture.open();
    const [, reply] = await talk(connection, 'MAIL FROM:<a@b.example>\r\n', `RCPT TO:${path}\r\n`);
    assert.match(reply ?? '', expected);
  });
}

test('S15: a report with the null sender to an unknown user is refused like any other', async () => {
  const connection = await new SmtpFixture().open();
  assert.deepEqual(await talk(connection, 'MAIL FROM:<>\r\n', 'RCPT TO:<nobody@example.test>\r\n'), [
    '250 2.1.0 Ok\r\n',
    '550 5.1.1 No such user here\r\n',
  ]);
});

test('the envelope keeps DSN parameters, sizes and the route for whoever delivers', async () => {
  const fixture = new SmtpFixture();
  const connection = await fixture.open();
  await talk(
    connection,
    'MAIL FROM:<a@b.example> RET=FULL ENVID=QQ+2B1 SIZE=77 BODY=8BITMIME\r\n',
    'RCPT TO:<info+t@example.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;Info@example.test\r\n',
    'DATA\r\n',
    'hi\r\n.\r\n',
  );
  const message = fixture.sink.taken[0]?.message;
  assert.deepEqual(message?.parameters, {
    sizeBytes: 77,
    body: '8bitmime',
    smtpUtf8: false,
    ret: 'full',
    envid: 'QQ+1',
    auth: undefined,
  });
  const [recipient] = message?.recipients ?? [];
  assert.deepEqual(recipient?.parameters, {
    notify: ['success', 'delay'],
    orcpt: { type: 'rfc822', address: 'Info@example.test' },
  });
  assert.equal(recipient?.tag, 't');
  assert.deepEqual(
    recipient?.accounts.map((account) => account.address),
    ['alice@example.test', 'bob@example.test'],
  );
  assert.deepEqual(fixture.sink.sizes, [77], 'quota was asked with the announced size');
});

test('SMTPUTF8: addresses and the name of the protocol', async () => {
  const fixture = new SmtpFixture();
  const connection = await fixture.open();
  await talk(
    connection,
    'MAIL FROM:<почта@пример.example> SMTPUTF8 BODY=8BITMIME\r\n',
    'RCPT TO:<Иван@Пример.example> ORCPT=utf-8;иван@пример.example\r\n',
    'DATA\r\n',
    'Subject: привет\r\n\r\nhi\r\n.\r\n',
  );
  const [taken] = fixture.sink.taken;
  assert.equal(taken?.from, 'почта@пример.example');
  assert.equal(taken?.message.recipients[0]?.accounts[0]?.address, 'иван@xn--e1afmkfd.example');
  assert.equal(taken?.message.reception.protocol, 'UTF8SMTP');
});

test('recipients: the limit is reached with 452 4.5.3, those before it get the message', async () => {
  const fixture = new SmtpFixture({ 'smtp.maxRecipients': 100 });
  const connection = await fixture.open();
  const [, replies] = await talk(
    connection,
    'MAIL FROM:<a@b.example>\r\n',
    'RCPT TO:<alice@example.test>\r\n'.repeat(101),
    'DATA\r\n',
    'hi\r\n.\r\n',
  );
  assert.match(replies ?? '', /^(250 2\.1\.5 Ok\r\n){100}452 4\.5\.3 [^\n]*\n$/);
  assert.equal(fixture.sink.taken[0]?.to.length, 100);
});

test('recipients: a client that ignores 452 is cut off at twice the limit', async () => {
  const fixture = new SmtpFixture({ 'smtp.maxRecipients': 100 });
  const connection = await fixture.open();
  const [, replies] = await talk(
    connection,
    'MAIL FROM:<a@b.example>\r\n',
    'RCPT TO:<alice@example.test>\r\n'.repeat(300),
  );
  assert.match(replies ?? '', /^(250 [^\n]*\n){100}(452 [^\n]*\n){100}421 4\.5\.3 [^\n]*\n$/);
});

const quota = [
  ['refuse', '552 5.2.2 The mailbox is full\r\n'],
  ['defer', '452 4.2.2 The mailbox is full, try again later\r\n'],
] as const;
for (const [mode, expected] of quota) {
  test(`over quota at RCPT with smtp.overQuota=${mode}: ${expected.slice(0, 9)}`, async () => {
    const fixture = new SmtpFixture({ 'smtp.overQuota': mode });
    fixture.sink.full.set('bob@example.test', new Permanent('store.over_quota', 'full'));
    const connection = await fixture.open();
    const [, alice, bob, both] = await talk(
      connection,
      'MAIL FROM:<a@b.example>\r\n',
      'RCPT TO:<alice@example.test>\r\n',
      'RCPT TO:<bob@example.test>\r\n',
      'RCPT TO:<info@example.test>\r\n',
    );
    assert.equal(alice, '250 2.1.5 Ok\r\n');
    assert.equal(bob, expected);
    assert.equal(both, expected, 'an alias with one full mailbox could not be delivered whole');
  });
}

test('a store that is down at RCPT is a temporary refusal and no error of the client', async () => {
  const fixture = new SmtpFixture({ 'smtp.maxErrors': 3 });
  fixture.sink.full.set('bob@example.test', new Transient('store.io', 'disk'));
  const connection = await fixture.open();
  await talk(connection, 'MAIL FROM:<a@b.example>\r\n');
  for (let i = 0; i < 5; i++) {
    assert.deepEqual(await talk(connection, 'RCPT TO:<bob@example.test>\r\n'), [
      '451 4.3.0 Local error, try again later\r\n',
    ]);
  }
});

test('an unexpected failure ends this session with 421 and is logged with its stack', async () => {
  const fixture = new SmtpFixture();
  fixture.sink.full.set('bob@example.test', new TypeError('x is undefined'));
  const connection = await fixture.open();
  const [, reply] = await talk(connection, 'MAIL FROM:<a@b.example>\r\n', 'RCPT TO:<bob@example.test>\r\n');
  assert.equal(reply, '421 4.3.0 Local error, try again later\r\n');
  await connection.ended;
  const logged = fixture.events.find(({ event }) => event === 'smtp.failure');
  assert.match(String(logged?.fields.stack), /TypeError: x is undefined/);
});

test('one transaction at a time; RSET and EHLO end it', async () => {
  const connection = await new SmtpFixture().open();
  const replies = await talk(
    connection,
    ...['MAIL FROM:<a@b.example>', 'MAIL FROM:<a@b.example>', 'RSET', 'RCPT TO:<alice@example.test>'].map(
      (line) => `${line}\r\n`,
    ),
    'MAIL FROM:<a@b.example>\r\n',
    'EHLO again\r\n',
    'RCPT TO:<alice@example.test>\r\n',
  );
  assert.deepEqual(
    replies.map((reply) => reply.slice(0, 3)),
    ['250', '503', '250', '503', '250', '250', '503'],
  );
});

test('submission: no mail without log-in, in clear the way is named', async () => {
  const fixture = new SmtpFixture();
  const clear = await fixture.connect({ kind: 'submission' });
  const [, inClear] = await talk(clear, 'EHLO x\r\n', 'MAIL FROM:<alice@example.test>\r\n');
  assert.equal(inClear, '530 5.7.0 Use STARTTLS and log in first\r\n');
  const secure = await fixture.connect({ kind: 'submission', implicitTls: true }, memoryTls);
  const [, underTls] = await talk(secure, 'EHLO x\r\n', 'MAIL FROM:<alice@example.test>\r\n');
  assert.equal(underTls, '530 5.7.0 Log in first\r\n');
});

const ownership: readonly (readonly [string, RegExp])[] = [
  ['alice@example.test', /^250 /],
  ['Alice@EXAMPLE.test', /^250 /],
  ['al@example.test', /^250 /],
  ['alice+shop@example.test', /^250 /],
  ['', /^250 /],
  ['bob@example.test', /^553 5\.7\.1 /],
  ['info@example.test', /^553 5\.7\.1 /],
  ['alice@elsewhere.example', /^553 5\.7\.1 /],
  ['nobody@example.test', /^553 5\.7\.1 /],
];
for (const [sender, expected] of ownership) {
  test(`submission: alice sends as <${sender}>: ${expected.source.slice(1, 4)}`, async () => {
    const connection = await new SmtpFixture().submission();
    const [reply] = await talk(connection, `MAIL FROM:<${sender}>\r\n`);
    assert.match(reply ?? '', expected);
  });
}

test('submission: whoever is disabled or removed after the log-in sends no more', async () => {
  for (const checked of [true, false]) {
    const fixture = new SmtpFixture({ 'smtp.checkSubmissionSender': checked });
    const connection = await fixture.submission();
    const mail = 'MAIL FROM:<alice@example.test>\r\n';
    assert.deepEqual(await talk(connection, mail, 'RSET\r\n'), ['250 2.1.0 Ok\r\n', '250 2.0.0 Ok\r\n']);
    fixture.directory.removed.add('alice@example.test');
    assert.deepEqual(await talk(connection, mail), [
      '421 4.7.0 Your account was disabled or removed, closing the connection\r\n',
    ]);
  }
});

test('submission: any sender when the operator switches the check off', async () => {
  const connection = await new SmtpFixture({ 'smtp.checkSubmissionSender': false }).submission();
  assert.deepEqual(await talk(connection, 'MAIL FROM:<boss@elsewhere.example>\r\n'), ['250 2.1.0 Ok\r\n']);
});

test('submission: foreign recipients are refused one by one with a clear text, local ones get the message', async () => {
  const fixture = new SmtpFixture({ 'smtp.maxErrors': 3 });
  const connection = await fixture.submission();
  await talk(connection, 'MAIL FROM:<alice@example.test>\r\n');
  for (let i = 0; i < 5; i++) {
    const [reply] = await talk(connection, `RCPT TO:<u${i}@elsewhere.example>\r\n`);
    assert.match(reply ?? '', /^550 5\.7\.1 This server does not deliver to other domains yet/);
  }
  const replies = await talk(connection, 'RCPT TO:<bob@example.test>\r\n', 'DATA\r\n', 'hi\r\n.\r\n');
  assert.deepEqual(
    replies.map((reply) => reply.slice(0, 3)),
    ['250', '354', '250'],
  );
  assert.equal(fixture.sink.taken[0]?.message.reception.protocol, 'ESMTPSA');
});

test('a log-in on the receiving port makes the session a submission', async () => {
  const fixture = new SmtpFixture({ 'smtp.authOnReceivingPort': true });
  const connection = await fixture.connect({}, memoryTls);
  const replies = await talk(
    connection,
    'EHLO x\r\n',
    `AUTH PLAIN ${plain('bob@example.test', 'secret')}\r\n`,
    'MAIL FROM:<alice@example.test>\r\n',
    'MAIL FROM:<bob@example.test>\r\n',
  );
  assert.deepEqual(
    replies.slice(1).map((reply) => reply.slice(0, 9)),
    ['235 2.7.0', '553 5.7.1', '250 2.1.0'],
  );
});
