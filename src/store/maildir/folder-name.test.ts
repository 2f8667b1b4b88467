import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MailboxName } from '../../base/brands.ts';
import { Permanent } from '../../base/outcome.ts';
import { canonicalName, compareNames, directoryOfName, nameOfDirectory, parentsOf } from './folder-name.ts';

const name = (text: string): MailboxName => text as MailboxName;

const pairs: readonly (readonly [mailbox: string, directory: string])[] = [
  ['INBOX', ''],
  ['INBOX/Sub', '.INBOX.Sub'],
  ['A/B/C', '.A.B.C'],
  ['Абв&где', '.&BBAEMQQy-&-&BDMENAQ1-'],
  ['ёлка/Ёлка', '.&BFEEOwQ6BDA-.&BAEEOwQ6BDA-'],
  ['a.b', '.a\\2eb'],
  ['..', '.\\2e\\2e'],
  ['back\\slash', '.back\\5cslash'],
  ['\\2e', '.\\5c2e'],
  ['~root', '.\\7eroot'],
  ['a~b/~c', '.a~b.~c'],
  ['with space', '.with space'],
  ['*%"', '.*%"'],
];

for (const [mailbox, directory] of pairs) {
  test(`folder name: ${mailbox} ↔ ${directory}`, () => {
    assert.equal(directoryOfName(name(mailbox)), directory);
    assert.equal(nameOfDirectory(directory), mailbox);
  });
}

test('folder name: other programs’ spellings are read, nonsense is not a folder', () => {
  const found: [directory: string, mailbox: string | undefined][] = [
    ['.Черновики', 'Черновики'],
    ['.a\\b', 'a\\b'],
    ['.a\\2Eb', 'a.b'],
    ['.inbox.Sub', 'INBOX/Sub'],
    ['.INBOX', undefined],
    ['.inbox', undefined],
    ['..', undefined],
    ['.a..b', undefined],
    ['.a.', undefined],
    ['.&AGE-', undefined],
    ['.&BBAEM', undefined],
    ['.a\\2fb', undefined],
    ['.a\u0001b', undefined],
    ['.a\ufffdb', undefined],
    ['cur', undefined],
  ];
  for (const [directory, mailbox] of found) assert.equal(nameOfDirectory(directory), mailbox, directory);
});

test('folder name: nothing leads out of the tree', () => {
  for (const text of ['../x', 'a/../b', '/etc', 'a\u0000b', '', 'a//b', 'a/', 'a\u0085b', '\ud800']) {
    try {
      const directory = directoryOfName(name(text));
      assert.match(directory, /^\.[^/\0]+$/);
      assert.ok(directory !== '..', directory);
    } catch (error) {
      assert.ok(error instanceof Permanent && error.code === 'store.bad_mailbox_name');
    }
  }
});

test('folder name: 255 octets on disk are the limit', () => {
  assert.equal(directoryOfName(name('x'.repeat(254))).length, 255);
  assert.throws(() => directoryOfName(name('x'.repeat(255))), Permanent);
  assert.throws(() => directoryOfName(name('d/'.repeat(64).concat('e'))), Permanent);
});

test('folder name: INBOX in any case is the first level only', () => {
  assert.equal(canonicalName('inbox'), 'INBOX');
  assert.equal(canonicalName('Inbox/a/inbox'), 'INBOX/a/inbox');
  assert.equal(canonicalName('inboxes'), 'inboxes');
});

test('folder name: order and parents', () => {
  assert.deepEqual(['b', 'INBOX', 'a', 'INBOX/x'].map(name).sort(compareNames), [
    'INBOX',
    'INBOX/x',
    'a',
    'b',
  ]);
  assert.deepEqual(parentsOf(name('a/b/c')), ['a', 'a/b']);
  assert.deepEqual(parentsOf(name('a')), []);
});
