import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestServices } from './session-fixture.ts';

const tls = { protocol: 'TLSv1.3', cipher: 'test', serverName: undefined };

test('pipelined commands are answered in order', async () => {
  const client = await new TestServices().connect();
  client.take();
  const answer = await client.send('1 NOOP\r\n2 CAPABILITY\r\n3 NOOP\r\n4 LOGOUT\r\n5 NOOP\r\n');
  assert.deepEqual(
    answer.split('\r\n').map((line) => line.split(' ').slice(0, 2).join(' ')),
    ['1 OK', '* CAPABILITY', '2 OK', '3 OK', '* BYE', '4 OK', ''],
  );
  assert.equal(client.isClosed, true);
});

const badCommands = [
  'FROBNICATE',
  'SELECT INBOX',
  'NOOP extra',
  'NOOP ',
  'LOGIN',
  'LOGIN a',
  'LOGIN a  b',
  'LOGIN "a b',
  'UID',
  'UID LOGIN a b',
  '',
];
for (const text of badCommands) {
  test(`${JSON.stringify(text)} before log-in is BAD with a text, and the session goes on`, async () => {
    const client = await new TestServices().connect({ tls });
    client.take();
    assert.match(await client.command(text), /^T BAD [^[\s]\S*/);
    assert.match(await client.command('NOOP'), /^T OK \S/);
  });
}

for (const line of ['', ' ', '+ NOOP', '{b NOOP', '\0']) {
  test(`a line without a tag (${JSON.stringify(line)}) is answered untagged`, async () => {
    const client = await new TestServices().connect({ tls });
    client.take();
    assert.match(await client.send(`${line}\r\n`), /^\* BAD \S.*\r\n$/);
  });
}

test('I01: a literal too big before log-in is refused at once, nothing waits for it, the session goes on', async () => {
  const client = await new TestServices().connect({ tls });
  client.take();
  assert.match(await client.send('a1 LOGIN {400000000}\r\n'), /^a1 NO \[TOOBIG\] \S/);
  assert.match(await client.send('a2 LOGIN {9999999999}\r\n'), /^a2 NO \[TOOBIG\] \S/);
  assert.match(await client.send('a3 NOOP\r\n'), /^a3 OK/);
});

test('I01: the literal bound before log-in holds exactly', async () => {
  const services = new TestServices({ settings: { 'imap.maxLiteralBytesBeforeLogin': 128 } });
  const client = await services.connect({ tls });
  client.take();
  assert.match(await client.send('a LOGIN {129}\r\n'), /^a NO \[TOOBIG\]/);
  assert.match(await client.send('b LOGIN {128}\r\n'), /^\+ /);
});

for (const literal of ['{-1}', '{}', '{+10}', '{10++}', '{1a}']) {
  test(`I01, I02: ${literal} is BAD and the session survives`, async () => {
    const client = await new TestServices().connect({ tls });
    client.take();
    assert.match(await client.send(`a LOGIN ${literal}\r\n`), /^a BAD \S/);
    assert.match(await client.send('b NOOP\r\n'), /^b OK/);
  });
}

test('I17: octets of a refused non-synchronising literal are skipped, never run as a command', async () => {
  const client = await new TestServices().connect({ tls });
  client.take();
  const answer = await client.send('a FROB {10+}\r\nx LOGOUT\r\n {4+}\r\nabcd\r\nb NOOP\r\n');
  assert.deepEqual(
    answer.split('\r\n').map((line) => line.split(' ').slice(0, 2).join(' ')),
    ['a BAD', 'b OK', ''],
  );
});

test('I17: the literal is skipped after a line that cannot even be tokenised', async () => {
  const client = await new TestServices().connect({ tls });
  client.take();
  assert.match(await client.send('a LOGIN "x {10+}\r\nb LOGOUT\r\n\r\nc NOOP\r\n'), /^a BAD .*\r\nc OK /);
});

test('a refused non-synchronising literal above the discard bound ends the session with BYE', async () => {
  const client = await new TestServices().connect({ tls });
  client.take();
  assert.match(await client.send('a LOGIN {99999999+}\r\n'), /^\* BYE \S/);
  assert.equal(client.isClosed, true);
});

test('LITERAL-: more than 4096 octets without asking are BAD, exactly 4096 are taken', async () => {
  const settings = { 'imap.literalMinus': true, 'imap.maxLiteralBytesBeforeLogin': 10_000 };
  const client = await new TestServices({ settings }).connect({ tls });
  assert.match(client.take(), / LITERAL- /);
  assert.match(
    await client.send(`a LOGIN {4097+}\r\n${'x'.repeat(4097)} y\r\n`),
    /^a BAD \[TOOBIG\] \S.*\r\n$/,
  );
  assert.match(
    await client.send(`b LOGIN {4096+}\r\n${'x'.repeat(4096)} y\r\n`),
    /^b NO \[AUTHENTICATIONFAILED\]/,
  );
});

test('threat: a line above the bound ends the session with BYE without being collected', async () => {
  const client = await new TestServices().connect({ tls });
  client.take();
  assert.match(await client.send(`a NOOP ${'x'.repeat(60_000)}`), /^\* BYE \S/);
  assert.equal(client.isClosed, true);
});

test('threat: strangers that speak HTTP are cut after a few BADs', async () => {
  const client = await new TestServices().connect();
  client.take();
  const request = 'GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: 5\r\nF: 6\r\n\r\n';
  const answer = await client.send(request);
  assert.equal(answer.match(/ BAD /g)?.length, 5);
  assert.match(answer, /\* BYE Too many invalid commands\r\n$/);
});

test('a good command forgives earlier bad ones', async () => {
  const client = await new TestServices().connect();
  client.take();
  for (let i = 0; i < 20; i++) {
    await client.command('FROB');
    assert.match(await client.command('NOOP'), /^T OK/);
  }
});

test('log-in takes too long: BYE', async () => {
  const client = await new TestServices().connect();
  client.take();
  await client.connection.timeOut();
  assert.match(client.take(), /^\* BYE \S/);
  assert.equal(client.isClosed, true);
});

test('the log-in deadline counts from the greeting, whatever is sent meanwhile', async () => {
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const services = new TestServices({ clock, settings: { 'imap.loginTimeoutMs': 5000 } });
  const client = await services.connect();
  const waits: number[] = [];
  const { connection } = client;
  const read = connection.read.bind(connection);
  connection.read = (timeoutMs) => {
    waits.push(timeoutMs);
    return read(timeoutMs);
  };
  for (nowMs = 1000; nowMs <= 4000; nowMs += 1000) await client.command('NOOP');
  assert.deepEqual(waits, [4000, 3000, 2000, 1000]);
});

test('drain: BYE at the command boundary, at once when the session waits', async () => {
  const client = await new TestServices().connect();
  client.take();
  await client.connection.drain();
  assert.match(client.take(), /^\* BYE Server is shutting down/);
  assert.equal(client.isClosed, true);
});

test('a client that goes away inside a literal leaves nothing behind', async () => {
  const client = await new TestServices().connect({ tls });
  client.take();
  await client.send('a LOGIN {10}\r\n');
  await client.connection.send('abc');
  await client.connection.finish();
  await client.connection.ended;
  assert.equal(client.take(), '');
});

test('disabled capabilities are neither announced nor obeyed', async () => {
  const services = new TestServices({ settings: { 'imap.disabledCapabilities': ['ID', 'starttls'] } });
  const client = await services.connect();
  assert.doesNotMatch(client.take(), / ID | STARTTLS/);
  assert.match(await client.command('ID NIL'), /^T BAD/);
  assert.match(await client.command('STARTTLS'), /^T BAD/);
});

test('ID: answers a name and no version; limits of the RFC hold', async () => {
  const client = await new TestServices().connect();
  client.take();
  assert.match(await client.command('ID NIL'), /^\* ID \("name" "Tegu"\)\r\nT OK/);
  assert.match(await client.command('ID ("name" "Mutt" "version" NIL)'), /^\* ID .*\r\nT OK/);
  assert.match(await client.command('ID ()'), /^\* ID .*\r\nT OK/);
  assert.match(await client.command('ID ("name")'), /^T BAD/);
  assert.match(await client.command('ID ("a" "b" "A" "c")'), /^T BAD/);
  assert.match(await client.command(`ID ("a" "${'x'.repeat(1025)}")`), /^T BAD/);
});

test('I13: every status line has text after its code', async () => {
  const client = await new TestServices().connect();
  let all = client.take();
  for (const text of [
    'LOGIN a b',
    'LOGIN {999999}',
    'NOOP',
    'ID NIL',
    'CAPABILITY',
    'AUTHENTICATE X',
    'FROB',
    'LOGOUT',
  ]) {
    all += await client.command(text);
  }
  for (const line of all.split('\r\n')) {
    if (/^(\S+) (OK|NO|BAD|BYE)/.test(line))
      assert.match(line, /^\S+ (OK|NO|BAD|BYE) (\[[^\]]+\] )?[A-Z]\S*/);
  }
});

