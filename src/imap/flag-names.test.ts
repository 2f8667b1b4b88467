import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Flag, maxKeywords } from '../store/mail-store.ts';
import { flagBit, flagList, knownFlags, permanentFlags, recentBit } from './flag-names.ts';

test('flag names: bits become names, keywords by position, unknown keyword bits are left out', () => {
  const keywords = ['$Forwarded', 'Работа'];
  assert.equal(flagList(0, keywords), '()');
  assert.equal(flagList(Flag.seen | Flag.deleted | (1 << 5), keywords), '(\\Deleted \\Seen $Forwarded)');
  assert.equal(flagList((Flag.answered | recentBit) >>> 0, keywords), '(\\Answered \\Recent)');
  assert.equal(flagList(1 << 20, keywords), '()');
  const many = Array.from({ length: maxKeywords }, (_, i) => `k${i}`);
  assert.equal(flagList(1 << 30, many), '(k25)');
});

test('flag names: names become bits without regard to case', () => {
  assert.equal(flagBit('\\SEEN', []), Flag.seen);
  assert.equal(flagBit('$forwarded', ['a', '$Forwarded']), 1 << 6);
  assert.equal(flagBit('b', ['a']), 0);
});

test('flag names: new keywords are offered until the mailbox is full, nothing is permanent when read-only', () => {
  assert.equal(knownFlags(['a']), '(\\Answered \\Flagged \\Deleted \\Seen \\Draft a)');
  assert.ok(permanentFlags(['a'], false).endsWith(' a \\*)'));
  const many = Array.from({ length: maxKeywords }, (_, i) => `k${i}`);
  assert.ok(!permanentFlags(many, false).includes('\\*'));
  assert.equal(permanentFlags(['a'], true), '()');
});
