// Random dialogues out of command fragments and junk, from a fixed seed: nothing makes the session fail on our side, every
// reply is well-formed, and the replies do not depend on how the input was cut.

import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { plain, SmtpFixture } from './fixture.ts';

/** Marsaglia's xorshift: the same numbers everywhere. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const fragments = [
  ...[
    'EHLO c.example',
    'HELO c',
    'NOOP',
    'RSET',
    'HELP',
    'VRFY x',
    'EXPN x',
    'DATA',
    'QUITT',
    'AUTH PLAIN',
    'STARTTLS x',
  ],
  ...[
    'MAIL FROM:<a@b.example>',
    'MAIL FROM:<>',
    'MAIL FROM:<"q q"@b.example> BODY=BINARYMIME',
    'MAIL FROM:<a@b.example> SIZE=9',
  ],
  ...[
    'MAIL FROM:<п@b.example> SMTPUTF8',
    'MAIL FROM:<a@b.example',
    'RCPT TO:<alice@example.test>',
    'RCPT TO:<bob@example.test>',
  ],
  ...[
    'RCPT TO:<info@example.test> NOTIFY=NEVER',
    'RCPT TO:<nobody@example.test>',
    'RCPT TO:<x@y.example>',
    'RCPT TO:<postmaster>',
  ],
  ...[
    'BDAT 3',
    'BDAT 3 LAST',
    'BDAT 0 LAST',
    'BDAT 10 X',
    'BDAT 70000',
    '.',
    '..',
    '.x',
    'Subject: x',
    '',
    'abc',
    `AUTH PLAIN ${plain('a', 'b')}`,
  ],
];
const envelope = 'RSET\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<alice@example.test>\r\n';
fragments.push(
  `${envelope}DATA`,
  `${envelope}DATA\r\n\r\nhi\r\n.`,
  `${envelope}BDAT 5`,
  `${envelope}BDAT 2 LAST\r\nhi`,
);
const ends = ['\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r', '\r\n.\r\n', '\n.\n', '\0\r\n', ''];

function dialogue(pick: (below: number) => number): Buffer {
  const parts: Buffer[] = [Buffer.from('EHLO start.example\r\n')];
  for (let i = 0; i < 60; i++) {
    if (pick(20) === 0) parts.push(Buffer.from(Uint8Array.from({ length: pick(40) }, () => pick(256))));
    else if (pick(60) === 0) parts.push(Buffer.alloc(3000 + pick(20_000), 'x'));
    else parts.push(Buffer.from(`${fragments[pick(fragments.length)]}${ends[pick(ends.length)]}`));
  }
  return Buffer.concat(parts);
}

async function run(octets: Buffer, nextLength: () => number) {
  const fixture = new SmtpFixture({
    'smtp.maxErrors': 40,
    'smtp.maxMessageBytes': 65_536,
    'smtp.spoolMemoryBytes': 1000,
    'smtp.authOnReceivingPort': true,
    'smtp.authWithoutTls': true,
  });
  const connection = await fixture.connect();
  for (let at = 0; at < octets.length && !connection.closed.aborted; ) {
    const length = nextLength();
    await connection.send(octets.subarray(at, at + length));
    at += length;
  }
  if (!connection.closed.aborted) await connection.finish();
  await connection.ended.catch((error) => assert.equal(error.code, 'host.closed'));
  return {
    replies: connection.received,
    taken: fixture.sink.taken.map(({ from, to, octets: text }) => [from, ...to, text.toString('latin1')]),
    failures: fixture.events.filter(({ event }) => event === 'smtp.failure'),
    memory: fixture.spools.memoryInUse,
    files: await readdir(fixture.spoolDirectory),
  };
}

test('200 random dialogues: no failure of ours, well-formed replies, the same in any pieces, nothing left behind', async () => {
  let messages = 0;
  for (let seed = 1; seed <= 200; seed++) {
    const pick = randomNumbers(seed * 7919);
    const octets = dialogue(pick);
    const whole = await run(octets, () => octets.length);
    assert.deepEqual(whole.failures, [], `seed ${seed}`);
    assert.match(whole.replies, /^(\d{3}[ -][ -~]*\r\n)+$/, `seed ${seed}`);
    const pieces = await run(octets, () => 1 + pick(50));
    assert.deepEqual(pieces, whole, `seed ${seed}`);
    assert.equal(whole.memory, 0, `seed ${seed}`);
    assert.deepEqual(whole.files, [], `seed ${seed}`);
    messages += whole.taken.length;
  }
  assert.ok(messages > 20, `the dialogues reach the end of a message too seldom: ${messages}`);
});
