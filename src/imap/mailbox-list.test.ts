import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MailboxName } from '../base/brands.ts';
import type { ListArguments } from '../proto/imap/list-arguments.ts';
import type { MailboxInfo, SpecialUse } from '../store/mail-store.ts';
import { listEntries, lsubEntries, mailboxTree } from './mailbox-list.ts';

const info = (name: string, specialUse?: SpecialUse, selectable = true): MailboxInfo => ({
  name: name as MailboxName,
  selectable,
  subscribed: false,
  specialUse,
});

interface Wanted {
  readonly patterns: readonly string[];
  readonly reference?: string;
  readonly subscribed?: boolean;
  readonly recursiveMatch?: boolean;
  readonly specialUse?: boolean;
  readonly returnSubscribed?: boolean;
}

function listed(
  mailboxes: readonly MailboxInfo[],
  subscriptions: readonly string[],
  wanted: Wanted,
): string[] {
  const args: ListArguments = {
    isExtended: true,
    select: {
      subscribed: wanted.subscribed ?? false,
      recursiveMatch: wanted.recursiveMatch ?? false,
      specialUse: wanted.specialUse ?? false,
    },
    reference: wanted.reference ?? '',
    patterns: wanted.patterns,
    returns: {
      subscribed: wanted.returnSubscribed ?? false,
      specialUse: false,
      status: undefined,
      myRights: false,
      metadata: undefined,
    },
  };
  const tree = mailboxTree(mailboxes, subscriptions as MailboxName[]);
  const lines: string[] = [];
  for (const entry of listEntries(tree, args, { utf8: false, specialUse: true })) {
    if (entry === undefined) continue;
    const child = entry.childInfo.length > 0 ? ` ${entry.childInfo.join(',')}` : '';
    lines.push(`${entry.name} ${entry.attributes.join(' ')}${child}`);
  }
  return lines;
}

const tree = [info('INBOX'), info('Sent', 'sent'), info('a/b'), info('a/b/c'), info('d')];

test('LIST: INBOX first, superiors without a mailbox are \\Noselect, children are told', () => {
  assert.deepEqual(listed(tree, [], { patterns: ['*'] }), [
    'INBOX \\HasNoChildren',
    'Sent \\HasNoChildren \\Sent',
    'a \\Noselect \\HasChildren',
    'a/b \\HasChildren',
    'a/b/c \\HasNoChildren',
    'd \\HasNoChildren',
  ]);
  assert.deepEqual(listed(tree, [], { patterns: ['%'] }).length, 4);
});

test('LIST: a store that names its superiors itself gives the same answer', () => {
  assert.deepEqual(
    listed([...tree, info('a', undefined, false)], [], { patterns: ['*'] }),
    listed(tree, [], { patterns: ['*'] }),
  );
});

test('I24: INBOX is listed once whatever the case of the pattern', () => {
  assert.deepEqual(listed(tree, [], { patterns: ['inbox', '%box', 'INBOX'] }), ['INBOX \\HasNoChildren']);
});

test('LIST: the reference is put before the pattern', () => {
  assert.deepEqual(listed(tree, [], { reference: 'a/', patterns: ['%'] }), ['a/b \\HasChildren']);
});

test('LIST: Cyrillic names match by their wire form', () => {
  const cyrillic = [info('Папка'), info('Другая')];
  assert.deepEqual(listed(cyrillic, [], { patterns: ['&BB8EMAQ,BDoEMA-'] }), ['Папка \\HasNoChildren']);
  assert.deepEqual(listed(cyrillic, [], { patterns: ['\xd0\x9f'] }), []);
});

test('LIST (SUBSCRIBED): only subscriptions, \\NonExistent where the mailbox is gone', () => {
  assert.deepEqual(listed(tree, ['a/b', 'gone'], { patterns: ['*'], subscribed: true }), [
    'a/b \\Subscribed \\HasChildren',
    'gone \\Subscribed \\NonExistent \\HasNoChildren',
  ]);
});

test('LIST RETURN (SUBSCRIBED): all mailboxes, subscriptions marked', () => {
  assert.deepEqual(
    listed(tree, ['d'], { patterns: ['%'], returnSubscribed: true }).at(-1),
    'd \\Subscribed \\HasNoChildren',
  );
});

test('LIST (SPECIAL-USE): only mailboxes with a use', () => {
  assert.deepEqual(listed(tree, [], { patterns: ['*'], specialUse: true }), ['Sent \\HasNoChildren \\Sent']);
});

test('LIST (SUBSCRIBED RECURSIVEMATCH): CHILDINFO for superiors of subscriptions outside the pattern only', () => {
  const wanted = { subscribed: true, recursiveMatch: true };
  assert.deepEqual(listed(tree, ['a/b/c'], { ...wanted, patterns: ['%'] }), [
    'a \\Noselect \\HasChildren SUBSCRIBED',
  ]);
  assert.deepEqual(listed(tree, ['a/b/c'], { ...wanted, patterns: ['a', 'a/b/c'] }), [
    'a/b/c \\Subscribed \\HasNoChildren',
  ]);
  assert.deepEqual(listed(tree, ['x/y'], { ...wanted, patterns: ['%'] }), [
    'x \\NonExistent \\HasNoChildren SUBSCRIBED',
  ]);
});

test('LSUB: % stops at a level and tells the superior as \\Noselect', () => {
  const subscribed = mailboxTree([], ['a/b', 'a/b/c', 'd'] as MailboxName[]);
  const lsub = (pattern: string): string[] =>
    lsubEntries(subscribed, '', pattern, false).map(({ name, attributes }) =>
      `${name} ${attributes.join(' ')}`.trim(),
    );
  assert.deepEqual(lsub('%'), ['a \\Noselect', 'd']);
  assert.deepEqual(lsub('*'), ['a/b', 'a/b/c', 'd']);
  assert.deepEqual(lsub('a/%'), ['a/b']);
});
