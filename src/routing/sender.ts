// Which sender addresses an account may use in submission (RFC 6409 6.1): its own, its aliases, and domain aliases that
// lead to it alone; each with a tag too. Catch-all and role addresses are nobody's.

import type { Account } from '../directory/user-source.ts';
import { type Mailbox, normalAddress } from '../proto/address/mailbox.ts';
import { type RoutingInput, resolveRoute } from './resolve.ts';

/** True when mail to `sender` would reach exactly this account. */
export async function ownsAddress(input: RoutingInput, account: Account, sender: Mailbox): Promise<boolean> {
  const address = normalAddress(sender);
  if (address === account.address || account.aliases.includes(address)) return true;
  const { route } = await resolveRoute(input, sender);
  if (route.kind !== 'local' || (route.match !== 'account' && route.match !== 'alias')) return false;
  return route.accounts.length === 1 && route.accounts[0]?.address === account.address;
}
