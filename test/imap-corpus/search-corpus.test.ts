// SORT, THREAD and SEARCH over real mail: the same answers as Dovecot's.
//
// Compared is every fifth message of the public spam and ham corpus. Left out of the orders that go by text: encoded words with
// language tags, which Dovecot does not decode; raw Chinese, of which both guess the charset; and two Subject fields, of which
// Dovecot sorts by the first and shows the last, while we go by the one that is shown. SORT by display name is not compared: of
// a name that is a blank Dovecot sorts the blank, we the address.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDateTime } from '../../src/proto/imap/date.ts';
import { dovecotMissing, startDovecot } from '../fixture/dovecot.ts';
import { ImapClient } from '../fixture/imap-client.ts';
import { openRig } from '../fixture/imap-session.ts';
import { type CorpusMessage, openCorpus } from './corpus.ts';

const everyNth = 5;
const maxMessages = 1200;
const appendBatch = 50;
const apart = /nice\/unicode1|nice\/cjk\/|dkim\/test-pass-08/;

/** A minute between the arrivals, so that both servers have the same dates. */
const arrivalOf = (at: number): string => formatDateTime(1_600_000_000_000 + at * 60_000);

async function upload(client: ImapClient, messages: readonly CorpusMessage[]): Promise<void> {
  await client.ok('CREATE Corpus');
  for (let from = 0; from < messages.length; from += appendBatch) {
    const pieces: Buffer[] = [Buffer.from('APPEND Corpus')];
    for (const [at, { octets }] of messages.slice(from, from + appendBatch).entries()) {
      pieces.push(Buffer.from(` "${arrivalOf(from + at)}" {${octets.length}+}\r\n`), octets);
    }
    await client.ok(Buffer.concat(pieces));
  }
  await client.ok('EXAMINE Corpus');
}

/** The one SORT, THREAD or SEARCH answer. */
async function ask(client: ImapClient, command: string): Promise<string> {
  const answers = (await client.ok(command)).untagged.map(({ raw }) => raw);
  return answers.filter((raw) => /^\* (?:SORT|THREAD|SEARCH)/.test(raw)).join('\n');
}

const identical = [
  ...['ARRIVAL', 'REVERSE ARRIVAL', 'SIZE', 'DATE', 'REVERSE DATE', 'FROM', 'CC', 'REVERSE SIZE FROM'].map(
    (criteria) => `SORT (${criteria}) UTF-8 ALL`,
  ),
  ...['REFERENCES', 'ORDEREDSUBJECT', 'REFS'].map((algorithm) => `THREAD ${algorithm} UTF-8 ALL`),
  'SEARCH SUBJECT linux',
  'SEARCH FROM example',
  'SEARCH TO spamassassin',
  'SEARCH HEADER Message-ID @',
  'SEARCH SENTSINCE 1-Sep-2002',
  'SEARCH LARGER 5000 NOT SUBJECT re',
];
/** Dovecot does not look into the tags of HTML and not across line ends: what it finds we find, and a little more. */
const contained = [
  'SEARCH TEXT viagra',
  'SEARCH BODY unsubscribe',
  'SEARCH BODY "click here"',
  'SEARCH TEXT "free"',
];
const byText = ['SORT (SUBJECT) UTF-8 ALL', 'SORT (REVERSE SUBJECT DATE) UTF-8 ALL', 'SORT (TO) UTF-8 ALL'];

test('corpus: SORT, THREAD and SEARCH answer as Dovecot does', async () => {
  const corpus = await openCorpus();
  if (corpus === undefined) {
    console.log('not run: the shared corpora are not beside the repository');
    return;
  }
  assert.equal(dovecotMissing(), undefined);
  const real = corpus.messages.filter(({ name }) => name.includes('spamassassin'));
  const messages = real.filter((_, at) => at % everyNth === 0).slice(0, maxMessages);
  const leftOut = new Set(messages.flatMap(({ name }, at) => (apart.test(name) ? [String(at + 1)] : [])));
  const rig = await openRig();
  const dovecot = await startDovecot();
  try {
    const ours = await rig.client();
    const theirs = await ImapClient.connect(dovecot.imapPort);
    await theirs.ok('LOGIN alice@example.test pass');
    await upload(ours, messages);
    await upload(theirs, messages);
    for (const command of identical)
      assert.equal(await ask(ours, command), await ask(theirs, command), command);
    for (const command of contained) {
      const left = new Set((await ask(ours, command)).split(' '));
      const right = (await ask(theirs, command)).split(' ');
      assert.deepEqual(
        right.filter((number) => !left.has(number)),
        [],
        command,
      );
      assert.ok(left.size < right.length * 1.2, `${command}: ${left.size} and ${right.length}`);
    }
    for (const command of byText) {
      const [left, right] = [await ask(ours, command), await ask(theirs, command)].map((answer) =>
        answer.split(' ').filter((number) => !leftOut.has(number)),
      );
      assert.deepEqual(left, right, command);
    }
    theirs.close();
  } finally {
    await dovecot.remove();
    await rig.close();
  }
});
