// The addon's edge of native/imap: columns as token.ts names them, argument checks, and agreement with the codecs of
// proto/imap. The grammar itself is tested in native/imap/*-test.cc.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSequenceSet, rangesContain, resolveSequenceSet } from '../proto/imap/sequence-set.ts';
import {
  type FlagRows,
  formatFlagRows,
  formatNumberList,
  formatSequenceSet,
  formatString,
  TokenFlag,
  TokenKind,
  tokenColumns,
  tokenizeFragment,
} from './imap-wire.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Rows of the token table as tuples. */
function rowsOf(text: string, continuesSection = false): number[][] {
  const { tokens, count, errorAt } = tokenizeFragment(bytes(text), continuesSection);
  assert.equal(errorAt, -1);
  assert.equal(tokens.length, count * tokenColumns);
  return Array.from({ length: count }, (_, i) => [
    ...tokens.subarray(i * tokenColumns, (i + 1) * tokenColumns),
  ]);
}

test('tokenizer: rows have the columns of token.ts', () => {
  const { spaceBefore, escaped, nonSync, binary, eightBit } = TokenFlag;
  assert.deepEqual(rowsOf('a ("\\"" "é") ~{12+}'), [
    [TokenKind.atom, 0, 1, 0, 0],
    [TokenKind.open, 2, 3, 0, spaceBefore],
    [TokenKind.quoted, 4, 6, 0, escaped],
    [TokenKind.quoted, 9, 10, 0, spaceBefore | eightBit],
    [TokenKind.close, 11, 12, 0, 0],
    [TokenKind.literal, 13, 19, 12, spaceBefore | nonSync | binary],
  ]);
  assert.deepEqual(rowsOf(''), []);
});

test('tokenizer: a literal inside a section joins two fragments', () => {
  assert.deepEqual(rowsOf('BODY[HEADER.FIELDS ({4}'), [
    [TokenKind.atom, 0, 20, 0, TokenFlag.openSection],
    [TokenKind.literal, 20, 23, 4, 0],
  ]);
  assert.deepEqual(rowsOf(' To)]<0.9>)', true), [
    [TokenKind.atom, 0, 10, 0, TokenFlag.continuedSection],
    [TokenKind.close, 10, 11, 0, 0],
  ]);
});

test('tokenizer: an error keeps the tokens before it', () => {
  const { tokens, count, errorAt } = tokenizeFragment(bytes('a1 LOGIN\x01 x'));
  assert.equal(errorAt, 8);
  assert.equal(count, 2);
  assert.deepEqual([...tokens.subarray(5, 8)], [TokenKind.atom, 3, 8]);
});

test('I01: literal sizes saturate, malformed ones are errors', () => {
  const size = (text: string) => rowsOf(text)[0]![3];
  assert.equal(size('{400000000}'), 400_000_000);
  assert.equal(size('{9999999999}'), 2_147_483_647);
  assert.equal(size(`{${'9'.repeat(500)}+}`), 2_147_483_647);
  for (const text of ['{-1}', '{}', '{+10}', '{10++}', '{1', '{10-}']) {
    assert.equal(tokenizeFragment(bytes(`a LOGIN ${text}`)).errorAt, 8, text);
  }
});

test('tokenizer: a line of many tokens is split wholly', () => {
  assert.equal(rowsOf('('.repeat(65_536)).length, 65_536);
  assert.equal(rowsOf('a '.repeat(5000).trimEnd()).length, 5000);
});

test('tokenizer: a view into a larger buffer is read from its own start to its own end', () => {
  const { tokens, count, errorAt } = tokenizeFragment(bytes('\x00ab\x00').subarray(1, 3));
  assert.deepEqual([errorAt, count, ...tokens], [-1, 1, 0, 0, 2, 0, 0]);
});

const flagRows = (change: Partial<FlagRows> = {}): FlagRows => ({
  seqs: Uint32Array.of(1, 2, 3),
  uids: Uint32Array.of(10, 20, 4_294_967_295),
  flags: Uint32Array.of(0, 0b11000, 0x8000_0021),
  modSeqs: Float64Array.of(1, 2, Number.MAX_SAFE_INTEGER),
  keywordNames: ['$Forwarded'],
  withUid: true,
  withModSeq: true,
  ...change,
});

