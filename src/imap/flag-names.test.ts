import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatFlagRows } from '../native/imap-wire.ts';
import { Flag, maxKeywords } from '../store/mail-store.ts';
import { flagBit, flagList, knownFlags, permanentFlags, recentBit } from './flag-names.ts';

test('flag names: bits become names, keywords by position, unknown keyword bits are left out', () => {
  const keywords = ['$Forwarded', 'Work'];
  assert.equal(flagList(0, keywords), '()');
  assert.equal(flagList(Flag.seen | Flag.deleted | (1 << 5), keywords), '(\\Deleted \\Seen $Forwarded)');
  assert.equal(flagList((Flag.answered | recentBit) >>> 0, keywords), '(\\Answered \\Recent)');
  assert.equal(flagList(1 << 20, keywords), '()');
  const many = Array.from({ length: maxKeywords }, (_, i) => `k${i}`);
  assert.equal(flagList(1 << 30, many), '(k25)');
});

test('I06: keywords of another program that are no atoms are never shown', () => {
  const keywords = ['a b', 'ok', 'x)', 'Работа', '', 'q"', 'a\r\nT OK', '[x]'];
  const all = keywords.reduce((bits, _, i) => bits | (1 << (5 + i)), 0);
  assert.equal(flagList(all, keywords), '(ok)');
  assert.equal(knownFlags(keywords), '(\\Answered \\Flagged \\Deleted \\Seen \\Draft ok)');
  const rows = {
    seqs: Uint32Array.of(1),
    uids: Uint32Array.of(1),
    modSeqs: Float64Array.of(1),
    withUid: false,
  };
  const native = { ...rows, flags: Uint32Array.of(all), keywordNames: keywords, withModSeq: false };
  assert.equal(formatFlagRows(native, 0, 1).toString(), `* 1 FETCH (FLAGS ${flagList(all, keywords)})\r\n`);
});

test('flag names: the same list as native flag rows for every bit', () => {
  const keywords = Array.from({ length: maxKeywords }, (_, i) => `k${i}`);
  for (let bit = 0; bit < 32; bit++) {
    const flags = Uint32Array.of((1 << bit) | Flag.seen);
    const columns = { seqs: Uint32Array.of(1), uids: Uint32Array.of(1), modSeqs: Float64Array.of(1), flags };
    const rows = { ...columns, keywordNames: keywords, withUid: false, withModSeq: false };
    const line = formatFlagRows(rows, 0, 1).toString();
    assert.equal(line, `* 1 FETCH (FLAGS ${flagList(flags[0]!, keywords)})\r\n`, String(bit));
  }
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
