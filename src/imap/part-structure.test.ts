import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodedStructure, partStructure } from './part-structure.ts';

const text = '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 1 NIL NIL NIL NIL)';
const image = '("image" "png" NIL NIL {3}\r\na)b "base64" 8 NIL NIL NIL NIL)';
const inner = `(${text}${image} "mixed" ("boundary" "a\\"b") NIL NIL NIL)`;
const message = `("message" "rfc822" NIL NIL NIL "7bit" 99 ("d" NIL NIL NIL NIL NIL NIL NIL NIL NIL) ${inner} 5 NIL NIL NIL NIL)`;
const whole = `(${text}${message} "mixed" NIL NIL NIL NIL)`;

test('part structure: by number, into multiparts and messages', () => {
  const of = (structure: string, ...path: number[]) =>
    partStructure(Buffer.from(structure, 'latin1'), path)?.toString('latin1');
  assert.equal(of(whole), whole);
  assert.equal(of(whole, 1), text);
  assert.equal(of(whole, 2), message);
  assert.equal(of(whole, 2, 1), text);
  assert.equal(of(whole, 2, 2), image);
  assert.equal(of(whole, 3), undefined);
  assert.equal(of(whole, 2, 3), undefined);
  assert.equal(of(whole, 1, 1), undefined);
  assert.equal(of(text, 1), text);
  assert.equal(of(text, 2), undefined);
  for (const broken of ['', '(', '("', '({9', '((((']) of(broken, 1, 1);
});

test('part structure: decoded, only leaves change', () => {
  const changed = (part: string) =>
    decodedStructure(Buffer.from(part, 'latin1'), '8bit', 7).toString('latin1');
  assert.equal(changed(text), '("text" "plain" ("charset" "us-ascii") NIL NIL "8bit" 7 0 NIL NIL NIL NIL)');
  assert.equal(changed(image), '("image" "png" NIL NIL {3}\r\na)b "8bit" 7 NIL NIL NIL NIL)');
  for (const other of [inner, message]) assert.equal(changed(other), other);
});
