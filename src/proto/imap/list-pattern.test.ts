import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ListPattern } from './list-pattern.ts';

const cases: readonly (readonly [string, string, boolean])[] = [
  ['*', 'a/b/c', true],
  ['%', 'a', true],
  ['%', 'a/b', false],
  ['a/%', 'a/b', true],
  ['a/%', 'a/b/c', false],
  ['a/*', 'a/b/c', true],
  ['a*', 'a', true],
  ['%/%', 'a/b', true],
  ['%/%', 'a', false],
  ['*b', 'a/b', true],
  ['%b', 'a/b', false],
  ['a%c*', 'abc/d', true],
  ['%3/%4', 'test3/test4', true],
  ['%t*4', 'test3/test4', true],
  ['', '', true],
  ['', 'a', false],
  ['abc', 'ab', false],
  ['abc', 'abcd', false],
  ['%*', 'a/b', true],
  ['A', 'a', false],
  // INBOX has no case, in a pattern too.
  ['inbox', 'INBOX', true],
  ['iNb%', 'INBOX', true],
  ['inbox/x', 'INBOX/x', true],
  ['inbox/X', 'INBOX/x', false],
  ['inbox', 'INBOXES', false],
  ['[Gmail]/&BB4-%', '[Gmail]/&BB4-x', true],
];

for (const [pattern, name, expected] of cases) {
  test(`pattern ${JSON.stringify(pattern)} ${expected ? 'matches' : 'does not match'} ${JSON.stringify(name)}`, () => {
    assert.equal(new ListPattern(pattern).matches(name), expected);
  });
}

test('pattern agrees with a regular expression on all short names', () => {
  const alphabet = ['a', 'b', '/'];
  const names = [''];
  for (const name of names) if (name.length < 4) names.push(...alphabet.map((letter) => name + letter));
  const pieces = ['a', '/', '*', '%'];
  const patterns = [''];
  for (const pattern of patterns)
    if (pattern.length < 4) patterns.push(...pieces.map((piece) => pattern + piece));
  for (const pattern of patterns) {
    const expression = pattern.replace(/\*/g, '.*').replace(/%/g, '[^/]*');
    const oracle = new RegExp(`^${expression}$`);
    const matcher = new ListPattern(pattern);
    for (const name of names) {
      assert.equal(matcher.matches(name), oracle.test(name), `${pattern} against ${name}`);
    }
  }
});

test('threat: many wildcards cost the product of the lengths, not its power', () => {
  const pattern = new ListPattern('*a%'.repeat(300));
  const name = 'a'.repeat(900);
  const started = performance.now();
  assert.equal(pattern.matches(`${name}b`), true);
  assert.equal(pattern.matches('b'.repeat(900)), false);
  assert.ok(performance.now() - started < 500);
});