test('the dialogue is the same whole, octet by octet and split at every offset', async () => {
  const script = [
    'a NOOP\r\n',
    'b LOGIN {18}\r\nalice@example.test {5+}\r\nguess\r\n',
    'c FROB {12+}\r\nd LOGOUT\r\n\r\n "x" {3+}\r\nabc)\r\n',
    'e ID ("name" {4}\r\nMutt)\n',
    'f AUTHENTICATE LOGIN\r\n!\r\n',
    'g LOGIN {99999}\r\n',
    'h LOGOUT\r\n',
  ].join('');
  const dialogue = async (...chunks: readonly string[]): Promise<string> => {
    const client = await new TestServices().connect({ tls });
    for (const chunk of chunks) client.connection.push(chunk);
    await client.connection.finish();
    await client.connection.ended;
    return client.take();
  };
  const whole = await dialogue(script);
  assert.match(
    whole,
    /\r\nb NO .*\r\nc BAD .*\r\n\+ OK\r\n\* ID .*\r\ne OK .*\r\n\+ .*\r\nf BAD .*\r\ng NO \[TOOBIG\].*\r\n\* BYE .*\r\nh OK/,
  );
  assert.equal(await dialogue(...script), whole);
  for (let at = 1; at < script.length; at++) {
    assert.equal(await dialogue(script.slice(0, at), script.slice(at)), whole, `split at ${at}`);
  }
});
