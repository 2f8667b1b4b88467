// What the POP3 service is given by the composition root: ports and host facilities.

import type { DomainName } from '../base/brands.ts';
import type { Clock } from '../base/clock.ts';
import type { Bus } from '../cluster/bus.ts';
import type { SaslServices } from '../directory/sasl/mechanism.ts';
import type { AuthGuard } from '../host/auth-guard.ts';
import type { HeldName } from '../host/exclusive-name.ts';
import type { Log } from '../host/log.ts';
import type { Settings } from '../settings/settings.ts';
import type { MailStore } from '../store/mail-store.ts';

export interface Pop3Services {
  readonly settings: Settings;
  readonly sasl: SaslServices;
  /** The store that holds a domain's mail. Throws Transient when it cannot be opened now. */
  readonly stores: (domain: DomainName) => MailStore;
  readonly bus: Bus;
  readonly guard: AuthGuard;
  /** Takes an account's maildrop for one session of all workers; undefined when another one has it. */
  readonly lockMaildrop: (address: string) => Promise<HeldName | undefined>;
  readonly log: Log;
  readonly clock: Clock;
}
