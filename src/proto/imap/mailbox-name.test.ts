import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ImapFault } from './fault.ts';
import {
  decodeMailboxName,
  decodeModifiedUtf7,
  encodeModifiedUtf7,
  formatMailboxName,
  maxMailboxLevels,
  maxMailboxNameBytes,
  normaliseInbox,
  wireMailboxName,
} from './mailbox-name.ts';

const canonical: readonly (readonly [string, string])[] = [
  ['INBOX', 'INBOX'],
  // I16
  ['Абв&где', '&BBAEMQQy-&-&BDMENAQ1-'],
  ['&', '&-'],
  ['a&b', 'a&-b'],
  ['Отправленные', '&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-'],
  // RFC 3501 5.1.3
  ['~peter/mail/台北/日本語', '~peter/mail/&U,BTFw-/&ZeVnLIqe-'],
  ['pää', 'p&AOQA5A-'],
  ['😀', '&2D3eAA-'],
  ['a😀b', 'a&2D3eAA-b'],
  ['Ж-Ж', '&BBY--&BBY-'],
];

for (const [name, wire] of canonical) {
  test(`modified UTF-7: ${wire} is one name in both directions`, () => {
    assert.equal(encodeModifiedUtf7(name), wire);
    assert.equal(decodeModifiedUtf7(wire), name);
  });
}

const refused: readonly (readonly [string, string])[] = [
  ['&', 'unfinished shift'],
  ['&AOQ', 'unfinished shift'],
  ['&AGE-', 'ASTRING character inside a shift'],
  ['&U,BTFw-&ZeVnLIqe-', 'superfluous shift back'],
  ['&Jjo!', 'character outside the alphabet'],
  ['&AOR-', 'pad bits not zero'],
  ['&AOQAA-', 'a whole superfluous character'],
  ['&2D0-', 'lone high surrogate'],
  ['&3gA-', 'lone low surrogate'],
  ['p\xe4', 'raw 8-bit'],
  ['a\tb', 'control'],
  ['&ACY-', 'ampersand spelt as a shift'],
];

for (const [wire, why] of refused) {
  test(`I16: ${JSON.stringify(wire)} is refused: ${why}`, () => {
    assert.equal(decodeModifiedUtf7(wire), undefined);
    assert.throws(
      () => decodeMailboxName(Buffer.from(wire, 'latin1'), false),
      (error) => error instanceof ImapFault && error.status === 'NO' && error.responseCode === 'CANNOT',
    );
  });
}

test('I16: no name has two encoded forms: every short text decodes to a name that encodes to that text, or not at all', () => {
  let decoded = 0;
  const visit = (text: string): void => {
    const name = decodeModifiedUtf7(text);
    if (name !== undefined) {
      decoded++;
      if (encodeModifiedUtf7(name) !== text) assert.fail(JSON.stringify(text));
    }
    if (text.length < 5) for (const character of '&-ABQw8,') visit(text + character);
  };
  visit('');
  assert.ok(decoded > 1000);
});

test('modified UTF-7: every character of the basic plane survives a round trip', () => {
  for (let code = 0x20; code < 0x10000; code += 1) {
    if (code === 0x7f || (code >= 0xd800 && code <= 0xdfff)) continue;
    const name = `x${String.fromCharCode(code)}y`;
    assert.equal(decodeModifiedUtf7(encodeModifiedUtf7(name)), name);
  }
});

test('I24: INBOX is one mailbox in any case, also as the first level', () => {
  assert.equal(normaliseInbox('inbox'), 'INBOX');
  assert.equal(normaliseInbox('iNbOx/X'), 'INBOX/X');
  assert.equal(normaliseInbox('Inboxes'), 'Inboxes');
  assert.equal(normaliseInbox('a/inbox'), 'a/inbox');
  assert.equal(decodeMailboxName(Buffer.from('InBoX/Sub'), false), 'INBOX/Sub');
});

test('mailbox name: empty levels, controls and too many levels are refused', () => {
  const levels = (count: number): string => Array.from({ length: count }, () => 'a').join('/');
  for (const name of ['/a', 'a/', 'a//b', levels(maxMailboxLevels + 1), '&AA0-', '&AIU-', '&ICg-']) {
    assert.throws(() => decodeMailboxName(Buffer.from(name), false), ImapFault, name);
  }
  assert.equal(decodeMailboxName(Buffer.from(levels(maxMailboxLevels)), false), levels(maxMailboxLevels));
});

test('mailbox name: the length bound counts UTF-8 octets', () => {
  const longest = 'a'.repeat(maxMailboxNameBytes);
  assert.equal(decodeMailboxName(Buffer.from(longest), false), longest);
  assert.throws(() => decodeMailboxName(Buffer.from(`${longest}a`), false), ImapFault);
  const cyrillic = encodeModifiedUtf7('ж'.repeat(maxMailboxNameBytes / 2 + 1));
  assert.throws(() => decodeMailboxName(Buffer.from(cyrillic), false), ImapFault);
});

test('UTF8=ACCEPT: names are UTF-8 and nothing else', () => {
  assert.equal(decodeMailboxName(Buffer.from('Абв&где'), true), 'Абв&где');
  assert.throws(() => decodeMailboxName(Buffer.from([0x61, 0xc0, 0xaf]), true), ImapFault);
  assert.equal(wireMailboxName('ж', true), '\xd0\xb6');
});

test('I06: quote and backslash of a name are escaped in answers', () => {
  assert.equal(formatMailboxName('ab"c\\d', false), '"ab\\"c\\\\d"');
  assert.equal(formatMailboxName('Абв&где', false), '"&BBAEMQQy-&-&BDMENAQ1-"');
});
