// Authorization state: CAPA, STLS, USER/PASS, AUTH, and that nothing tells who exists.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ScramClient } from '../directory/sasl/fixture.ts';
import { makeScramVerifier } from '../directory/sasl/scram-keys.ts';
import { memoryTls } from '../host/memory-connection.ts';
import type { ParameterName } from '../settings/schema/index.ts';
import { alice, Pop3Fixture, talk } from './fixture.ts';
import { openTestStore } from './store-fixture.test.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

async function withFixture(
  run: (fixture: Pop3Fixture) => Promise<void>,
  settings: Partial<Record<ParameterName, unknown>> = {},
): Promise<void> {
  const fixture = await Pop3Fixture.open({ openStore: openTestStore, settings });
  try {
    await run(fixture);
  } finally {
    await fixture.close();
  }
}

let shared: Pop3Fixture;
before(async () => {
  shared = await Pop3Fixture.open({ openStore: openTestStore });
});
after(() => shared.close());

test('the greeting has no time stamp: APOP is not offered', async () => {
  const connection = await shared.connect();
  assert.equal(connection.take(), '+OK Tegu ready\r\n');
  assert.match((await talk(connection, 'APOP alice 00'))[0] ?? '', /^-ERR Unknown command\r\n$/);
});

test('CAPA: what is offered in clear, under TLS, and with passwords switched off', async () => {
  await withFixture(
    async (fixture) => {
      const clear = await fixture.connect();
      clear.take();
      const [plain] = await talk(clear, 'CAPA');
      assert.equal(
        plain,
        '+OK Capabilities follow\r\nTOP\r\nUIDL\r\nSTLS\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\nEXPIRE NEVER\r\nIMPLEMENTATION Tegu\r\n.\r\n',
      );
      const secure = await fixture.connect(memoryTls);
      secure.take();
      const [tls = ''] = await talk(secure, 'capa');
      assert.match(tls, /\r\nUSER\r\nSASL PLAIN LOGIN\r\n/);
      assert.doesNotMatch(tls, /STLS/);
    },
    { 'pop3.plaintextAuth': false },
  );
  await withFixture(
    async (fixture) => {
      const connection = await fixture.connect(memoryTls);
      connection.take();
      const [capa = '', user = ''] = await talk(connection, 'CAPA', `USER ${alice}`);
      assert.doesNotMatch(capa, /\r\nUSER\r\n/);
      assert.match(capa, /\r\nSASL SCRAM-SHA-256\r\n/);
      assert.match(user, /^-ERR Passwords are not taken here/);
    },
    { 'auth.mechanisms': ['SCRAM-SHA-256'], 'auth.scram': 'always' },
  );
});

test('in clear no password is asked for, and nobody is asked about it', async () => {
  await withFixture(
    async (fixture) => {
      const connection = await fixture.connect();
      connection.take();
      const replies = await talk(
        connection,
        `USER ${alice}`,
        'PASS secret',
        `AUTH PLAIN ${base64(`\0${alice}\0secret`)}`,
      );
      for (const reply of replies) assert.match(reply, /^-ERR Use TLS/);
      assert.deepEqual(fixture.directory.asked, []);
    },
    { 'pop3.plaintextAuth': false },
  );
});

test('S07: commands pipelined behind STLS in clear are never run', async () => {
  const connection = await shared.connect();
  connection.take();
  await connection.send(`STLS\r\nUSER ${alice}\r\nPASS secret\r\nSTAT\r\n`);
  assert.equal(connection.take(), '+OK Begin TLS\r\n');
  assert.deepEqual(await talk(connection, 'STAT', 'PASS secret', 'STLS'), [
    '-ERR Log in first\r\n',
    '-ERR Send USER first\r\n',
    '-ERR TLS is active already\r\n',
  ]);
});

test('USER and PASS: any user is asked for the password; the rest of PASS is the password, spaces too', async () => {
  const connection = await shared.connect(memoryTls);
  connection.take();
  const [known, wrong, unknown, refused] = await talk(
    connection,
    `USER ${alice}`,
    'PASS  secret',
    'USER nobody',
    'PASS secret',
  );
  assert.equal(unknown, known);
  assert.equal(wrong, '-ERR [AUTH] Wrong user name or password\r\n');
  assert.equal(refused, wrong);
});

test('D02: an empty password is refused before any source is asked', async () => {
  await withFixture(async (fixture) => {
    const connection = await fixture.connect(memoryTls);
    connection.take();
    const replies = await talk(connection, `USER ${alice}`, 'PASS', `USER ${alice}`, 'PASS ');
    assert.match(replies[1] ?? '', /^-ERR \[AUTH\]/);
    assert.match(replies[3] ?? '', /^-ERR \[AUTH\]/);
    assert.deepEqual(fixture.directory.asked, []);
  });
});

test('a password with NUL or broken UTF-8 is no line', async () => {
  const connection = await shared.connect(memoryTls);
  connection.take();
  await connection.send(`USER ${alice}\r\nPASS sec\0ret\r\n`);
  await connection.send(Buffer.from([...Buffer.from('PASS '), 0xff, 13, 10]));
  assert.match(
    connection.take(),
    /^\+OK Send PASS\r\n-ERR Line contains NUL[^\r]*\r\n-ERR Line contains NUL/,
  );
});

