import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ScramClient } from '../directory/sasl/fixture.ts';
import { TestServices } from './session-fixture.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const tls = { protocol: 'TLSv1.3', cipher: 'test', serverName: undefined };

test('greeting: OK with the capabilities as a code and text after it', async () => {
  const client = await new TestServices().connect();
  assert.match(client.take(), /^\* OK \[CAPABILITY IMAP4rev1 [^\]]*\] \S.*\r\n$/);
});

test('I14: a banned address is greeted with BYE, never with NO', async () => {
  const services = new TestServices();
  services.guard.banned = true;
  const client = await services.connect();
  assert.match(client.take(), /^\* BYE \S.*\r\n$/);
  assert.equal(client.isClosed, true);
});

test('without TLS: LOGINDISABLED and STARTTLS are shown, LOGIN and AUTHENTICATE refused before anybody is asked', async () => {
  const services = new TestServices();
  const client = await services.connect();
  const greeting = client.take();
  assert.match(greeting, / STARTTLS .*LOGINDISABLED/);
  assert.doesNotMatch(greeting, /AUTH=/);
  assert.match(await client.command('LOGIN alice@example.test secret'), /^T NO \[PRIVACYREQUIRED\] /);
  assert.match(await client.command('AUTHENTICATE PLAIN'), /^T NO \[PRIVACYREQUIRED\] /);
  assert.deepEqual(services.directory.asked, []);
});

test('imap.plaintextAuth allows passwords without TLS', async () => {
  const services = new TestServices({ settings: { 'imap.plaintextAuth': true } });
  const client = await services.connect();
  assert.match(client.take(), / AUTH=PLAIN AUTH=LOGIN/);
  await client.command('LOGIN alice@example.test secret');
  assert.deepEqual(services.directory.asked, ['alice@example.test']);
});

test('wrong password and unknown user get the same answer and are counted', async () => {
  const services = new TestServices();
  const client = await services.connect({ tls });
  client.take();
  const wrong = await client.command('LOGIN alice@example.test guess');
  const unknown = await client.command('LOGIN nobody@example.test guess');
  assert.match(wrong, /^T NO \[AUTHENTICATIONFAILED\] \S/);
  assert.equal(unknown, wrong);
  assert.equal(services.guard.failures, 2);
});

test('an address that is banned by its last failure hears BYE', async () => {
  const services = new TestServices();
  services.guard.banAfter = 2;
  const client = await services.connect({ tls });
  client.take();
  await client.command('LOGIN alice@example.test a');
  assert.match(await client.command('LOGIN alice@example.test b'), /^\* BYE \S/);
  assert.equal(client.isClosed, true);
});

test('a dead directory is a temporary failure, not a wrong password', async () => {
  const services = new TestServices();
  services.directory.isDown = true;
  const client = await services.connect({ tls });
  client.take();
  assert.match(await client.command('LOGIN alice@example.test secret'), /^T NO \[UNAVAILABLE\] /);
  assert.equal(services.guard.failures, 0);
});

const emptyOrNul: readonly (readonly [string, string])[] = [
  ['LOGIN alice@example.test ""', 'NO [AUTHENTICATIONFAILED]'],
  ['LOGIN "" secret', 'NO [AUTHENTICATIONFAILED]'],
  [`AUTHENTICATE PLAIN ${base64('\0alice@example.test\0')}`, 'NO [AUTHENTICATIONFAILED]'],
  [`AUTHENTICATE PLAIN ${base64('\0alice@example.test\0sec\0ret')}`, 'BAD'],
  ['AUTHENTICATE PLAIN =', 'BAD'],
];
for (const [command, answer] of emptyOrNul) {
  test(`D02: ${JSON.stringify(command)} is refused before any source is asked`, async () => {
    const services = new TestServices();
    const client = await services.connect({ tls });
    client.take();
    assert.ok((await client.command(command)).startsWith(`T ${answer}`));
    assert.deepEqual(services.directory.asked, []);
  });
}

test('AUTHENTICATE PLAIN: with initial response, with an empty challenge, cancelled, broken base64', async () => {
  const services = new TestServices();
  const client = await services.connect({ tls });
  client.take();
  const wrong = base64('\0alice@example.test\0guess');
  assert.match(await client.command(`AUTHENTICATE plain ${wrong}`), /^T NO \[AUTHENTICATIONFAILED\]/);
  assert.equal(await client.command('AUTHENTICATE PLAIN'), '+ \r\n');
  assert.match(await client.send(`${wrong}\r\n`), /^t2 NO \[AUTHENTICATIONFAILED\]/);
  assert.equal(await client.command('AUTHENTICATE PLAIN'), '+ \r\n');
  assert.match(await client.send('*\r\n'), /^t3 BAD \S/);
  assert.equal(await client.command('AUTHENTICATE PLAIN'), '+ \r\n');
  assert.match(await client.send('!!!\r\n'), /^t4 BAD \S/);
});

test('AUTHENTICATE PLAIN: acting for another user is refused, once it is clear who asks', async () => {
  const services = new TestServices();
  const client = await services.connect({ tls });
  client.take();
  const answer = await client.command(`AUTHENTICATE PLAIN ${base64('bob\0alice@example.test\0secret')}`);
  assert.match(answer, /^T NO \[AUTHORIZATIONFAILED\]/);
  assert.deepEqual(services.directory.asked, ['alice@example.test']);
  const guess = await client.command(`AUTHENTICATE PLAIN ${base64('bob\0alice@example.test\0guess')}`);
  assert.match(guess, /^T NO \[AUTHENTICATIONFAILED\]/);
});

