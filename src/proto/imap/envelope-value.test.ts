import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstAddress, parseEnvelope } from './envelope-value.ts';

const text = (value: unknown): unknown =>
  Buffer.isBuffer(value) ? value.toString() : Array.isArray(value) ? value.map(text) : value;

test('envelope: lists, quoted strings with escapes, literals, NIL', () => {
  const octets = Buffer.from('("d" {3}\r\na"b (("n\\"" NIL "m" "h")(NIL NIL "x" "y")) NIL)');
  const nothing = undefined;
  assert.deepEqual(text(parseEnvelope(octets)), [
    'd',
    'a"b',
    [
      ['n"', nothing, 'm', 'h'],
      [nothing, nothing, 'x', 'y'],
    ],
    nothing,
  ]);
});

test('envelope: the first address of a list, a group by its name', () => {
  const address = (list: string) => {
    const found = firstAddress(parseEnvelope(Buffer.from(`(${list})`))[0]);
    return found === undefined ? undefined : found.mailbox.toString();
  };
  assert.equal(address('((NIL NIL "a" "b")(NIL NIL "c" "d"))'), 'a');
  assert.equal(address('((NIL NIL "group" NIL)(NIL NIL "c" "d")(NIL NIL NIL NIL))'), 'group');
  assert.equal(address('((NIL NIL NIL NIL))'), undefined);
  assert.equal(address('NIL'), undefined);
});

test('envelope: any octets end, deep nesting costs no stack', () => {
  for (const odd of ['', '(', '"', '("', '{', '{9', '{x}\r\n', '{99}\r\nab', ')))', '(NI', 'abc']) {
    assert.ok(Array.isArray(parseEnvelope(Buffer.from(odd))), odd);
  }
  parseEnvelope(Buffer.from('('.repeat(500_000)));
});
