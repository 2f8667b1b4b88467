// AUTH: mechanisms, malformed exchanges, guard, and that nothing tells who exists.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryTls } from '../host/memory-connection.ts';
import { plain, SmtpFixture, talk } from './fixture.ts';

async function open(fixture: SmtpFixture) {
  const connection = await fixture.connect({ kind: 'submission' }, memoryTls);
  await connection.send('EHLO x\r\n');
  connection.take();
  return connection;
}

const base64 = (text: string | Buffer): string => Buffer.from(text as string).toString('base64');
const login = 'alice@example.test';

const accepted: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['PLAIN with initial response', [`AUTH PLAIN ${plain(login, 'secret')}`], ['235 2.7.0 Logged in']],
  ['plain in lower case', [`auth plain ${plain(login, 'secret')}`], ['235 2.7.0 Logged in']],
  ['PLAIN after a challenge', ['AUTH PLAIN', plain(login, 'secret')], ['334 ', '235 2.7.0 Logged in']],
  ['PLAIN as oneself', [`AUTH PLAIN ${plain(login, 'secret', login)}`], ['235 2.7.0 Logged in']],
  [
    'LOGIN',
    ['AUTH LOGIN', base64(login), base64('secret')],
    ['334 VXNlcm5hbWU6', '334 UGFzc3dvcmQ6', '235 2.7.0 Logged in'],
  ],
  [
    'LOGIN with initial response',
    [`AUTH LOGIN ${base64(login)}`, base64('secret')],
    ['334 UGFzc3dvcmQ6', '235 2.7.0 Logged in'],
  ],
  ['an alias as login name', [`AUTH PLAIN ${plain('al@example.test', 'secret')}`], ['235 2.7.0 Logged in']],
];
for (const [name, lines, replies] of accepted) {
  test(`AUTH: ${name}`, async () => {
    const fixture = new SmtpFixture();
    const connection = await open(fixture);
    const got = await talk(connection, ...lines.map((line) => `${line}\r\n`));
    assert.deepEqual(
      got,
      replies.map((reply) => `${reply}\r\n`),
    );
    assert.equal(fixture.guard.successes.length, 1);
    assert.deepEqual(await talk(connection, 'AUTH PLAIN\r\n'), ['503 5.5.1 You are logged in already\r\n']);
  });
}

const refused: readonly (readonly [string, readonly string[], RegExp, boolean])[] = [
  ['wrong password', [`AUTH PLAIN ${plain(login, 'wrong')}`], /^535 5\.7\.8 /, true],
  ['unknown user', [`AUTH PLAIN ${plain('nobody@example.test', 'secret')}`], /^535 5\.7\.8 /, true],
  ['disabled user', [`AUTH PLAIN ${plain('off@example.test', 'secret')}`], /^535 5\.7\.8 /, true],
  [
    'acting as somebody else',
    [`AUTH PLAIN ${plain(login, 'secret', 'bob@example.test')}`],
    /^535 5\.7\.8 /,
    true,
  ],
  ['D02: empty password', [`AUTH PLAIN ${plain(login, '')}`], /^535 5\.7\.8 /, false],
  ['D02: empty password with LOGIN', ['AUTH LOGIN', base64(login), ''], /^535 5\.7\.8 /, false],
  ['D02: NUL inside the password', [`AUTH PLAIN ${base64(`\0${login}\0sec\0ret`)}`], /^501 5\.5\.2 /, false],
  ['D03: NUL inside the name', ['AUTH LOGIN', base64(`alice\0@example.test`)], /^501 5\.5\.2 /, false],
  [
    'D03: filter characters are a name like any other',
    [`AUTH PLAIN ${plain('*)(uid=*', 'secret')}`],
    /^535 5\.7\.8 /,
    true,
  ],
  ['empty name', ['AUTH LOGIN', '', base64('secret')], /^535 5\.7\.8 /, false],
  ['no base64', ['AUTH PLAIN', '????'], /^501 5\.5\.2 /, false],
  ['empty initial response', ['AUTH PLAIN ='], /^501 5\.5\.2 /, false],
  ['broken UTF-8', [`AUTH PLAIN ${base64(Buffer.from([0, 0x61, 0, 0xff]))}`], /^501 5\.5\.2 /, false],
  ['cancelled', ['AUTH LOGIN', '*'], /^501 5\.7\.0 /, false],
  ['unknown mechanism', ['AUTH CRAM-MD5'], /^504 5\.5\.4 /, false],
  ['no mechanism', ['AUTH'], /^501 5\.5\.4 /, false],
  ['too many arguments', [`AUTH PLAIN ${plain(login, 'secret')} x`], /^501 5\.5\.4 /, false],
  ['password of a megabyte', [`AUTH PLAIN ${plain(login, 'x'.repeat(2000))}`], /^535 5\.7\.8 /, false],
  ['response above 12,288 octets', ['AUTH PLAIN', 'x'.repeat(12_287)], /^500 5\.5\.2 /, false],
  ['source down', [`AUTH PLAIN ${plain('down@example.test', 'secret')}`], /^454 4\.7\.0 /, true],
];
for (const [name, lines, expected, asks] of refused) {
  test(`AUTH: ${name}: ${expected.source.slice(1, 4)}, ${asks ? 'after asking' : 'without asking'} the directory`, async () => {
    const fixture = new SmtpFixture();
    fixture.directory.broken.add('down');
    const connection = await open(fixture);
    const replies = await talk(connection, ...lines.map((line) => `${line}\r\n`));
    assert.match(replies.at(-1) ?? '', expected);
    assert.equal(fixture.directory.asked.length, asks ? 1 : 0);
    const [next, mail] = await talk(connection, 'NOOP\r\n', 'MAIL FROM:<alice@example.test>\r\n');
    assert.equal(next, '250 2.0.0 Ok\r\n');
    assert.match(mail ?? '', /^530 /, 'nobody is logged in');
    const logged = JSON.stringify(fixture.events);
    assert.ok(!logged.includes('secret') && !logged.includes('wrong'), 'no password in the log');
  });
}

