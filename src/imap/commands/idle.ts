// IDLE (RFC 2177): the client waits, the server tells what changes until DONE.
//
// Wakes for notifications of the bus, and looks into the store every `imap.pollMs` because a notification can be lost and
// other programs send none. `* OK Still here` every `imap.stillHereMs` keeps NAT tables and finds dead phones (I18).

import { Transient } from '../../base/outcome.ts';
import { bad } from '../../proto/imap/fault.ts';
import { afterLogin, command, ok, parseNothing } from '../command.ts';
import { type ImapSession, SessionEnd } from '../session.ts';

/** DONE with room for a client that sends a tag before it. */
const maxDoneBytes = 1000;

/** Lets a loop sleep until something happened or a time passed; signals that came meanwhile are not lost. */
class Wakeup {
  #signalled = false;
  #resolve: (() => void) | undefined;

  readonly signal = (): void => {
    this.#signalled = true;
    this.#resolve?.();
  };

  async wait(ms: number): Promise<void> {
    if (!this.#signalled) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#resolve = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#resolve = undefined;
    }
    this.#signalled = false;
  }
}

/** The client's line once it came, or why none will come. */
interface Ending {
  line?: Buffer | undefined;
  error?: unknown;
}

async function waitForDone(session: ImapSession): Promise<Ending> {
  const { settings, clock } = session.services;
  const wakeup = new Wakeup();
  let ending: Ending | undefined;
  let changed = false;
  session.onChange = () => {
    changed = true;
    wakeup.signal();
  };
  // RFC 5465 4: NOTIFY goes on inside IDLE; what came until now is told here.
  session.notification?.wake();
  const reading = session
    .waitForClient(() => session.lines.readLine(maxDoneBytes, () => session.waitMs()))
    .then(
      (line) => {
        ending = { line };
      },
      (error: unknown) => {
        ending = { error };
      },
    )
    .finally(wakeup.signal);
  try {
    let pollAt = clock.monotonicMs() + settings.get('imap.pollMs');
    let stillHereAt = clock.monotonicMs() + settings.get('imap.stillHereMs');
    while (ending === undefined) {
      await wakeup.wait(Math.max(1, Math.min(pollAt, stillHereAt) - clock.monotonicMs()));
      if (ending !== undefined) break;
      const now = clock.monotonicMs();
      const poll = now >= pollAt;
      if (now >= stillHereAt) {
        session.untagged('OK Still here');
        stillHereAt = now + settings.get('imap.stillHereMs');
      }
      if (poll || changed) {
        changed = false;
        await session.selected?.announce({ expunges: true, poll });
        await session.notification?.tell();
        if (poll) pollAt = now + settings.get('imap.pollMs');
      }
      await session.flush();
    }
    await reading;
    return ending;
  } catch (error) {
    return { error };
  } finally {
    session.onChange = undefined;
  }
}

export const idle = command({
  name: 'IDLE',
  states: afterLogin,
  announce: 'all',
  capability: 'IDLE',
  parse: parseNothing,
  async run(session) {
    session.write('+ idling\r\n');
    await session.selected?.announce({ expunges: true, poll: true });
    await session.flush();
    const { line, error } = await waitForDone(session);
    if (error !== undefined) throw error;
    if (session.stopText !== undefined) throw new SessionEnd('imap.stopped', session.stopText);
    if (line === undefined) throw new Transient('host.closed', 'the client left while idling');
    if (line.toString('latin1').toUpperCase() !== 'DONE') throw bad('Expected DONE');
    return ok('IDLE completed');
  },
});
