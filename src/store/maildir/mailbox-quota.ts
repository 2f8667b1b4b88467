// The limit on the number of mailboxes (RFC 9208 5.3): counted from the folders on disk when one is made, INBOX included.

import type { MailboxName } from '../../base/brands.ts';
import { Permanent } from '../../base/outcome.ts';
import type { AccountRef } from '../mail-store.ts';
import type { AccountState } from './account-state.ts';
import { parentsOf } from './folder-name.ts';

/**
 * Throws Permanent('store.too_many_mailboxes') unless `wanted` and the superiors they lack may be made. The account lock is
 * held, so two creations cannot pass together.
 */
export async function assertRoomForMailboxes(
  account: AccountState,
  ref: AccountRef,
  wanted: readonly MailboxName[],
): Promise<void> {
  const limit = ref.quotaMailboxes ?? 0;
  if (limit === 0 || wanted.length === 0) return;
  const list = await account.lister.list();
  const fresh = new Set<MailboxName>();
  for (const name of wanted) {
    for (const one of [...parentsOf(name), name]) if (!list.has(one)) fresh.add(one);
  }
  if (fresh.size === 0 || list.size + fresh.size <= limit) return;
  throw new Permanent('store.too_many_mailboxes', `account has its ${limit} mailboxes: ${ref.address}`);
}
