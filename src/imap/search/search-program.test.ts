import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SearchKey } from '../../proto/imap/search-key.ts';
import { compileSearch, SearchVerdicts, Verdict } from './search-program.ts';

const { no, unknown, yes } = Verdict;
const larger = (bytes: number): SearchKey => ({ kind: 'larger', bytes });
const and = (...keys: SearchKey[]): SearchKey => ({ kind: 'and', keys });
const or = (...keys: SearchKey[]): SearchKey => ({ kind: 'or', keys });
const not = (key: SearchKey): SearchKey => ({ kind: 'not', key });

/** Verdict of the search when leaf n (larger n) has verdict `leaves[n]`. */
function judge(root: SearchKey, leaves: readonly number[]): number {
  const program = compileSearch(root);
  const verdicts = new SearchVerdicts(program, 1);
  for (const { node, key } of program.leaves) {
    verdicts.leafColumn(node)[0] = leaves[key.kind === 'larger' ? key.bytes : -1]!;
  }
  return verdicts.evaluate()[0]!;
}

test('search program: gates follow three-valued logic for all verdicts of two leaves', () => {
  for (const a of [no, unknown, yes]) {
    assert.equal(judge(not(larger(0)), [a]), 2 - a);
    for (const b of [no, unknown, yes]) {
      assert.equal(judge(and(larger(0), larger(1)), [a, b]), Math.min(a, b));
      assert.equal(judge(or(larger(0), larger(1)), [a, b]), Math.max(a, b));
      assert.equal(judge(not(or(larger(0), not(larger(1)))), [a, b]), Math.min(2 - a, b));
    }
  }
});

test('search program: one decided key closes a message though others are unknown', () => {
  assert.equal(judge(and(larger(0), or(larger(1), larger(2)), larger(3)), [unknown, no, no, unknown]), no);
  assert.equal(judge(or(not(larger(0)), larger(1)), [no, unknown]), yes);
});

test('search program: depth of a hundred thousand operators needs no stack', () => {
  let key: SearchKey = larger(0);
  for (let i = 0; i < 100_000; i++) key = not(key);
  assert.equal(judge(key, [yes]), yes);
});

test('search program: leaves keep the order of the command', () => {
  const { leaves } = compileSearch(and(larger(0), or(larger(1), not(larger(2))), larger(3)));
  assert.deepEqual(
    leaves.map(({ key }) => key),
    [larger(0), larger(1), larger(2), larger(3)],
  );
});
