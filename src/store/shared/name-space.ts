// Names of mailboxes that belong to somebody else: `<others>/<owner's address>/<mailbox>` and `<public>/<mailbox>`. Pure.
//
// The first levels are settings and may be in any script. An address that holds `/` or `%` is percent-encoded, so that it
// stays one level.

import type { MailboxName } from '../../base/brands.ts';
import { normaliseInbox } from '../../proto/imap/mailbox-name.ts';

/** First levels; '' switches a namespace off. */
export interface NamePrefixes {
  readonly others: string;
  readonly shared: string;
}

/** Where a name leads. */
export type Place =
  /** In the personal namespace. */
  | { readonly kind: 'own' }
  /** A level above the mailboxes of others, which is no mailbox itself. */
  | { readonly kind: 'level' }
  | { readonly kind: 'other'; readonly owner: string; readonly name: MailboxName }
  | { readonly kind: 'public'; readonly name: MailboxName };

const encodeOwner = (address: string): string =>
  address.replaceAll(/[%/]/g, (sign) => (sign === '/' ? '%2F' : '%25'));
const decodeOwner = (level: string): string =>
  level.replaceAll(/%(2F|25)/g, (_, hex: string) => (hex === '25' ? '%' : '/'));

/** Finds out what a name means. */
export function placeOf(name: string, { others, shared }: NamePrefixes): Place {
  if (others !== '' && (name === others || name.startsWith(`${others}/`))) {
    const [owner, ...levels] = name.slice(others.length + 1).split('/');
    if (owner === undefined || owner === '' || levels.length === 0) return { kind: 'level' };
    return {
      kind: 'other',
      owner: decodeOwner(owner).toLowerCase(),
      name: normaliseInbox(levels.join('/')) as MailboxName,
    };
  }
  if (shared !== '' && (name === shared || name.startsWith(`${shared}/`))) {
    if (name === shared) return { kind: 'level' };
    return { kind: 'public', name: normaliseInbox(name.slice(shared.length + 1)) as MailboxName };
  }
  return { kind: 'own' };
}

/** The name under which sessions see a mailbox of another user. */
export const otherName = ({ others }: NamePrefixes, owner: string, name: MailboxName): MailboxName =>
  `${others}/${encodeOwner(owner)}/${name}` as MailboxName;

/** The name under which sessions see a public mailbox. */
export const publicName = ({ shared }: NamePrefixes, name: MailboxName): MailboxName =>
  `${shared}/${name}` as MailboxName;

/** Superiors of a name, nearest first. */
export function superiorsOf(name: MailboxName): MailboxName[] {
  const levels = name.split('/');
  return levels.slice(1).map((_, cut) => levels.slice(0, levels.length - 1 - cut).join('/') as MailboxName);
}
