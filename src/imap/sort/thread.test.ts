// Threads: the trees of RFC 5256, their text, order, rings and depth.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { threadList } from './thread-answer.ts';
import { type ReferencesOptions, type ThreadMessage, threadByReferences } from './thread-references.ts';
import { threadBySubject } from './thread-subject.ts';

const slice = { pause: async () => {} };
const references: ReferencesOptions = { joinsSubjects: true, byNewest: false };
const refs: ReferencesOptions = { joinsSubjects: false, byNewest: true };

/** `id subject parents…`, dated in the order of the list unless `@n` says otherwise. */
function messages(...lines: string[]): ThreadMessage[] {
  return lines.map((line, i) => {
    const [head = '', date] = line.split('@');
    const [messageId = '', subject = '', ...parents] = head.trim().split(' ');
    const isReplyOrForward = subject.startsWith('re:');
    return {
      number: i + 1,
      messageId: messageId === '-' ? '' : messageId,
      references: parents,
      baseSubject: (isReplyOrForward ? subject.slice(3) : subject).replace('-', ''),
      isReplyOrForward,
      sentMs: Number(date ?? i + 1),
    };
  });
}

const tree = async (options: ReferencesOptions, ...lines: string[]): Promise<string> =>
  threadList(await threadByReferences(messages(...lines), options, slice));

test('threads: chains, branches, missing ancestors', async () => {
  assert.equal(await tree(references, 'a s', 'b re:s a', 'c re:s a b'), '(1 2 3)');
  assert.equal(await tree(references, 'a s', 'b re:s a', 'c re:s a'), '(1 (2)(3))');
  assert.equal(await tree(references, 'b x gone', 'c y gone'), '((1)(2))');
  assert.equal(await tree(references, 'b x gone'), '(1)');
  assert.equal(await tree(references, 'c x gone1 gone2', 'd y gone1'), '((1)(2))');
  assert.equal(await tree(references, 'a x', 'd y a gone'), '(1 2)');
  assert.equal(await tree(references), '');
});

test('threads: order by date, equal dates in mailbox order', async () => {
  assert.equal(await tree(references, 'a x @5', 'b y @3', 'c z @3'), '(2)(3)(1)');
  assert.equal(await tree(references, 'a x @1', 'b re:x a @9', 'c re:x a @4'), '(1 (3)(2))');
  assert.equal(await tree(refs, 'a x @1', 'b y @2', 'c re:x a @3'), '(2)(1 3)');
});

test('threads: one subject makes one thread, in REFERENCES only', async () => {
  assert.equal(await tree(references, 'a s', 'b re:s'), '(1 2)');
  assert.equal(await tree(references, 'a s', 'b s'), '((1)(2))');
  assert.equal(await tree(references, 'a re:s', 'b re:s', 'c re:s'), '((1)(2)(3))');
  assert.equal(await tree(references, 'a -', 'b -'), '(1)(2)');
  assert.equal(await tree(refs, 'a s', 'b re:s'), '(1)(2)');
});

test('threads: identifiers twice, missing ones, references to itself and rings', async () => {
  assert.equal(await tree(refs, 'a x', 'a y', '- z'), '(1)(2)(3)');
  assert.equal(await tree(refs, 'a x a'), '(1)');
  assert.equal(await tree(refs, 'a x b', 'b y a'), '(2 1)');
  for (const lines of [
    ['a x b', 'b y c', 'c z a'],
    ['a x b c', 'b y c a', 'c z a b'],
  ]) {
    const numbers = (await tree(refs, ...lines)).match(/\d/g)?.sort().join('');
    assert.equal(numbers, '123', 'every message stands in exactly one thread');
  }
});

test('threads: any references give every message exactly once', async () => {
  let seed = 7;
  const random = (n: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % n;
  };
  for (let round = 0; round < 500; round++) {
    const count = 1 + random(12);
    const lines = Array.from({ length: count }, () => {
      const parents = Array.from({ length: random(4) }, () => `m${random(14)}`);
      return [`m${random(14)}`, random(2) === 0 ? `s${random(3)}` : `re:s${random(3)}`, ...parents].join(' ');
    });
    for (const options of [references, refs]) {
      const numbers = (await tree(options, ...lines))
        .match(/\d+/g)
        ?.map(Number)
        .sort((a, b) => a - b);
      assert.deepEqual(
        numbers,
        Array.from({ length: count }, (_, i) => i + 1),
        lines.join('\n'),
      );
    }
  }
});

test('threads: a chain of 50,000 costs neither stack nor minutes', async () => {
  const chain = Array.from({ length: 50_000 }, (_, i) => `m${i} re:s ${i === 0 ? '' : `m${i - 1}`}`.trim());
  const before = performance.now();
  const text = await tree(refs, ...chain);
  assert.ok(text.startsWith('(1 2 3 '));
  await tree(refs, ...chain.toReversed());
  assert.ok(performance.now() - before < 10_000);
});

test('threads by subject: the first message has all others below it', async () => {
  assert.equal(
    threadList(await threadBySubject(messages('a s @2', 'b t @1', 'c re:s @3', 'd s @4'), slice)),
    '(2)(1 (3)(4))',
  );
});
