// The account as stores know it: its key and the limits that hold now, the user's own or else those of the domain.

import { Transient } from '../base/outcome.ts';
import type { Account } from '../directory/user-source.ts';
import type { SettingsSnapshot } from '../settings/settings.ts';
import type { AccountRef } from '../store/mail-store.ts';

/** Throws Transient('routing.no_domain') when the domain was removed meanwhile: nobody can say where its mail lies. */
export function accountRef(account: Account, settings: SettingsSnapshot): AccountRef {
  const domain = settings.domain(account.domain);
  if (domain === undefined) {
    throw new Transient('routing.no_domain', 'the domain of the account is not configured any more', {
      detail: { domain: account.domain },
    });
  }
  return {
    address: account.address,
    quotaBytes: account.quotaBytes ?? domain.quotaBytes,
    quotaMessages: account.quotaMessages ?? 0,
    quotaMailboxes: account.quotaMailboxes ?? (domain.quotaMailboxes || settings.get('sharing.maxMailboxes')),
  };
}
