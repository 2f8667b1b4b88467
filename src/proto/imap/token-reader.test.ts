import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tokenizeFragment } from '../../native/imap-wire.ts';
import { ImapFault } from './fault.ts';
import { expectFlagList } from './flag-list.ts';
import { parseListArguments } from './list-arguments.ts';
import { expectStatusItems } from './status-items.ts';
import { TokenReader } from './token-reader.ts';

/** A reader over a command's arguments; each literal of `text` is `{n}` CRLF and its octets. */
function readerOf(text: string, utf8 = false): TokenReader {
  const reader = new TokenReader({ utf8, maxRanges: 10 });
  let rest = text;
  for (;;) {
    const end = rest.indexOf('\r\n');
    const octets = Buffer.from(end < 0 ? rest : rest.slice(0, end), 'latin1');
    const { tokens, count, errorAt } = tokenizeFragment(octets, reader.endsInsideSection);
    const fault = reader.push({ octets, tokens, count, errorAt });
    if (fault !== undefined) throw fault;
    const literal = reader.announcedLiteral;
    if (literal === undefined) return reader;
    const start = end + 2;
    reader.pushLiteral(Buffer.from(rest.slice(start, start + literal.sizeBytes), 'latin1'));
    rest = rest.slice(start + literal.sizeBytes);
  }
}

const isBad = (error: unknown): boolean => error instanceof ImapFault && error.status === 'BAD';

test('all 256 octets: which may stand in a tag, an atom, an astring, a pattern', () => {
  const tags: number[] = [];
  const atoms: number[] = [];
  const astrings: number[] = [];
  const patterns: number[] = [];
  const accepts = (code: number, read: (reader: TokenReader) => unknown): boolean => {
    try {
      const reader = readerOf(`x${String.fromCharCode(code)}y`);
      return read(reader) !== undefined && reader.isAtEnd;
    } catch (error) {
      if (error instanceof ImapFault) return false;
      throw error;
    }
  };
  for (let code = 0; code < 256; code++) {
    if (accepts(code, (reader) => reader.takeTag())) tags.push(code);
    if (accepts(code, (reader) => reader.takeAtom())) atoms.push(code);
    if (accepts(code, (reader) => reader.takeAstring())) astrings.push(code);
    if (accepts(code, (reader) => reader.expectListMailbox())) patterns.push(code);
  }
  // RFC 3501 9, ATOM-CHAR: any CHAR except ( ) { SP CTL % * " \ ]
  const char = Array.from({ length: 0x7f - 0x21 }, (_, i) => i + 0x21);
  const without = (special: string): number[] =>
    char.filter((code) => !special.includes(String.fromCharCode(code)));
  assert.deepEqual(atoms, without('(){%*"\\]'));
  assert.deepEqual(astrings, without('(){%*"\\'));
  assert.deepEqual(tags, without('(){%*"\\+'));
  assert.deepEqual(patterns, without('(){"\\'));
});

test('spaces: a token behind a space needs it taken, one without has none to take', () => {
  const reader = readerOf('a b (c)');
  assert.equal(reader.takeSpace(), false);
  assert.equal(reader.takeAtom(), 'a');
  assert.equal(reader.takeAtom(), undefined);
  assert.equal(reader.takeSpace(), true);
  assert.equal(reader.takeSpace(), false);
  assert.equal(reader.takeAtom(), 'b');
  reader.expectSpace();
  assert.deepEqual(
    reader.expectList('list', () => reader.expectAtom()),
    ['c'],
  );
  reader.expectEnd();
});

test('strings: quoted with escapes, literal, NIL only where it may stand', () => {
  const reader = readerOf('"a\\"b\\\\c" {5}\r\nx y\r\n NIL nil {0}\r\n');
  assert.equal(reader.expectString().toString(), 'a"b\\c');
  reader.expectSpace();
  assert.equal(reader.expectAstring().toString(), 'x y\r\n');
  reader.expectSpace();
  assert.equal(reader.expectNstring(), undefined);
  reader.expectSpace();
  assert.equal(reader.expectAstring().toString(), 'nil');
  reader.expectSpace();
  assert.equal(reader.expectAstring().length, 0);
  reader.expectEnd();
});

test('8-bit octets in a quoted string need UTF8=ACCEPT', () => {
  assert.throws(() => readerOf('"\xd0\xb6"').takeString(), isBad);
  assert.equal(readerOf('"\xd0\xb6"', true).takeString()?.toString(), 'ж');
});

test('literal8 is refused where a string is expected', () => {
  assert.throws(() => readerOf('~{3}\r\nabc').takeString(), isBad);
});

test('a literal that was only announced is no string yet', () => {
  const reader = new TokenReader({ utf8: false, maxRanges: 10 });
  const octets = Buffer.from('INBOX (\\Seen) {100}');
  reader.push({ octets, ...tokenizeFragment(octets) });
  assert.deepEqual(reader.announcedLiteral, { sizeBytes: 100, nonSync: false, binary: false });
  assert.equal(reader.isAtAnnouncedLiteral, false);
  reader.expectAtom();
  reader.expectSpace();
  assert.deepEqual(expectFlagList(reader), ['\\Seen']);
  reader.expectSpace();
  assert.equal(reader.isAtAnnouncedLiteral, true);
  assert.throws(() => reader.takeString(), isBad);
  reader.skipAnnouncedLiteral();
  assert.equal(reader.isAtEnd, true);
});