test('flag rows: a range of rows, with and without UID and MODSEQ', () => {
  assert.equal(
    formatFlagRows(flagRows(), 1, 3).toString(),
    '* 2 FETCH (UID 20 FLAGS (\\Seen \\Draft) MODSEQ (2))\r\n' +
      '* 3 FETCH (UID 4294967295 FLAGS (\\Answered $Forwarded \\Recent) MODSEQ (9007199254740991))\r\n',
  );
  const plain = flagRows({
    withUid: false,
    withModSeq: false,
    uids: new Uint32Array(0),
    modSeqs: new Float64Array(0),
  });
  assert.equal(formatFlagRows(plain, 0, 1).toString(), '* 1 FETCH (FLAGS ())\r\n');
  assert.equal(formatFlagRows(plain, 3, 3).length, 0);
});

test('I06: a keyword name that is no atom is left out', () => {
  const rows = flagRows({ keywordNames: ['x) y\r\n* 1 EXPUNGE'], withModSeq: false });
  assert.equal(
    formatFlagRows(rows, 2, 3).toString(),
    '* 3 FETCH (UID 4294967295 FLAGS (\\Answered \\Recent))\r\n',
  );
});

test('flag rows: rows outside of any column and columns of the wrong type are refused', () => {
  assert.throws(() => formatFlagRows(flagRows(), 0, 4), TypeError);
  assert.throws(() => formatFlagRows(flagRows(), 2, 1), TypeError);
  assert.throws(() => formatFlagRows(flagRows(), -1, 1), TypeError);
  assert.throws(() => formatFlagRows(flagRows(), 0, Number.NaN), TypeError);
  for (const column of ['seqs', 'uids', 'flags', 'modSeqs'] as const) {
    const short = {
      ...flagRows(),
      [column]: column === 'modSeqs' ? new Float64Array(2) : new Uint32Array(2),
    };
    assert.throws(() => formatFlagRows(short, 0, 3), TypeError, column);
    const wrong = { ...flagRows(), [column]: new Uint8Array(64) } as unknown as FlagRows;
    assert.throws(() => formatFlagRows(wrong, 0, 3), TypeError, column);
  }
});

test('string: quoted where it can be, a literal otherwise', () => {
  assert.equal(formatString(bytes('he"llo\\')).toString(), '"he\\"llo\\\\"');
  assert.equal(formatString(bytes('a\r\nb')).toString(), '{4}\r\na\r\nb');
  assert.equal(formatString(Buffer.from('я')).toString(), '{2}\r\nя');
  assert.equal(formatString(Buffer.from('я'), true).toString(), '"я"');
  assert.equal(formatString(new Uint8Array(0)).toString(), '""');
});

test('sequence set and number list: as they stand in answers', () => {
  assert.equal(formatSequenceSet(Uint32Array.of(1, 2, 3, 7, 9, 10)), '1:3,7,9:10');
  assert.equal(formatSequenceSet(new Uint32Array(0)), '');
  assert.equal(formatNumberList(Uint32Array.of(1, 2, 4_294_967_295)).toString(), 'SEARCH 1 2 4294967295');
  assert.equal(formatNumberList(new Uint32Array(0)).toString(), 'SEARCH');
  assert.equal(formatNumberList(Uint32Array.of(3, 1), 'SORT').toString(), 'SORT 3 1');
});

test('sequence set: what is written names the same numbers to the parser of proto/imap', () => {
  // Every set of numbers below 13, so that runs of all lengths stand beside each other.
  for (let members = 1; members < 1 << 12; members++) {
    const numbers = Uint32Array.from({ length: 12 }, (_, i) => i + 1).filter((n) => (members >> (n - 1)) & 1);
    const text = formatSequenceSet(numbers);
    const ranges = resolveSequenceSet(parseSequenceSet(text, 12)!, 12);
    const read = Array.from({ length: 14 }, (_, n) => n).filter((n) => rangesContain(ranges, n));
    if (`${read}` !== `${[...numbers]}`) assert.fail(text);
    if (text.split(',').length !== ranges.length / 2) assert.fail(`${text} is not the shortest form`);
  }
});

test('edge: what is not the right kind of array is a TypeError, never a crash', () => {
  for (const value of [undefined, null, 'text', 5, [1], new Float64Array(1), new ArrayBuffer(4), {}]) {
    const wrong = value as unknown as Uint8Array & Uint32Array & FlagRows;
    assert.throws(() => tokenizeFragment(wrong), TypeError);
    assert.throws(() => formatString(wrong), TypeError);
    assert.throws(() => formatSequenceSet(wrong), TypeError);
    assert.throws(() => formatNumberList(wrong), TypeError);
    assert.throws(() => formatFlagRows(wrong, 0, 0), TypeError);
  }
});
