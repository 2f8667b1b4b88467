import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tokenizeFragment } from '../../native/imap-wire.ts';
import { bad } from './fault.ts';
import { expectSearch, type SearchArguments, type SearchKey } from './search-key.ts';
import { TokenReader } from './token-reader.ts';

const decoders: Record<string, (octets: Buffer) => string> = {
  none: (octets) => octets.toString('latin1'),
  'UTF-8': (octets) => octets.toString('utf8'),
};

/** Parses ` <text>` as the arguments of SEARCH. */
function parse(text: string): SearchArguments {
  const tokens = new TokenReader({ utf8: false, maxRanges: 100 });
  const octets = Buffer.from(`x ${text}`, 'utf8');
  tokens.push({ octets, ...tokenizeFragment(octets) });
  tokens.takeRawAtom();
  return expectSearch(tokens, {
    charset: (name) => decoders[name ?? 'none'] ?? assert.fail(`charset ${name}`),
  });
}

const keyOf = (text: string): SearchKey => parse(text).key;
const seen: SearchKey = { kind: 'flag', flag: 'seen' };
const all: SearchKey = { kind: 'all' };
const seq = (n: number): SearchKey => ({ kind: 'seqs', set: { bounds: [n, n] } });

test('search keys: every key of RFC 3501 in any case', () => {
  const not = (key: SearchKey): SearchKey => ({ kind: 'not', key });
  const header = (name: string, text: string): SearchKey => ({ kind: 'header', name, text });
  const cases: [string, SearchKey][] = [
    ['all', all],
    ['ANSWERED', { kind: 'flag', flag: 'answered' }],
    ['Bcc a', header('bcc', 'a')],
    ['BEFORE 1-Jan-1970', { kind: 'internal-date', test: 'before', day: 0 }],
    ['BODY "a b"', { kind: 'text', scope: 'body', text: 'a b' }],
    ['CC ""', header('cc', '')],
    ['DELETED', { kind: 'flag', flag: 'deleted' }],
    ['DRAFT', { kind: 'flag', flag: 'draft' }],
    ['FLAGGED', { kind: 'flag', flag: 'flagged' }],
    ['FROM x@y', header('from', 'x@y')],
    ['HEADER X-Foo bar]', header('X-Foo', 'bar]')],
    ['KEYWORD $Junk', { kind: 'keyword', name: '$Junk' }],
    ['LARGER 0', { kind: 'larger', bytes: 0 }],
    ['NEW', { kind: 'and', keys: [{ kind: 'recent' }, not(seen)] }],
    ['OLD', not({ kind: 'recent' })],
    ['ON "2-Jan-1970"', { kind: 'internal-date', test: 'on', day: 1 }],
    ['RECENT', { kind: 'recent' }],
    ['SEEN', seen],
    ['SENTBEFORE 1-Jan-1970', { kind: 'sent-date', test: 'before', day: 0 }],
    ['SENTON 1-Jan-1970', { kind: 'sent-date', test: 'on', day: 0 }],
    ['SENTSINCE 1-Jan-1970', { kind: 'sent-date', test: 'since', day: 0 }],
    ['SINCE 1-Jan-1970', { kind: 'internal-date', test: 'since', day: 0 }],
    ['SMALLER 4294967295', { kind: 'smaller', bytes: 4_294_967_295 }],
    ['SUBJECT NIL', header('subject', 'NIL')],
    ['TEXT "\\"q\\""', { kind: 'text', scope: 'message', text: '"q"' }],
    ['TO a', header('to', 'a')],
    ['UID 4:*', { kind: 'uids', set: { bounds: [4, 0] } }],
    ['UNANSWERED', not({ kind: 'flag', flag: 'answered' })],
    ['UNDELETED', not({ kind: 'flag', flag: 'deleted' })],
    ['UNDRAFT', not({ kind: 'flag', flag: 'draft' })],
    ['UNFLAGGED', not({ kind: 'flag', flag: 'flagged' })],
    ['UNKEYWORD a', not({ kind: 'keyword', name: 'a' })],
    ['UNSEEN', not(seen)],
    ['2,*', { kind: 'seqs', set: { bounds: [2, 2, 0, 0] } }],
    ['*', { kind: 'seqs', set: { bounds: [0, 0] } }],
    ['MODSEQ 7', { kind: 'modseq', atLeast: 7 }],
    ['MODSEQ "/flags/\\\\draft" all 7', { kind: 'modseq', atLeast: 7 }],
  ];
  for (const [text, key] of cases) assert.deepEqual(keyOf(text), key, text);
});

test('search keys: lists, OR and NOT nest, chains are flat', () => {
  assert.deepEqual(keyOf('1 2 (3 (4 5))'), { kind: 'and', keys: [seq(4), seq(5), seq(3), seq(1), seq(2)] });
  assert.deepEqual(keyOf('OR 1 OR 2 OR 3 4'), { kind: 'or', keys: [seq(3), seq(4), seq(2), seq(1)] });
  assert.deepEqual(keyOf('NOT NOT SEEN'), seen);
  assert.deepEqual(keyOf('NOT (SEEN ALL)'), { kind: 'not', key: { kind: 'and', keys: [seen, all] } });
  assert.deepEqual(keyOf('OR (1 2) NOT 3'), {
    kind: 'or',
    keys: [
      { kind: 'and', keys: [seq(1), seq(2)] },
      { kind: 'not', key: seq(3) },
    ],
  });
  assert.deepEqual(keyOf('((((ALL))))'), all);
});

