// BDAT: chunks in step with the stream whatever is wrong, one reply each.

import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { SmtpFixture, talk } from './fixture.ts';

async function openBdat(fixture: SmtpFixture, parameters = '') {
  const connection = await fixture.open();
  await talk(connection, `MAIL FROM:<a@b.example>${parameters}\r\n`, 'RCPT TO:<alice@example.test>\r\n');
  return connection;
}

const codes = (replies: string): string =>
  [...replies.matchAll(/^(\d{3})/gm)].map((match) => match[1]).join(' ');

const good: readonly (readonly [string, string, string, string])[] = [
  ['one chunk', 'BDAT 5 LAST\r\nhello', '250', 'hello'],
  ['S06: two chunks in one packet', 'BDAT 3\r\nabcBDAT 2 LAST\r\nde', '250 250', 'abcde'],
  ['bdat: last chunk of zero octets ends the message', 'BDAT 3\r\nabcBDAT 0 LAST\r\n', '250 250', 'abc'],
  ['an empty message', 'BDAT 0 LAST\r\n', '250', ''],
  ['empty chunk in the middle', 'BDAT 0\r\nBDAT 1\r\naBDAT 1 last\r\nb', '250 250 250', 'ab'],
  ['S05: dots are content', 'BDAT 12 LAST\r\n.\r\n..\r\n.x\r\n\r', '250', '.\r\n..\r\n.x\r\n\r'.slice(0, 12)],
  [
    'commands inside a chunk are content',
    'BDAT 12\r\nQUIT\r\nRSET\r\nBDAT 0 LAST\r\n',
    '250 250',
    'QUIT\r\nRSET\r\n',
  ],
  ['NOOP between chunks', 'BDAT 2\r\nabNOOP\r\nBDAT 1 LAST\r\nc', '250 250 250', 'abc'],
];
for (const [name, sent, expected, stored] of good) {
  test(`${name}; whole and byte by byte`, async () => {
    for (const step of [1000, 1]) {
      const fixture = new SmtpFixture();
      const connection = await openBdat(fixture, stored.endsWith('\r') ? ' BODY=BINARYMIME' : '');
      for (let at = 0; at < sent.length; at += step) await connection.send(sent.slice(at, at + step));
      assert.equal(codes(connection.take()), expected);
      assert.deepEqual(
        fixture.sink.taken.map(({ octets }) => octets.toString()),
        [stored],
      );
      assert.equal(fixture.spools.memoryInUse, 0);
    }
  });
}

const bad: readonly (readonly [string, string, string])[] = [
  ['S06: a bad tail: the octets are eaten, the session stays in step', 'BDAT 5 X\r\nQUIT\n', '501'],
  ['S06: a bare LF behind the command does not turn the chunk into commands', 'BDAT 6 LAST\nQUIT\r\n', '500'],
  [
    'S06: a line that is too long does not turn the chunk into commands',
    `BDAT 6 LAST${' '.repeat(9000)}\r\nQUIT\r\n`,
    '500',
  ],
  ['a chunk after a failed one', 'BDAT 5 X\r\nhelloBDAT 5 LAST\r\nQUIT\n', '501 503'],
  [
    'MAIL, RCPT and DATA in the middle',
    'BDAT 1\r\naMAIL FROM:<>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n',
    '250 503 503 503',
  ],
  ['RSET forgets the chunks', 'BDAT 1\r\naRSET\r\nBDAT 1 LAST\r\nb', '250 250 503'],
  ['S01: bare CR at the very end', 'BDAT 3 LAST\r\nab\r', '550'],
  ['S01: bare LF in text that is not BINARYMIME', 'BDAT 8 LAST\r\nab\n.\nc\r\n', '550'],
];
for (const [name, sent, expected] of bad) {
  test(name, async () => {
    for (const step of [1000, 1]) {
      const fixture = new SmtpFixture();
      const connection = await openBdat(fixture);
      for (let at = 0; at < sent.length; at += step) await connection.send(sent.slice(at, at + step));
      assert.equal(codes(connection.take()), expected);
      assert.equal(fixture.sink.taken.length, 0);
      assert.deepEqual(await talk(connection, 'NOOP\r\n'), ['250 2.0.0 Ok\r\n']);
    }
  });
}

test('S08: BDAT behind refused recipients eats its octets: 554; without a transaction: 503', async () => {
  const connection = await new SmtpFixture().open();
  const [reply] = await talk(
    connection,
    'MAIL FROM:<a@b.example>\r\nRCPT TO:<no@example.test>\r\nBDAT 6 LAST\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n',
  );
  assert.equal(codes(reply ?? ''), '250 550 554 503 250');
});

