// The mailboxes of others and the public ones that a user may look up, for LIST.
//
// The share lists say where to look, the access lists decide (RFC 4314 4: `l`). An owner whose directory or store does not
// answer is left out of the list; everybody else's mailboxes are there.

import type { MailboxName } from '../../base/brands.ts';
import { Permanent, Transient } from '../../base/outcome.ts';
import type { Rights } from '../acl.ts';
import type { MailboxInfo } from '../mail-store.ts';
import type { OwnerAccount } from './owner-account.ts';
import type { Owners } from './owners.ts';

/** All of them, with rights. `subscribed`: names as the user sees them. */
export async function sharedMailboxes(
  owners: Owners,
  subscribed: ReadonlySet<MailboxName>,
): Promise<MailboxInfo[]> {
  const { others, shared } = owners.prefixes;
  const found: MailboxInfo[] = [];
  if (others !== '') {
    for (const [address, names] of await sharesByOwner(owners)) {
      const infos = await quietly(async () => {
        const owner = await owners.sharing(address);
        return owner === undefined ? [] : await visible(owner, (name) => names.has(name), subscribed);
      });
      found.push(...infos);
    }
  }
  if (shared !== '') {
    const infos = await quietly(async () => {
      const owner = await owners.public();
      return owner === undefined ? [] : await visible(owner, (name) => name !== 'INBOX', subscribed);
    });
    found.push(...infos);
  }
  return found;
}

async function sharesByOwner(owners: Owners): Promise<Map<string, Set<MailboxName>>> {
  const byOwner = new Map<string, Set<MailboxName>>();
  for (const { account, mailbox } of await owners.shares()) {
    const names = byOwner.get(account) ?? new Set();
    byOwner.set(account, names.add(mailbox));
  }
  return byOwner;
}

async function quietly(work: () => Promise<MailboxInfo[]>): Promise<MailboxInfo[]> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Transient) return [];
    throw error;
  }
}

async function visible(
  owner: OwnerAccount,
  isCandidate: (name: MailboxName) => boolean,
  subscribed: ReadonlySet<MailboxName>,
): Promise<MailboxInfo[]> {
  const found: MailboxInfo[] = [];
  for (const info of await owner.mail.mailboxes()) {
    if (!info.selectable || !isCandidate(info.name)) continue;
    const rights = await rightsOrNone(owner, info.name);
    if (rights?.has('l') !== true) continue;
    const name = owner.outward(info.name);
    // Whose \Sent it is would mislead clients that look for their own (RFC 6154 2).
    const source = { account: owner.address, mailbox: info.name };
    found.push({ ...info, name, rights, source, subscribed: subscribed.has(name), specialUse: undefined });
  }
  return found;
}

/** Undefined when the mailbox went away between the list and the look. */
async function rightsOrNone(owner: OwnerAccount, name: MailboxName): Promise<Rights | undefined> {
  try {
    return await owner.rights(name);
  } catch (error) {
    if (error instanceof Permanent) return undefined;
    throw error;
  }
}
