// What the SMTP service is given by the composition root, and what kind of port a session serves.

import type { Clock, Random } from '../base/clock.ts';
import type { SaslServices } from '../directory/sasl/mechanism.ts';
import type { Directory } from '../directory/user-source.ts';
import type { AuthGuard } from '../host/auth-guard.ts';
import type { SpoolArea } from '../host/body-spool.ts';
import type { Log } from '../host/log.ts';
import type { Settings } from '../settings/settings.ts';
import type { RecipientSink } from './recipient-sink.ts';

export interface SmtpServices {
  readonly settings: Settings;
  readonly directory: Directory;
  /** What log-in mechanisms work with. */
  readonly sasl: SaslServices;
  readonly sink: RecipientSink;
  readonly spools: SpoolArea;
  readonly guard: AuthGuard;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: Random;
}

/** The port's role. */
export interface SmtpMode {
  /** `mx`: mail from anybody to our users. `submission`: mail from our users (RFC 6409). */
  readonly kind: 'mx' | 'submission';
  readonly implicitTls: boolean;
}