test('a size that cannot be read loses the place: 501 and the end', async () => {
  const connection = await openBdat(new SmtpFixture());
  const [reply] = await talk(connection, 'BDAT many LAST\r\nQUIT\r\n');
  assert.equal(reply, '501 5.5.4 BDAT needs a size, closing the connection\r\n');
  await connection.ended;
});

test('BINARYMIME: all 256 octets pass unchanged', async () => {
  const fixture = new SmtpFixture();
  const connection = await openBdat(fixture, ' BODY=BINARYMIME');
  const octets = Buffer.from(Uint8Array.from({ length: 512 }, (_, i) => i & 255));
  const [reply] = await talk(connection, Buffer.concat([Buffer.from('BDAT 512 LAST\r\n'), octets]));
  assert.match(reply ?? '', /^250 /);
  assert.deepEqual(fixture.sink.taken[0]?.octets, octets);
});

test('a loop is found in chunks too, also when a chunk ends inside the field name', async () => {
  const fixture = new SmtpFixture();
  const connection = await openBdat(fixture);
  const header = 'Received: by x\r\n'.repeat(100);
  for (let at = 0; at < header.length; at += 100)
    await talk(connection, `BDAT 100\r\n${header.slice(at, at + 100)}`);
  const [reply] = await talk(connection, 'BDAT 2 LAST\r\n\r\n');
  assert.match(reply ?? '', /^554 5\.4\.6 /);
});

test('size: the chunk that would exceed the limit is refused and eaten; the limit itself passes', async () => {
  const limit = 65_536;
  const fixture = new SmtpFixture({ 'smtp.maxMessageBytes': limit, 'smtp.spoolMemoryBytes': 100 });
  const chunk = `${'x'.repeat(limit / 2 - 2)}\r\n`;
  const fits = await openBdat(fixture);
  const [first, second] = await talk(
    fits,
    `BDAT ${limit / 2}\r\n${chunk}`,
    `BDAT ${limit / 2} LAST\r\n${chunk}`,
  );
  assert.equal(codes(`${first}${second}`), '250 250');
  const exceeds = await openBdat(fixture);
  const [one, two, three] = await talk(
    exceeds,
    `BDAT ${limit / 2}\r\n${chunk}`,
    `BDAT ${limit / 2 + 1}\r\n${chunk}x`,
    'BDAT 1 LAST\r\nx',
  );
  assert.equal(codes(`${one}${two}${three}`), '250 552 503');
  assert.match(two ?? '', /^552 5\.3\.4 /);
  assert.deepEqual(await readdir(fixture.spoolDirectory), []);
});

test('size: a chunk beyond twice the limit is not waited for', async () => {
  const fixture = new SmtpFixture({ 'smtp.maxMessageBytes': 65_536 });
  const connection = await openBdat(fixture);
  const [reply] = await talk(connection, 'BDAT 999999999999999 LAST\r\n');
  assert.match(reply ?? '', /^552 5\.3\.4 /);
  await connection.ended;
});

test('a peer that vanishes between chunks leaves no file', async () => {
  const fixture = new SmtpFixture({ 'smtp.spoolMemoryBytes': 3 });
  const connection = await openBdat(fixture);
  await talk(connection, 'BDAT 10\r\n0123456789');
  assert.equal((await readdir(fixture.spoolDirectory)).length, 1);
  await connection.finish();
  await connection.ended;
  assert.deepEqual(await readdir(fixture.spoolDirectory), []);
});

test('S04: a message that delivery refuses gets one reply, the refusal', async () => {
  const fixture = new SmtpFixture();
  fixture.sink.outcomes.set('alice@example.test', { kind: 'permanent', code: 'filter.refused' });
  const connection = await openBdat(fixture);
  assert.deepEqual(await talk(connection, 'BDAT 5 LAST\r\nhello', 'NOOP\r\n'), [
    '554 5.3.0 The message cannot be stored\r\n',
    '250 2.0.0 Ok\r\n',
  ]);
});

test('a chunk that cannot be kept is refused at once, and the rest of the message with it', async () => {
  const fixture = new SmtpFixture({ 'smtp.spoolMemoryBytes': 0 });
  Object.assign(fixture.spools, { directory: '/dev/null/spool' });
  const connection = await openBdat(fixture);
  const [first, second] = await talk(connection, 'BDAT 5\r\nhello', 'BDAT 5 LAST\r\nworld');
  assert.match(first ?? '', /^452 4\.3\.1 /);
  assert.match(second ?? '', /^503 5\.5\.1 /);
});
