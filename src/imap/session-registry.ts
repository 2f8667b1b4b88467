// The logged-in sessions of this worker by account: who hears of changes, and how many one user may have.
//
// One bus subscription serves all sessions. When a user has too many, the one that waits longest for its client goes first:
// a dead phone holds its connection for half an hour and must not lock its owner out (I18). Sessions at work are never cut
// for that. When users were read anew, sessions of accounts that are disabled or gone are ended: IDLE lasts for days.

import { setImmediate } from 'node:timers/promises';
import { Outcome } from '../base/outcome.ts';
import type { Bus } from '../cluster/bus.ts';
import type { Account, Directory } from '../directory/user-source.ts';
import type { ImapSession } from './session.ts';

/** Look-ups between two turns of the event loop. */
const lookupsPerTurn = 100;

export class SessionRegistry {
  readonly #sessions = new Map<string, Set<ImapSession>>();
  /** Sessions that look at mailboxes of other accounts, by that account; how often each asked. */
  readonly #watchers = new Map<string, Map<ImapSession, number>>();
  readonly #directory: Directory;
  readonly #unsubscribe: readonly (() => void)[];
  /** Accounts are being looked up; `again` when users were read anew meanwhile. */
  #check: { again: boolean } | undefined;

  constructor(bus: Bus, directory: Directory) {
    this.#directory = directory;
    this.#unsubscribe = [
      bus.subscribe('mailbox.changed', ({ account, mailbox }) => {
        for (const session of this.#sessions.get(account) ?? []) session.noteChange(account, mailbox);
        for (const session of this.#watchers.get(account)?.keys() ?? []) session.noteChange(account, mailbox);
      }),
      bus.subscribe('mailbox.annotated', (change) => {
        for (const session of this.#sessions.get(change.account) ?? []) session.annotationNews?.note(change);
        for (const session of this.#watchers.get(change.account)?.keys() ?? [])
          session.annotationNews?.note(change);
      }),
      bus.subscribe('directory.loaded', () => void this.#endOrphans()),
    ];
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

  /**
   * From now on `session` hears `noteChange` for mailboxes of `account`, too; harmless for its own account. As often
   * `unwatch` ends it.
   */
  watch(session: ImapSession, account: string): void {
    if (session.loggedIn?.account.address === account) return;
    const watchers = this.#watchers.get(account) ?? new Map<ImapSession, number>();
    watchers.set(session, (watchers.get(session) ?? 0) + 1);
    this.#watchers.set(account, watchers);
  }

  /** Ends one `watch`; harmless when there is none. */
  unwatch(session: ImapSession, account: string): void {
    const watchers = this.#watchers.get(account);
    const count = watchers?.get(session);
    if (watchers === undefined || count === undefined) return;
    if (count > 1) watchers.set(session, count - 1);
    else watchers.delete(session);
    if (watchers.size === 0) this.#watchers.delete(account);
  }

  /** Sessions of an account, for tests and status pages. */
  count(account: string): number {
    return this.#sessions.get(account)?.size ?? 0;
  }

  close(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  /** Never rejects. Several workers tell of one change; calls during a run make it run once more. */
  async #endOrphans(): Promise<void> {
    if (this.#check !== undefined) {
      this.#check.again = true;
      return;
    }
    const check = { again: true };
    this.#check = check;
    while (check.again) {
      check.again = false;
      let lookups = 0;
      for (const sessions of [...this.#sessions.values()]) {
        if (++lookups % lookupsPerTurn === 0) await setImmediate();
        const account = [...sessions][0]?.loggedIn?.account;
        if (account === undefined || (await this.#isActive(account))) continue;
        for (const session of sessions) {
          session.log.info('imap.account_ended', { account: account.address });
          session.requestStop('Your account was disabled or removed');
        }
      }
    }
    this.#check = undefined;
  }

  async #isActive({ address, domain, localpart }: Account): Promise<boolean> {
    try {
      const now = await this.#directory.resolve(domain, localpart);
      return now?.enabled === true && now.address === address;
    } catch (error) {
      // A source that does not answer takes nobody's session away.
      if (error instanceof Outcome) return true;
      throw error;
    }
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
