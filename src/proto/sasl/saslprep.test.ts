import assert from 'node:assert/strict';
import { test } from 'node:test';
import { saslPrep } from './saslprep.ts';

// RFC 4013 3, and one of each kind.
const rows: readonly (readonly [string, string, string | undefined])[] = [
  ['soft hyphen goes', 'I\u00adX', 'IX'],
  ['ASCII stays', 'user', 'user'],
  ['case stays', 'USER', 'USER'],
  ['compatibility forms are folded: feminine ordinal', '\u00aa', 'a'],
  ['compatibility forms are folded: Roman numeral', '\u2168', 'IX'],
  ['a control is prohibited', '\u0007', undefined],
  ['Cyrillic composes', 'и\u0306', 'й'],
  ['a hard space is a space', 'a\u00a0b', 'a b'],
  ['private use is prohibited', 'x\ue000', undefined],
  ['a non-character is prohibited', 'x\ufffe', undefined],
  ['a direction mark is prohibited', 'x\u200e', undefined],
  ['nothing left', '\u00ad', undefined],
  ['empty', '', undefined],
];
for (const [name, text, expected] of rows) {
  test(`SASLprep: ${name}`, () => assert.equal(saslPrep(text), expected));
}
