import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressText } from './address-text.ts';

test('address text: comments and blanks around specials are gone, names and quoted strings stay', () => {
  const cases: [string, string][] = [
    ['<user-from (comment)@ (comment) domain.org>', '<user-from@domain.org>'],
    ['Real Name <a@b.example> , c . d @ e.example', 'Real Name<a@b.example>,c.d@e.example'],
    ['a@b.example (Name (nested) more)', 'a@b.example '],
    ['"(not a comment)" <a@b.example>', '"(not a comment)"<a@b.example>'],
    ['"a\\"(" <x@y>', '"a\\"("<x@y>'],
    ['group: a@b ;', 'group:a@b;'],
    ['open (never closed', 'open '],
    [') a@b', ') a@b'],
    ['', ''],
  ];
  for (const [field, text] of cases) assert.equal(addressText(field), text, field);
});

test('address text: cost stays linear on a field of blanks', () => {
  const before = performance.now();
  addressText(`${' '.repeat(1_000_000)}x`);
  assert.ok(performance.now() - before < 1000);
});