test('search keys: RETURN options, an empty list is ALL, CHARSET decides how strings are read', () => {
  assert.equal(parse('ALL').returns, undefined);
  const named = (text: string) =>
    Object.entries(parse(text).returns ?? {}).flatMap(([name, value]) => (value ? [name] : []));
  assert.deepEqual(named('RETURN () ALL'), ['all']);
  assert.deepEqual(named('RETURN (MIN max COUNT) ALL'), ['min', 'max', 'count']);
  assert.deepEqual(named('RETURN (SAVE) ALL'), ['save']);
  const { key, returns } = parse('RETURN (COUNT) CHARSET UTF-8 SUBJECT ab');
  assert.deepEqual(key, { kind: 'header', name: 'subject', text: 'ab' });
  assert.equal(returns?.count, true);
  assert.equal(returns?.all, false);
  assert.equal(parse('CHARSET "UTF-8" ALL').key.kind, 'all');
  assert.equal(parse('OR MODSEQ 3 ALL').usesModSeq, true);
  assert.equal(parse('ALL').usesModSeq, false);
});

test('search keys: what the grammar forbids is BAD', () => {
  for (const text of [
    '',
    'FOO',
    'NOT',
    'OR ALL',
    'OR ALL ',
    '()',
    '(ALL',
    'ALL)',
    'ALL ()',
    'BEFORE 32-Jan-2020',
    'BEFORE',
    'KEYWORD',
    'KEYWORD \\Seen',
    'LARGER -1',
    'LARGER 4294967296',
    'UID 0',
    'UID',
    '0',
    '1:',
    'HEADER a',
    'SUBJECT',
    'SUBJECT (a)',
    'RETURN (FOO) ALL',
    'RETURN ALL',
    'RETURN (MIN)',
    'CHARSET UTF-8',
    'MODSEQ',
    'MODSEQ "/flags/x" some 1',
    'UNALL',
    'SENTLARGER 1',
  ]) {
    assert.throws(() => parse(text), { status: 'BAD' }, text);
  }
});

test('search keys: every key, operator and parenthesis counts, however deep', () => {
  assert.equal(parse('ALL').keyCount, 1);
  assert.equal(parse('NOT (1 OR 2 3)').keyCount, 6);
  const deep = `${'NOT '.repeat(10_000)}ALL`;
  assert.equal(parse(deep).keyCount, 10_001);
  assert.equal(parse(`${'('.repeat(10_000)}ALL${')'.repeat(10_000)}`).keyCount, 10_001);
});

test('search keys: parsing a long chain of OR stays linear', () => {
  const started = performance.now();
  parse(`${'OR 1 '.repeat(12_000)}1`);
  parse(`${'OR '.repeat(12_000)}1${' 1'.repeat(12_000)}`);
  assert.ok(performance.now() - started < 2000);
});

test('search keys: a decoder that refuses its octets refuses the command', () => {
  decoders.broken = () => {
    throw bad('no such character');
  };
  assert.throws(() => parse('CHARSET broken SUBJECT a'), { status: 'BAD' });
});

test('search keys: those of the extensions', () => {
  const cases: [string, SearchKey][] = [
    ['OLDER 5', { kind: 'older', seconds: 5 }],
    ['YOUNGER 86400', { kind: 'younger', seconds: 86_400 }],
    ['$', { kind: 'saved' }],
    ['UID $', { kind: 'saved' }],
    ['SAVEDATESUPPORTED', { kind: 'save-date-kept' }],
    ['EMAILID M1-2', { kind: 'email-id', id: 'M1-2' }],
    ['threadid T_a', { kind: 'thread-id', id: 'T_a' }],
    ['FUZZY SUBJECT words', { kind: 'fuzzy', field: 'subject', text: 'words' }],
    ['FUZZY BODY x', { kind: 'fuzzy', field: 'body', text: 'x' }],
    ['FUZZY SEEN', { kind: 'flag', flag: 'seen' }],
    ['FUZZY NOT TEXT x', { kind: 'not', key: { kind: 'fuzzy', field: 'message', text: 'x' } }],
    [
      'FUZZY (TEXT x SEEN)',
      {
        kind: 'and',
        keys: [
          { kind: 'fuzzy', field: 'message', text: 'x' },
          { kind: 'flag', flag: 'seen' },
        ],
      },
    ],
  ];
  for (const [text, key] of cases) assert.deepEqual(parse(text).key, key, text);
  assert.equal(parse('SAVEDSINCE 1-Feb-2020').key.kind, 'save-date');
  assert.equal(parse('OR 1:2 ALL').usesSeqs, true);
  assert.equal(parse('UID 1:2').usesSeqs, false);
  for (const wrong of [
    'OLDER 0',
    'OLDER x',
    'EMAILID "a b"',
    'FUZZY',
    'SAVEDON',
    'SAVEDFOO 1-Feb-2020',
    '$ $$',
  ]) {
    assert.throws(() => parse(wrong), { status: 'BAD' }, wrong);
  }
});