test('a session has a few attempts, a banned address none', async () => {
  await withFixture(
    async (fixture) => {
      const connection = await fixture.connect(memoryTls);
      connection.take();
      const replies = await talk(connection, `USER ${alice}`, 'PASS a', `USER ${alice}`, 'PASS b');
      assert.match(replies[3] ?? '', /^-ERR \[AUTH\] Too many failed log-ins/);
      assert.equal(connection.closed.aborted, true);
      assert.equal(fixture.guard.failures, 2);
      fixture.guard.banned = true;
      const banned = await fixture.connect(memoryTls);
      assert.match(banned.take(), /^-ERR Too many failed log-ins/);
      assert.equal(banned.closed.aborted, true);
    },
    { 'pop3.maxAuthFailures': 2 },
  );
});

test('a dead directory is [SYS/TEMP], so that clients keep the password', async () => {
  await withFixture(async (fixture) => {
    fixture.directory.broken.add('alice');
    const connection = await fixture.connect(memoryTls);
    connection.take();
    const [, reply] = await talk(connection, `USER ${alice}`, 'PASS secret');
    assert.equal(reply, '-ERR [SYS/TEMP] Temporary failure, try again later\r\n');
    assert.equal(fixture.guard.failures, 0);
  });
});

test('AUTH: initial response, challenge, cancel, broken base64, unknown mechanism, the list', async () => {
  const connection = await shared.connect(memoryTls);
  connection.take();
  const replies = await talk(
    connection,
    'AUTH',
    'AUTH PLAIN',
    '*',
    'AUTH PLAIN',
    '!!!',
    'AUTH PLAIN =',
    'AUTH CRAM-MD5',
    'AUTH PLAIN a b',
    'AUTH LOGIN',
    base64(alice),
    base64('secret'),
    'AUTH PLAIN',
  );
  assert.deepEqual(replies, [
    '+OK Mechanisms follow\r\nPLAIN\r\nLOGIN\r\n.\r\n',
    '+ \r\n',
    '-ERR Log-in cancelled\r\n',
    '+ \r\n',
    '-ERR Cannot decode base64\r\n',
    '-ERR Malformed PLAIN message\r\n',
    '-ERR This mechanism is not offered\r\n',
    '-ERR Expected AUTH mechanism [response]\r\n',
    `+ ${base64('Username:')}\r\n`,
    `+ ${base64('Password:')}\r\n`,
    '+OK Maildrop has 0 messages (0 octets)\r\n',
    '-ERR You are logged in already\r\n',
  ]);
});

test('AUTH SCRAM-SHA-256 with an initial response', async () => {
  await withFixture(
    async (fixture) => {
      const verifier = await makeScramVerifier('pencil', 4096);
      assert.ok(verifier !== undefined);
      fixture.directory.verifiers.set(alice, verifier);
      const client = new ScramClient({ login: alice, password: 'pencil' });
      const connection = await fixture.connect(memoryTls);
      connection.take();
      const decode = (reply: string | undefined): string =>
        Buffer.from(reply?.slice(2) ?? '', 'base64').toString();
      const [first] = await talk(connection, `AUTH SCRAM-SHA-256 ${base64(client.first())}`);
      const [final] = await talk(connection, base64(await client.final(decode(first))));
      client.last(decode(final));
      assert.equal(client.verified, true);
      assert.match((await talk(connection, ''))[0] ?? '', /^\+OK Maildrop has 0/);
    },
    { 'auth.scram': 'always' },
  );
});

test('too many errors in a row end the session; a browser learns nothing', async () => {
  await withFixture(
    async (fixture) => {
      const connection = await fixture.connect();
      await connection.send('POST / HTTP/1.1\r\nHost: x\r\n\r\nUSER a\r\n');
      assert.match(
        connection.take(),
        /(-ERR Unknown command\r\n){3}-ERR Too many errors, closing the connection\r\n$/,
      );
      assert.equal(connection.closed.aborted, true);
    },
    { 'pop3.maxErrors': 3 },
  );
});

test('a line at the bound is taken, one octet more is refused, a line without end closes', async () => {
  await withFixture(
    async (fixture) => {
      const connection = await fixture.connect();
      connection.take();
      const fits = `USER ${'x'.repeat(507)}`;
      assert.match((await talk(connection, fits))[0] ?? '', /^\+OK/);
      assert.equal((await talk(connection, `${fits}x`))[0], '-ERR Line too long\r\n');
      for (const octet of `${fits}x\r\n`) connection.push(octet);
      await connection.idle();
      assert.equal(connection.take(), '-ERR Line too long\r\n');
      assert.match((await talk(connection, 'CAPA'))[0] ?? '', /^\+OK/);
      for (let i = 0; i < 40; i++) await connection.send('x'.repeat(32_768));
      assert.equal(connection.take(), '-ERR This is not POP3, closing the connection\r\n');
      assert.equal(connection.closed.aborted, true);
    },
    { 'pop3.maxLineBytes': 512 },
  );
});

test('a client that never logs in is closed without a word', async () => {
  const connection = await shared.connect();
  connection.take();
  await connection.timeOut();
  assert.equal(connection.take(), '');
  assert.equal(connection.closed.aborted, true);
});