test('AUTHENTICATE LOGIN: asks for name and password in turn', async () => {
  const services = new TestServices();
  const client = await services.connect({ tls });
  client.take();
  assert.equal(await client.command('AUTHENTICATE LOGIN'), `+ ${base64('Username:')}\r\n`);
  assert.equal(await client.send(`${base64('alice@example.test')}\r\n`), `+ ${base64('Password:')}\r\n`);
  assert.match(await client.send(`${base64('guess')}\r\n`), /^t1 NO \[AUTHENTICATIONFAILED\]/);
  assert.deepEqual(services.directory.asked, ['alice@example.test']);
});

test('AUTHENTICATE: unknown and switched-off mechanisms are refused', async () => {
  const services = new TestServices({ settings: { 'imap.disabledCapabilities': ['auth=login'] } });
  const client = await services.connect({ tls });
  assert.doesNotMatch(client.take(), /AUTH=LOGIN/);
  assert.match(await client.command('AUTHENTICATE LOGIN'), /^T NO \[CANNOT\]/);
  assert.match(await client.command('AUTHENTICATE CRAM-MD5'), /^T NO \[CANNOT\]/);
});

test('S07: commands pipelined behind STARTTLS in clear are never run', async () => {
  const services = new TestServices();
  const client = await services.connect();
  client.take();
  const answer = await client.send('a STARTTLS\r\nb LOGIN alice@example.test secret\r\nc NOOP\r\n');
  assert.match(answer, /^a OK \S.*\r\n$/);
  assert.deepEqual(services.directory.asked, []);
  const after = await client.command('CAPABILITY');
  assert.match(after, /^\* CAPABILITY (?!.*STARTTLS).*AUTH=PLAIN/);
  assert.match(await client.command('STARTTLS'), /^T NO \S/);
});

test('I02: non-synchronising literals in LOGIN work once LITERAL+ is offered', async () => {
  const services = new TestServices();
  const client = await services.connect({ tls });
  assert.match(client.take(), / LITERAL\+ /);
  const answer = await client.send('a LOGIN {18+}\r\nalice@example.test {5+}\r\nguess\r\n');
  assert.match(answer, /^a NO \[AUTHENTICATIONFAILED\]/);
  assert.deepEqual(services.directory.asked, ['alice@example.test']);
});

test('LOGIN with synchronising literals asks for each of them', async () => {
  const services = new TestServices();
  const client = await services.connect({ tls });
  client.take();
  assert.match(await client.send('a LOGIN {18}\r\n'), /^\+ \S.*\r\n$/);
  assert.match(await client.send('alice@example.test {5}\r\n'), /^\+ \S.*\r\n$/);
  assert.match(await client.send('guess\r\n'), /^a NO \[AUTHENTICATIONFAILED\]/);
});

test('log-in failure of the store closes nothing and says UNAVAILABLE', async () => {
  const client = await new TestServices().connect({ tls });
  client.take();
  assert.match(await client.command('LOGIN alice@example.test secret'), /^T NO \[UNAVAILABLE\]/);
  assert.match(await client.command('NOOP'), /^T OK/);
});

test('AUTH= rows and LOGINDISABLED follow auth.mechanisms, and what is not announced is not taken', async () => {
  const services = new TestServices({
    settings: { 'auth.mechanisms': ['SCRAM-SHA-256'], 'auth.scram': 'always' },
  });
  const client = await services.connect({ tls });
  const greeting = client.take();
  assert.match(greeting, / LOGINDISABLED AUTH=SCRAM-SHA-256[ \]]/);
  assert.doesNotMatch(greeting, /AUTH=PLAIN|AUTH=OAUTHBEARER|AUTH=EXTERNAL|PLUS/);
  assert.match(await client.command('LOGIN alice@example.test secret'), /^T NO \[CANNOT\] /);
  assert.match(await client.command('AUTHENTICATE PLAIN'), /^T NO \[CANNOT\] /);
  assert.deepEqual(services.directory.asked, []);
});

test('AUTHENTICATE SCRAM-SHA-256: nobody learns who has no verifier, and PLUS is offered where TLS can bind', async () => {
  const services = new TestServices({ settings: { 'auth.scram': 'always' } });
  const bound = { ...tls, channelBinding: () => Buffer.from('key material') };
  const client = await services.connect({ tls: bound });
  assert.match(client.take(), / AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-256-PLUS[ \]]/);
  const answers: string[] = [];
  for (const name of ['alice@example.test', 'nobody@example.test']) {
    const scram = new ScramClient({
      login: name,
      password: 'secret',
      flag: 'p=tls-exporter',
      bindingData: 'key material',
    });
    const challenge = await client.command(`AUTHENTICATE SCRAM-SHA-256-PLUS ${base64(scram.first())}`);
    const serverFirst = Buffer.from(challenge.slice(2), 'base64').toString();
    answers.push((await client.send(`${base64(await scram.final(serverFirst))}\r\n`)).replace(/^t\d/, 'T'));
  }
  assert.match(answers[0] ?? '', /^T NO \[AUTHENTICATIONFAILED\]/);
  assert.equal(answers[1], answers[0]);
  assert.equal(services.guard.failures, 2);
});
