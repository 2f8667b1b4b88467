// Thousands of random search trees against a plain evaluator that looks at each message for itself.
//
// The server judges sets, cheap keys first, and drops what is decided; here every key is a predicate over the facts
// that the message was made from. Small batches make the edges between them frequent. A failure names its command.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRig } from '../fixture/imap-session.ts';

interface Facts {
  readonly seq: number;
  readonly flags: ReadonlySet<string>;
  readonly day: number;
  readonly sentDay: number | undefined;
  readonly size: number;
  readonly subject: string | undefined;
  readonly from: string;
  readonly body: string;
}

interface Key {
  readonly text: string;
  readonly holds: (facts: Facts) => boolean;
}

type Random = (below: number) => number;

/** Mulberry32: the same trees in every run. */
function seeded(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const systemFlags = ['Answered', 'Deleted', 'Draft', 'Flagged', 'Seen'];
const words = ['alpha', 'beta', 'Gamma', 'delta', 'omega'];
const date = (day: number): string => `${day}-Mar-2024`;

function makeMessage(random: Random, seq: number): { facts: Facts; octets: Buffer; options: string } {
  const pick = (): string => words[random(words.length)]!;
  const flags = [...systemFlags.map((name) => `\\${name}`), '$Work'].filter(() => random(3) === 0);
  const day = 1 + random(9);
  const sentDay = random(4) === 0 ? undefined : 1 + random(9);
  const subject = random(5) === 0 ? undefined : `${pick()} ${pick()}`;
  const from = `${pick().toLowerCase()}@example.test`;
  const body = Array.from({ length: 1 + random(6) }, pick).join(' ');
  const fields = [
    `From: ${from}`,
    ...(subject === undefined ? [] : [`Subject: ${subject}`]),
    ...(sentDay === undefined ? [] : [`Date: ${sentDay} Mar 2024 23:30:00 -0500`]),
  ];
  const octets = Buffer.from(`${fields.join('\r\n')}\r\n\r\n${body}\r\n`);
  const facts = { seq, flags: new Set(flags), day, sentDay, size: octets.length, subject, from, body };
  const padded = String(day).padStart(2, ' ');
  return { facts, octets, options: `(${flags.join(' ')}) "${padded}-Mar-2024 12:00:00 +0000" ` };
}

const has = (text: string | undefined, word: string): boolean =>
  text?.toLowerCase().includes(word.toLowerCase()) ?? false;

function leaf(random: Random, count: number): Key {
  const word = words[random(words.length)]!.slice(random(2), 4);
  const day = 1 + random(9);
  const flag = systemFlags[random(systemFlags.length)]!;
  const size = 40 + random(90);
  const first = 1 + random(count);
  const last = Math.min(count, first + random(count));
  const leaves: readonly Key[] = [
    { text: 'ALL', holds: () => true },
    { text: flag.toUpperCase(), holds: ({ flags }) => flags.has(`\\${flag}`) },
    { text: `UN${flag.toUpperCase()}`, holds: ({ flags }) => !flags.has(`\\${flag}`) },
    { text: 'KEYWORD $Work', holds: ({ flags }) => flags.has('$Work') },
    { text: 'UNKEYWORD $Nobody', holds: () => true },
    { text: `LARGER ${size}`, holds: (facts) => facts.size > size },
    { text: `SMALLER ${size}`, holds: (facts) => facts.size < size },
    { text: `BEFORE ${date(day)}`, holds: (facts) => facts.day < day },
    { text: `ON ${date(day)}`, holds: (facts) => facts.day === day },
    { text: `SINCE ${date(day)}`, holds: (facts) => facts.day >= day },
    { text: `SENTBEFORE ${date(day)}`, holds: ({ sentDay }) => sentDay !== undefined && sentDay < day },
    { text: `SENTON ${date(day)}`, holds: ({ sentDay }) => sentDay === day },
    { text: `SENTSINCE ${date(day)}`, holds: ({ sentDay }) => sentDay !== undefined && sentDay >= day },
    { text: `${first}:${last}`, holds: ({ seq }) => seq >= first && seq <= last },
    { text: `UID ${first},${last}`, holds: ({ seq }) => seq === first || seq === last },
    { text: `SUBJECT ${word}`, holds: ({ subject }) => has(subject, word) },
    { text: 'HEADER Subject ""', holds: ({ subject }) => subject !== undefined },
    { text: `FROM ${word}`, holds: ({ from }) => has(from, word) },
    { text: `BODY ${word}`, holds: ({ body }) => has(body, word) },
    {
      text: `TEXT ${word}`,
      holds: ({ body, subject, from }) => has(body, word) || has(subject, word) || has(from, word),
    },
  ];
  return leaves[random(leaves.length)]!;
}

function tree(random: Random, count: number, depth: number): Key {
  const kind = depth === 0 ? 9 : random(6);
  if (kind > 3) return leaf(random, count);
  const a = tree(random, count, depth - 1);
  if (kind === 0) return { text: `NOT ${a.text}`, holds: (facts) => !a.holds(facts) };
  const b = tree(random, count, depth - 1);
  if (kind === 1)
    return { text: `OR ${a.text} ${b.text}`, holds: (facts) => a.holds(facts) || b.holds(facts) };
  return { text: `(${a.text} ${b.text})`, holds: (facts) => a.holds(facts) && b.holds(facts) };
}

for (const batch of [7, 2000]) {
  test(`search: 2000 random trees, batches of ${batch}`, async () => {
    const random = seeded(batch);
    const rig = await openRig({ settings: { 'imap.searchBatchMessages': batch } });
    try {
      const client = await rig.client();
      const mailbox: Facts[] = [];
      for (let seq = 1; seq <= 60; seq++) {
        const { facts, octets, options } = makeMessage(random, seq);
        mailbox.push(facts);
        assert.equal((await client.append('INBOX', octets, options)).status, 'OK');
      }
      await client.ok('SELECT INBOX');
      for (let n = 0; n < 2000; n++) {
        const key = tree(random, mailbox.length, 4);
        const { untagged } = await client.ok(`SEARCH ${key.text}`);
        const wanted = mailbox.filter(key.holds).map(({ seq }) => seq);
        assert.deepEqual(untagged[0]!.values.slice(1).map(Number), wanted, key.text);
      }
    } finally {
      await rig.close();
    }
  });
}
