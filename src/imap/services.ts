// What the IMAP service is given by the composition root: ports and host facilities, nothing it could reach around.

import type { DomainName } from '../base/brands.ts';
import type { Clock } from '../base/clock.ts';
import type { Bus } from '../cluster/bus.ts';
import type { SaslServices } from '../directory/sasl/mechanism.ts';
import type { Directory } from '../directory/user-source.ts';
import type { AuthGuard } from '../host/auth-guard.ts';
import type { SpoolArea } from '../host/body-spool.ts';
import type { Log } from '../host/log.ts';
import type { Settings } from '../settings/settings.ts';
import type { MailStore } from '../store/mail-store.ts';

/** Limits to set; members that are absent stay. 0 = unlimited. */
export interface QuotaLimits {
  readonly quotaBytes?: number;
  readonly quotaMessages?: number;
  readonly quotaMailboxes?: number;
}

export interface ImapServices {
  readonly settings: Settings;
  readonly directory: Directory;
  /** What log-in mechanisms work with. */
  readonly sasl: SaslServices;
  /** The store that holds a domain's mail. Throws Transient when it cannot be opened now. */
  readonly stores: (domain: DomainName) => MailStore;
  /**
   * Sets limits of a user durably; false when the user's source cannot be written. Throws Transient while another program
   * writes it.
   */
  readonly setQuota: (address: string, limits: QuotaLimits) => Promise<boolean>;
  readonly bus: Bus;
  readonly log: Log;
  readonly guard: AuthGuard;
  readonly clock: Clock;
  /** Where binary messages wait until their structure is known. */
  readonly spools: SpoolArea;
}