test('a section is one word with its list; literals inside stand in it quoted', () => {
  const text = 'BODY.PEEK[HEADER.FIELDS (DATE {7}\r\nSubject "x")]<0.9> UID';
  const reader = readerOf(text);
  assert.equal(reader.takeRawAtom(), 'BODY.PEEK[HEADER.FIELDS (DATE "Subject" "x")]<0.9>');
  reader.expectSpace();
  assert.equal(reader.takeAtom(), 'UID');
  assert.throws(() => readerOf('BODY[HEADER.FIELDS ({3}\r\na\nb)]').takeRawAtom(), isBad);
});

const numbers: readonly (readonly [string, number | undefined])[] = [
  ['0', 0],
  ['4294967295', 4_294_967_295],
  ['4294967296', undefined],
  ['007', 7],
  ['-1', undefined],
  ['1x', undefined],
  ['99999999999999999999', undefined],
];
for (const [text, value] of numbers) {
  test(`number ${text} is ${value}`, () => assert.equal(readerOf(text).takeNumber(), value));
}

test('mod-sequences: up to 2^63-1, clamped to what a number holds', () => {
  assert.equal(readerOf('12').expectModSeq(), 12);
  assert.equal(readerOf('9223372036854775807').expectModSeq(), Number.MAX_SAFE_INTEGER);
  assert.throws(() => readerOf('9223372036854775808').expectModSeq(), isBad);
  assert.throws(() => readerOf('x').expectModSeq(), isBad);
});

test('sequence sets: read as written, more ranges than the bound are refused', () => {
  assert.deepEqual(readerOf('1:3,7,9:*').expectSequenceSet().bounds, [1, 3, 7, 7, 9, 0]);
  assert.equal(readerOf('1,2,3,4,5,6,7,8,9,10').expectSequenceSet().bounds.length, 20);
  assert.throws(() => readerOf('1,2,3,4,5,6,7,8,9,10,11').expectSequenceSet(), isBad);
  for (const text of ['0', '1:', ',1', '1,,2', 'a', '1:2:3']) {
    assert.throws(() => readerOf(text).expectSequenceSet(), isBad, text);
  }
});

test('mailbox names: decoded, INBOX in capitals, impossible ones are NO and not BAD', () => {
  assert.equal(readerOf('inbox').expectMailbox(), 'INBOX');
  assert.equal(readerOf('"&BBA-"').expectMailbox(), 'А');
  assert.throws(() => readerOf('""').expectMailbox(), isBad);
  assert.throws(
    () => readerOf('a//b').expectMailbox(),
    (error) => error instanceof ImapFault && error.status === 'NO',
  );
});

test('flags: system flags in any case, keywords, nothing the server keeps for itself', () => {
  assert.deepEqual(expectFlagList(readerOf('(\\SEEN $Forwarded \\draft)')), [
    '\\Seen',
    '$Forwarded',
    '\\Draft',
  ]);
  assert.deepEqual(expectFlagList(readerOf('()')), []);
  for (const text of [
    '(\\Recent)',
    '(\\Foo)',
    '(a%b)',
    '(\\)',
    `(${'k'.repeat(101)})`,
    '("x")',
    '(a',
    '\\Seen',
  ]) {
    assert.throws(() => expectFlagList(readerOf(text)), isBad, text);
  }
});

test('status items: in a fixed order, once each, unknown ones refused', () => {
  assert.deepEqual(expectStatusItems(readerOf('(uidnext MESSAGES uidnext)')), ['MESSAGES', 'UIDNEXT']);
  assert.throws(() => expectStatusItems(readerOf('(FOO)')), isBad);
  assert.throws(() => expectStatusItems(readerOf('()')), isBad);
});

test('LIST arguments: basic and extended', () => {
  const list = (text: string) => parseListArguments(readerOf(` ${text}`));
  const basic = list('"" %');
  assert.equal(basic.isExtended, false);
  assert.deepEqual(basic.patterns, ['%']);
  const extended = list(
    '(SUBSCRIBED RECURSIVEMATCH) a/ (% "b*" {1}\r\nc) RETURN (CHILDREN STATUS (MESSAGES) SUBSCRIBED)',
  );
  assert.equal(extended.isExtended, true);
  assert.deepEqual(extended.select, { subscribed: true, recursiveMatch: true, specialUse: false });
  assert.equal(extended.reference, 'a/');
  assert.deepEqual(extended.patterns, ['%', 'b*', 'c']);
  assert.deepEqual(extended.returns, {
    subscribed: true,
    specialUse: false,
    status: ['MESSAGES'],
    myRights: false,
    metadata: undefined,
  });
  assert.equal(list('() "" *').isExtended, true);
  for (const text of [
    '"" * RETURN',
    '"" * FOO ()',
    '"" ()',
    '"" (a b',
    '"" * RETURN () x',
    '(RECURSIVEMATCH) "" *',
  ]) {
    assert.throws(() => list(text), isBad, text);
  }
});
