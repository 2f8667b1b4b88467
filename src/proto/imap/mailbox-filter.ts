// Mailboxes named by a rule (RFC 5465 6, RFC 7377 2.2): what NOTIFY and ESEARCH are asked about.

import type { MailboxName } from '../../base/brands.ts';
import { bad } from './fault.ts';
import type { TokenReader } from './token-reader.ts';

export type MailboxFilter =
  | { readonly kind: 'selected' | 'selected-delayed' | 'inboxes' | 'personal' | 'subscribed' }
  | { readonly kind: 'subtree' | 'subtree-one' | 'mailboxes'; readonly names: readonly MailboxName[] };

const plainKinds: ReadonlyMap<
  string,
  'selected' | 'selected-delayed' | 'inboxes' | 'personal' | 'subscribed'
> = new Map([
  ['SELECTED', 'selected'],
  ['SELECTED-DELAYED', 'selected-delayed'],
  ['INBOXES', 'inboxes'],
  ['PERSONAL', 'personal'],
  ['SUBSCRIBED', 'subscribed'],
]);
const namedKinds: ReadonlyMap<string, 'subtree' | 'subtree-one' | 'mailboxes'> = new Map([
  ['SUBTREE', 'subtree'],
  ['SUBTREE-ONE', 'subtree-one'],
  ['MAILBOXES', 'mailboxes'],
]);

/** One rule: a word, or a word with one name or a list of names. */
export function expectMailboxFilter(tokens: TokenReader): MailboxFilter {
  const word = tokens.expectKeyword('mailbox filter');
  const plain = plainKinds.get(word);
  if (plain !== undefined) return { kind: plain };
  const kind = namedKinds.get(word);
  if (kind === undefined) throw bad('Unknown mailbox filter');
  tokens.expectSpace('mailbox name');
  const names = tokens.isAtOpen
    ? tokens.expectList('mailbox names', () => tokens.expectMailbox())
    : [tokens.expectMailbox()];
  return { kind, names };
}

/** `(filter …)`, as ESEARCH IN has it; the scope options that RFC 7377 reserves are none yet. */
export function expectMailboxFilters(tokens: TokenReader): readonly MailboxFilter[] {
  tokens.expectOpen('mailboxes');
  const filters: MailboxFilter[] = [];
  do filters.push(expectMailboxFilter(tokens));
  while (tokens.takeSpace());
  tokens.expectClose('mailboxes');
  if (filters.some(({ kind }) => kind === 'selected-delayed')) throw bad('Unknown mailbox filter');
  return filters;
}
