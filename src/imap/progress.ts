// INPROGRESS (RFC 9585): tells a client that waits for a long command that the server is still at it, and how far.
//
// Clients give up on a connection that is silent; the first line comes after `imap.inProgressMs`, then one each time it has
// passed again. The answer goes out at once, since nothing else of the command may be written yet.

import { errorFields } from '../host/log.ts';
import type { ImapSession } from './session.ts';

export class Progress {
  readonly #session: ImapSession;
  readonly #goal: number;
  #nextMs: number;

  /** `goal` is the number of messages that the command will have looked at. */
  constructor(session: ImapSession, goal: number) {
    this.#session = session;
    this.#goal = goal;
    this.#nextMs = this.#after();
  }

  /** `done` messages were looked at. */
  async tell(done: number): Promise<void> {
    if (this.#session.services.clock.monotonicMs() < this.#nextMs || !this.#session.isOn('INPROGRESS'))
      return;
    this.#nextMs = this.#after();
    // RFC 9585 4: progress is below the goal as long as the command runs.
    const progress = Math.min(done, Math.max(0, this.#goal - 1));
    const tag = this.#session.commandTag;
    this.#session.untagged(`OK [INPROGRESS ("${tag}" ${progress} ${this.#goal})] Still working`);
    await this.#session.flush();
  }

  #after(): number {
    const { clock, settings } = this.#session.services;
    return clock.monotonicMs() + settings.get('imap.inProgressMs');
  }
}

/**
 * Runs work during which the command writes nothing, and tells the client each time the interval has passed that it still
 * goes on: removing 10,000 messages takes longer than some clients wait for an answer (mbsync: 20 s).
 */
export async function whileTelling<T>(session: ImapSession, work: Promise<T>): Promise<T> {
  const tell = (): void => {
    if (!session.isOn('INPROGRESS')) return;
    session.untagged(`OK [INPROGRESS ("${session.commandTag}" NIL NIL)] Still working`);
    // A client that went away is noticed by the command itself.
    session.flush().catch((error: unknown) => session.log.debug('imap.progress_lost', errorFields(error)));
  };
  const timer = setInterval(tell, session.services.settings.get('imap.inProgressMs'));
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
