// What a command is to the loop: a row of the table with its handler.

import type { SmtpSession } from './session.ts';

export interface Command {
  /** In capitals. */
  readonly verb: string;
  /** Shown by HELP. */
  readonly usage: string;
  /** True for commands that bring no message further; many of them in a row end the session. */
  readonly isIdle: boolean;
  /**
   * Does the work and queues exactly one reply, or throws the failure that becomes the reply. Returns a promise only when it
   * has to wait: most commands of a pipeline run without a turn of the event loop.
   */
  readonly run: (session: SmtpSession, argument: string) => Promise<void> | undefined;
}
