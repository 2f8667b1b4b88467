// The logged-in sessions of this worker by account: who hears of changes, and how many one user may have.
//
// One bus subscription serves all sessions. When a user has too many, the one that waits longest for its client goes first:
// a dead phone holds its connection for half an hour and must not lock its owner out (I18). Sessions at work are never cut.

import type { Bus } from '../cluster/bus.ts';
import type { ImapSession } from './session.ts';

export class SessionRegistry {
  readonly #sessions = new Map<string, Set<ImapSession>>();
  readonly #unsubscribe: () => void;

  constructor(bus: Bus) {
    this.#unsubscribe = bus.subscribe('mailbox.changed', ({ account, mailbox }) => {
      for (const session of this.#sessions.get(account) ?? []) session.noteChange(mailbox);
    });
  }

  /** Counts a session of `account`; false when `limit` sessions are there and none of them waits for its client. */
  add(session: ImapSession, account: string, limit: number): boolean {
    const sessions = this.#sessions.get(account) ?? new Set();
    if (sessions.size >= limit) {
      const idlest = longestWaiting(sessions);
      if (idlest === undefined) return false;
      sessions.delete(idlest);
      idlest.log.info('imap.session_displaced', { account, limit });
      idlest.requestStop('Too many connections of this user, the one idle longest is closed');
    }
    sessions.add(session);
    this.#sessions.set(account, sessions);
    return true;
  }

  /** Forgets a session; harmless when it is not there. */
  remove(session: ImapSession): void {
    const account = session.loggedIn?.account.address;
    if (account === undefined) return;
    const sessions = this.#sessions.get(account);
    if (sessions?.delete(session) && sessions.size === 0) this.#sessions.delete(account);
  }

  /** Sessions of an account, for tests and status pages. */
  count(account: string): number {
    return this.#sessions.get(account)?.size ?? 0;
  }

  close(): void {
    this.#unsubscribe();
  }
}

function longestWaiting(sessions: Iterable<ImapSession>): ImapSession | undefined {
  let longest: ImapSession | undefined;
  for (const session of sessions) {
    if (session.waitingSinceMs === undefined) continue;
    if (longest === undefined || session.waitingSinceMs < (longest.waitingSinceMs ?? 0)) longest = session;
  }
  return longest;
}