test('wrong password, unknown and disabled user are answered alike', async () => {
  const replies = new Set<string>();
  for (const [user, password] of [
    [login, 'wrong'],
    ['nobody@example.test', 'secret'],
    ['off@example.test', 'secret'],
  ] as const) {
    const connection = await open(new SmtpFixture());
    const [reply = ''] = await talk(connection, `AUTH PLAIN ${plain(user, password)}\r\n`);
    replies.add(reply);
  }
  assert.equal(replies.size, 1);
});

test('AUTH without TLS is refused before any credential, unless the operator allows it', async () => {
  const fixture = new SmtpFixture();
  const connection = await fixture.connect({ kind: 'submission' });
  const [, reply] = await talk(connection, 'EHLO x\r\n', `AUTH PLAIN ${plain(login, 'secret')}\r\n`);
  assert.match(reply ?? '', /^538 5\.7\.11 /);
  assert.deepEqual(fixture.directory.asked, []);
  const lax = await new SmtpFixture({ 'smtp.authWithoutTls': true }).connect({ kind: 'submission' });
  const [, fine] = await talk(lax, 'EHLO x\r\n', `AUTH PLAIN ${plain(login, 'secret')}\r\n`);
  assert.match(fine ?? '', /^235 /);
});

test('a session has a few attempts, then it is closed', async () => {
  const fixture = new SmtpFixture({ 'smtp.maxAuthFailures': 2 });
  const connection = await open(fixture);
  const attempt = `AUTH PLAIN ${plain(login, 'wrong')}\r\n`;
  const [first, second] = await talk(connection, attempt, attempt);
  assert.match(first ?? '', /^535 /);
  assert.match(second ?? '', /^421 4\.7\.0 /);
  await connection.ended;
  assert.equal(fixture.guard.failures.length, 2);
});

test('a banned address is told so and no source is asked', async () => {
  const fixture = new SmtpFixture();
  fixture.guard.banAfter = 1;
  const connection = await open(fixture);
  const [first] = await talk(connection, `AUTH PLAIN ${plain(login, 'wrong')}\r\n`);
  assert.match(first ?? '', /^421 4\.7\.0 /);
  await connection.ended;
  const [again] = await talk(await open(fixture), `AUTH PLAIN ${plain(login, 'secret')}\r\n`);
  assert.match(again ?? '', /^421 4\.7\.0 /);
  assert.equal(fixture.directory.asked.length, 1);
});

test('AUTH inside a transaction and before EHLO is out of order', async () => {
  const fixture = new SmtpFixture({ 'smtp.authOnReceivingPort': true });
  const connection = await fixture.connect({}, memoryTls);
  connection.take();
  const replies = await talk(
    connection,
    'AUTH PLAIN\r\n',
    'EHLO x\r\n',
    'MAIL FROM:<a@b.example>\r\n',
    'AUTH PLAIN\r\n',
  );
  assert.deepEqual(
    replies.map((reply) => reply.slice(0, 3)),
    ['503', '250', '250', '503'],
  );
});

test('the exchange gives the same replies byte by byte', async () => {
  const script = `AUTH LOGIN\r\n${base64(login)}\r\n${base64('secret')}\r\nNOOP\r\n`;
  const run = async (step: number) => {
    const connection = await open(new SmtpFixture());
    for (let at = 0; at < script.length; at += step) await connection.send(script.slice(at, at + step));
    return connection.take();
  };
  const whole = await run(script.length);
  assert.match(whole, /235 2\.7\.0 Logged in\r\n250 2\.0\.0 Ok\r\n$/);
  assert.equal(await run(1), whole);
});

test('EHLO announces what AUTH takes: mechanisms of the operator’s list that can work here', async () => {
  const list = async (
    settings: ConstructorParameters<typeof SmtpFixture>[0],
    tls = memoryTls,
  ): Promise<string | undefined> => {
    const connection = await new SmtpFixture(settings).connect({ kind: 'submission' }, tls);
    const [, ehlo = ''] = await talk(connection, '', 'EHLO x\r\n');
    return /AUTH ([^\r]*)/.exec(ehlo)?.[1];
  };
  assert.equal(await list({}), 'PLAIN LOGIN');
  assert.equal(await list({ 'auth.mechanisms': ['plain'] }), 'PLAIN');
  assert.equal(await list({ 'auth.mechanisms': [] }), undefined);
  const bound = { ...memoryTls, channelBinding: () => Buffer.from('x'), clientNames: () => [login] };
  assert.equal(
    await list({ 'auth.scram': 'always' }, bound),
    'PLAIN LOGIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS EXTERNAL',
  );
});

test('AUTH EXTERNAL: the name in the certificate logs in, another one does not', async () => {
  const fixture = new SmtpFixture();
  const tls = { ...memoryTls, clientNames: () => [login] };
  const connection = await fixture.connect({ kind: 'submission' }, tls);
  const [, other, own] = await talk(
    connection,
    'EHLO x\r\n',
    `AUTH EXTERNAL ${base64('bob@example.test')}\r\n`,
    'AUTH EXTERNAL =\r\n',
  );
  assert.match(other ?? '', /^535 /);
  assert.match(own ?? '', /^235 /);
});
