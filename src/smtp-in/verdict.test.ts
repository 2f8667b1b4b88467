// What several outcomes of delivery become in the one reply, and what is added to a submission.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SmtpFixture, talk } from './fixture.ts';
import type { RecipientOutcome } from './recipient-sink.ts';

const delivered: RecipientOutcome = { kind: 'delivered' };
const full: RecipientOutcome = { kind: 'permanent', code: 'store.over_quota' };
const broken: RecipientOutcome = { kind: 'permanent', code: 'store.bad_mailbox_name' };
const later: RecipientOutcome = { kind: 'temporary', code: 'store.io' };

const cases: readonly (readonly [string, RecipientOutcome, RecipientOutcome, RegExp])[] = [
  ['both delivered', delivered, delivered, /^250 2\.0\.0 Ok, stored as /],
  ['S11: one over quota only at delivery', delivered, full, /^452 4\.2\.2 /],
  ['S11: one failed for now', later, delivered, /^451 4\.3\.0 Not stored for every recipient yet/],
  ['S11: one failed for good', delivered, broken, /^451 4\.3\.0 Not stored for every recipient yet/],
  ['both failed for now', later, later, /^451 4\.3\.0 Cannot store/],
  ['one for now, one for good', broken, later, /^451 4\.3\.0 Cannot store/],
  ['both over quota', full, full, /^552 5\.2\.2 /],
  ['both failed for good', broken, broken, /^554 5\.3\.0 /],
  ['one over quota, one failed for good', full, broken, /^554 5\.3\.0 /],
];
for (const [name, alice, bob, expected] of cases) {
  test(`${name}: ${expected.source.slice(1, 12)}`, async () => {
    const fixture = new SmtpFixture();
    fixture.sink.outcomes.set('alice@example.test', alice).set('bob@example.test', bob);
    const connection = await fixture.open();
    const replies = await talk(
      connection,
      'MAIL FROM:<a@b.example>\r\nRCPT TO:<alice@example.test>\r\nRCPT TO:<bob@example.test>\r\n',
      'DATA\r\n',
      'hi\r\n.\r\n',
      'NOOP\r\n',
    );
    assert.match(replies[2] ?? '', expected);
    assert.equal(replies[3], '250 2.0.0 Ok\r\n', 'exactly one reply');
  });
}

test('over quota of all is deferred where the operator says so', async () => {
  const fixture = new SmtpFixture({ 'smtp.overQuota': 'defer' });
  fixture.sink.outcomes.set('alice@example.test', full);
  const connection = await fixture.open();
  const [, , , reply] = await talk(
    connection,
    'MAIL FROM:<a@b.example>\r\n',
    'RCPT TO:<alice@example.test>\r\n',
    'DATA\r\n',
    'hi\r\n.\r\n',
  );
  assert.match(reply ?? '', /^452 4\.2\.2 /);
});

const date = 'Date: Wed, 25 Nov 2026 11:07:20 +0000\r\n';
const id = /^Message-ID: <[0-9a-z]{16}@mx\.example\.test>\r\n$/;
const submissions: readonly (readonly [string, string, boolean, boolean])[] = [
  ['neither', 'Subject: x\r\n\r\nhi\r\n', true, true],
  ['both', 'date: y\r\nMESSAGE-ID: <z>\r\n\r\nhi\r\n', false, false],
  ['Date only', 'Subject: x\r\nDate : y\r\n\r\nhi\r\n', false, true],
  ['the names only in the body', 'Subject: x\r\n\r\nDate: y\r\nMessage-ID: <z>\r\n', true, true],
  ['the names only in a folded field', 'Subject: x\r\n Date: y\r\n\tMessage-ID: <z>\r\n\r\n', true, true],
  ['no header at all', '\r\nDate: y\r\n', true, true],
  ['a header without end', 'Date: y\r\nMessage-ID: <z>\r\n', false, false],
];
for (const [name, text, addsDate, addsId] of submissions) {
  test(`submission with ${name}: what is missing is added, the message is not touched`, async () => {
    const fixture = new SmtpFixture();
    const connection = await fixture.submission();
    await talk(
      connection,
      'MAIL FROM:<alice@example.test>\r\n',
      'RCPT TO:<bob@example.test>\r\n',
      'DATA\r\n',
      `${text}.\r\n`,
    );
    const [taken] = fixture.sink.taken;
    assert.equal(taken?.octets.toString(), text);
    const added = taken?.message.addedFields ?? '';
    assert.equal(added.includes(date), addsDate);
    assert.equal(id.test(added.replace(date, '')), addsId);
    if (!addsDate && !addsId) assert.equal(added, '');
  });
}

test('nothing is added to mail from other servers, nor when the operator does not want it', async () => {
  const fixture = new SmtpFixture();
  const dialogue = ['MAIL FROM:<>\r\n', 'RCPT TO:<bob@example.test>\r\n', 'DATA\r\n', '\r\nhi\r\n.\r\n'];
  await talk(await fixture.open(), ...dialogue);
  assert.equal(fixture.sink.taken[0]?.message.addedFields, '');
  const off = new SmtpFixture({ 'smtp.addMissingFields': false });
  await talk(await off.submission(), ...dialogue);
  assert.equal(off.sink.taken[0]?.message.addedFields, '');
});

test('a submission of many chunks: the header is found wherever it is split', async () => {
  const text = `Subject: ${'x'.repeat(300)}\r\nMessage-ID: <z>\r\n\r\nDate: of the body\r\n`;
  for (let cut = 300; cut < text.length; cut++) {
    const fixture = new SmtpFixture();
    const connection = await fixture.submission();
    await talk(connection, 'MAIL FROM:<>\r\n', 'RCPT TO:<bob@example.test>\r\n', 'DATA\r\n');
    await talk(connection, text.slice(0, cut), `${text.slice(cut)}.\r\n`);
    assert.equal(fixture.sink.taken[0]?.message.addedFields, date, `cut at ${cut}`);
  }
});
