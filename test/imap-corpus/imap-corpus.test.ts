// Every message of the shared corpora goes in by APPEND and out by FETCH: octets, ENVELOPE, BODYSTRUCTURE and every section,
// checked for consistency and compared with what Dovecot says about the same message. See tolerated.ts for what may differ.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Dovecot, dovecotMissing, startDovecot } from '../fixture/dovecot.ts';
import { ImapClient } from '../fixture/imap-client.ts';
import { type ImapRig, openRig } from '../fixture/imap-session.ts';
import { type CorpusMessage, openCorpus } from './corpus.ts';
import { compareDescriptions, compareOctets, type Difference } from './difference.ts';
import {
  assertBodyFits,
  assertConsistent,
  assertDecoded,
  assertSameOctets,
  peek,
  sectionLabels,
} from './invariants.ts';
import { fetchEach, fetchRange, type Items, octetsOf, upload } from './peer.ts';
import type { Part } from './structure.ts';
import { tolerated } from './tolerated.ts';

const batch = 50;
const descriptions = ['RFC822.SIZE', 'ENVELOPE', 'BODY', 'BODYSTRUCTURE', 'BODY.PEEK[]'];

test('corpus: every message comes back as it was sent and is described as Dovecot describes it', async (t) => {
  const corpus = await openCorpus();
  if (corpus === undefined) {
    console.log('not run: the shared corpora are not beside the repository');
    return;
  }
  assert.equal(dovecotMissing(), undefined);
  const rig = await openRig({ settings: { 'imap.fetchReadAhead': 4 } });
  const dovecot = await startDovecot();
  try {
    const report = await compareAll(rig, dovecot, corpus.messages);
    for (const line of report.lines()) t.diagnostic(line);
    assert.deepEqual(report.unexplained.slice(0, 20), []);
    assert.deepEqual(report.unusedClasses(), [], 'classes of tolerated differences that explain nothing');
  } finally {
    await dovecot.remove();
    await rig.close();
  }
});

/** Differences sorted into classes. */
class Report {
  readonly unexplained: (Difference & { readonly message: string })[] = [];
  readonly #counts = new Map<string, Set<string>>();
  readonly #total: number;

  constructor(total: number) {
    this.#total = total;
  }

  add(message: CorpusMessage, difference: Difference): void {
    const known = tolerated.find(({ applies }) => applies(difference, message));
    if (known === undefined) this.unexplained.push({ message: message.name, ...difference });
    else this.count(known.name, message);
  }

  count(name: string, message: CorpusMessage): void {
    const messages = this.#counts.get(name) ?? new Set<string>();
    this.#counts.set(name, messages.add(message.name));
  }

  unusedClasses(): string[] {
    return tolerated.map(({ name }) => name).filter((name) => !this.#counts.has(name));
  }

  lines(): string[] {
    const differing = new Set([...this.#counts.values()].flatMap((messages) => [...messages]));
    const counts = [...this.#counts].map(([name, messages]) => `${name}: ${messages.size} messages`);
    return [`${this.#total} messages, ${this.#total - differing.size} described alike`, ...counts];
  }
}

async function compareAll(
  rig: ImapRig,
  dovecot: Dovecot,
  messages: readonly CorpusMessage[],
): Promise<Report> {
  const ours = await ImapClient.connect(await rig.listen());
  const theirs = await ImapClient.connect(dovecot.imapPort);
  await ours.ok('LOGIN alice@example.test secret');
  await theirs.ok('LOGIN alice@example.test pass');
  await Promise.all([upload(ours, messages), upload(theirs, messages)]);
  const report = new Report(messages.length);
  for (let from = 0; from < messages.length; from += batch) {
    await compareBatch({ ours, theirs, report }, messages.slice(from, from + batch), from + 1);
  }
  ours.close();
  theirs.close();
  return report;
}

interface Peers {
  readonly ours: ImapClient;
  readonly theirs: ImapClient;
  readonly report: Report;
}

async function compareBatch(peers: Peers, messages: readonly CorpusMessage[], first: number): Promise<void> {
  const last = first + messages.length - 1;
  const [mine, other] = await Promise.all([
    fetchRange(peers.ours, first, last, descriptions),
    fetchRange(peers.theirs, first, last, descriptions),
  ]);
  const parts = messages.map((message, i) => {
    assertSameOctets(message, mine[i]!);
    return assertBodyFits(message, mine[i]!);
  });
  const labels = parts.map(sectionLabels);
  const asked = labels.map((list) => list.map(peek));
  const [mySections, otherSections] = await Promise.all([
    fetchEach(peers.ours, first, asked),
    fetchEach(peers.theirs, first, asked),
  ]);
  const binary = await fetchEachBinary(peers.ours, first, parts);
  for (const [i, message] of messages.entries()) {
    assertConsistent(message, parts[i]!, mySections[i]!);
    assertDecoded(message, parts[i]!, mySections[i]!, binary[i]!);
    if (octetsOf(other[i]!, 'BODY[]')?.equals(message.octets) !== true) {
      // NUL becomes 0x80 there, CR before CRLF is lost: what is described is another message.
      peers.report.count('Dovecot does not give the message back as it was sent', message);
      continue;
    }
    for (const difference of compareDescriptions(mine[i]!, other[i]!)) peers.report.add(message, difference);
    for (const difference of compareOctets(labels[i]!, mySections[i]!, otherSections[i]!)) {
      peers.report.add(message, difference);
    }
  }
}

/** BINARY and BINARY.SIZE of the parts whose encoding is known. */
async function fetchEachBinary(
  client: ImapClient,
  first: number,
  parts: readonly (readonly Part[])[],
): Promise<Items[]> {
  const known = new Set(['7bit', '8bit', 'binary', 'base64', 'quoted-printable']);
  const asked = parts.map((list) => [
    'UID',
    ...list
      .filter(({ encoding }) => known.has(encoding))
      .flatMap(({ path }) => [`BINARY.PEEK[${path}]`, `BINARY.SIZE[${path}]`]),
  ]);
  return fetchEach(client, first, asked);
}
