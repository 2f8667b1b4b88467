import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchAnswer } from './match.ts';
import { parseResponse } from './response-value.ts';

const matches = (expected: string, received: string, variables: readonly [string, string][] = []) =>
  matchAnswer(parseResponse(expected), parseResponse(received), {
    variables: new Map(variables),
    sequence: [1, 0, 2],
  });

const cases: readonly (readonly [string, string, boolean])[] = [
  ['1 exists', '1 EXISTS', true],
  ['1 exists', '2 EXISTS', false],
  ['ok [unseen 1]', 'OK [UNSEEN 1] First unseen', true],
  ['ok [unseen 1]', 'OK [UNSEEN 12] First unseen', false],
  ['1 fetch (flags (\\seen))', '1 FETCH (UID 7 FLAGS (\\Seen \\Recent))', true],
  ['1 fetch (flags (\\seen))', '1 FETCH (FLAGS (\\Seen \\Flagged))', false],
  ['1 fetch (flags (\\seen \\flagged))', '1 FETCH (FLAGS (\\Flagged \\Seen))', true],
  [
    '1 fetch (body[header.fields (subject)] {3}\r\nabc)',
    '1 FETCH (BODY[HEADER.FIELDS (SUBJECT)] "abc")',
    true,
  ],
  ['list () $sep box', 'LIST (\\HasNoChildren) "/" "box"', true],
  ['list (\\noselect) $sep box', 'LIST (\\HasNoChildren) "/" "box"', false],
  ['list ($!unordered $!ban=\\noselect \\subscribed) $ box', 'LIST (\\Subscribed \\Noselect) "/" box', false],
  ['status box (messages 1)', 'STATUS "box" (UNSEEN 2 MESSAGES 1)', true],
  ['search 1 2', 'SEARCH 1 2 3', false],
  ['$1 expunge', '1 EXPUNGE', true],
  ['$3 expunge', '2 EXPUNGE', true],
  ['$2 expunge', '2 EXPUNGE', false],
  ['1 fetch (envelope (nil nil))', '1 FETCH (ENVELOPE (NIL "nil"))', false],
  ['1 fetch (envelope $)', '1 FETCH (ENVELOPE (NIL "nil"))', true],
];
for (const [expected, received, verdict] of cases) {
  test(`${expected} ${verdict ? 'is' : 'is not'} ${received.split('\r\n')[0]}`, () => {
    assert.equal(matches(expected, received) !== undefined, verdict);
  });
}

test('a variable takes the received value once and is compared afterwards', () => {
  const bound = matches('1 fetch (uid $uid)', '1 FETCH (UID 42)');
  assert.equal(bound?.get('uid'), '42');
  assert.equal(matches('2 fetch (uid $uid)', '2 FETCH (UID 43)', [['uid', '42']]), undefined);
});

test('modseq variables must grow by the distance of their numbers', () => {
  const bound: [string, string][] = [['modseq2', '10']];
  assert.ok(matches('ok [highestmodseq $modseq5]', 'OK [HIGHESTMODSEQ 13] x', bound));
  assert.equal(matches('1 fetch (modseq ($modseq5))', '1 FETCH (MODSEQ (12))', bound), undefined);
});
