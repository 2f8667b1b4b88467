// Large messages: nothing is held whole, literals keep their size, decoded parts are streamed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Mailbox } from '../../src/store/mail-store.ts';
import { openRig } from '../fixture/imap-session.ts';
import { withMailboxes } from '../fixture/wrapped-store.ts';

const inlineBytes = 262_144;
type Read = Mailbox['read'];

/** A store whose mailboxes read through `read(original)`. */
const readingThrough = (wrap: (read: Read) => Read) =>
  withMailboxes((mailbox) => ({ read: wrap((...range) => mailbox.read(...range)) }));

/** Octets that differ everywhere, in lines of 78. */
function lettersOf(length: number): Buffer {
  const octets = Buffer.alloc(length);
  for (let i = 0; i < length; i++) octets[i] = 97 + ((i * 7 + (i >> 8)) % 26);
  for (let i = 76; i + 1 < length; i += 78) octets.write('\r\n', i, 'latin1');
  return octets;
}

const header = Buffer.from('From: a@example.test\r\nSubject: large\r\n\r\n');

test('large message: read in steps of at most 256 KiB and sent octet for octet', async () => {
  let largest = 0;
  const wrap = readingThrough((read) => (uid, start, end) => {
    largest = Math.max(largest, end - start);
    return read(uid, start, end);
  });
  const rig = await openRig({ wrap });
  try {
    const client = await rig.client();
    const message = Buffer.concat([header, lettersOf(5_000_001)]);
    await client.append('INBOX', message);
    await client.ok('SELECT INBOX');
    for (const item of ['BODY.PEEK[]', 'RFC822', 'BODY.PEEK[TEXT]', 'BODY.PEEK[1]']) {
      const items = (await client.fetch(`FETCH 1 ${item}`)).get(1)!;
      const [octets] = [...items.values()];
      const expected = /\[TEXT\]|\[1\]/.test(item) ? message.subarray(header.length) : message;
      assert.ok(expected.equals(octets as Buffer), item);
    }
    assert.ok(largest <= inlineBytes + 1, `read ${largest} octets at once`);
    assert.equal(
      (await client.fetch('FETCH 1 RFC822.SIZE')).get(1)?.get('RFC822.SIZE'),
      String(message.length),
    );
  } finally {
    await rig.close();
  }
});

test('I09: a phone that asks in steps of 393,216 octets gets the message and an empty last step', async () => {
  const rig = await openRig();
  try {
    const client = await rig.client();
    const step = 393_216;
    const message = Buffer.concat([header, lettersOf(2 * step - header.length)]);
    await client.append('INBOX', message);
    await client.ok('SELECT INBOX');
    const steps: Buffer[] = [];
    for (let origin = 0; origin <= message.length; origin += step) {
      const items = (await client.fetch(`UID FETCH 1 BODY.PEEK[]<${origin}.${step}>`)).get(1)!;
      steps.push(items.get(`BODY[]<${origin}>`) as Buffer);
    }
    assert.equal(steps.length, 3);
    assert.equal(steps[2]?.length, 0);
    assert.ok(message.equals(Buffer.concat(steps)));
  } finally {
    await rig.close();
  }
});

test('I10: a message that becomes shorter while it is sent closes the connection', async () => {
  let reads = 0;
  const wrap = readingThrough((read) => async (uid, start, end) => {
    const octets = await read(uid, start, end);
    return ++reads > 4 ? octets.subarray(0, 1000) : octets;
  });
  const rig = await openRig({ wrap });
  try {
    const { client, connection } = await rig.connect();
    await client.append('INBOX', Buffer.concat([header, lettersOf(2_000_000)]));
    await client.ok('SELECT INBOX');
    await assert.rejects(client.command('FETCH 1 BODY.PEEK[]'), /closed the connection/);
    assert.ok(connection.closed.aborted);
    const other = await rig.client();
    await other.ok('NOOP');
  } finally {
    await rig.close();
  }
});

test('I10: a small message that is shorter than the index says is sent with its true size', async () => {
  const wrap = readingThrough(
    (read) => async (uid, start, end) => (await read(uid, start, end)).subarray(0, 40),
  );
  const rig = await openRig({ wrap });
  try {
    const client = await rig.client();
    const message = Buffer.concat([header, lettersOf(5000)]);
    await client.append('INBOX', message);
    await client.ok('SELECT INBOX');
    const items = (await client.fetch('FETCH 1 BODY.PEEK[]')).get(1)!;
    assert.deepEqual(items.get('BODY[]'), message.subarray(0, 40));
    await client.ok('NOOP');
  } finally {
    await rig.close();
  }
});

/** A message with one part in `encoding`, whose encoded lines are `lines`. */
const encodedMessage = (encoding: string, encoded: string): Buffer =>
  Buffer.from(
    `Subject: x\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${encoded}`,
    'latin1',
  );

test('binary: large parts are decoded in slices, size and partials agree with the whole', async () => {
  const plain = Buffer.alloc(1_500_000);
  for (let i = 0; i < plain.length; i++) plain[i] = (i * 31 + (i >> 7)) & 0xff;
  const base64 = plain.toString('base64');
  let odd = '';
  // Lines whose length is no multiple of four, so that slices end inside groups.
  for (let at = 0, width = 1; at < base64.length; at += width, width = (width % 97) + 1) {
    odd += `${base64.slice(at, at + width)}\r\n`;
  }
  let quoted = '';
  for (let i = 0; i < plain.length; i++) {
    quoted += `=${plain[i]!.toString(16).toUpperCase().padStart(2, '0')}`;
    if (i % 24 === 23) quoted += '=\r\n';
  }
  const rig = await openRig();
  try {
    const client = await rig.client();
    for (const [encoding, encoded] of [
      ['base64', odd],
      ['quoted-printable', quoted],
    ] as const) {
      await client.append('Archive', encodedMessage(encoding, encoded));
    }
    await client.ok('SELECT Archive');
    for (const number of [1, 2]) {
      const items = (await client.fetch(`FETCH ${number} (BINARY.SIZE[1] BINARY.PEEK[1])`)).get(number)!;
      assert.equal(items.get('BINARY.SIZE[1]'), String(plain.length));
      assert.ok(plain.equals(items.get('BINARY[1]') as Buffer));
      for (const [origin, length] of [
        [0, 10],
        [700_001, 300_000],
        [plain.length - 5, 100],
        [plain.length, 5],
      ] as const) {
        const piece = (await client.fetch(`FETCH ${number} BINARY.PEEK[1]<${origin}.${length}>`)).get(
          number,
        )!;
        const expected = plain.subarray(origin, origin + length);
        assert.ok(expected.equals(piece.get(`BINARY[1]<${origin}>`) as Buffer), `${origin}.${length}`);
      }
    }
  } finally {
    await rig.close();
  }
});
