// The sessions of this worker: how many one user may have, and that none outlives its account.
//
// When users were read anew, sessions of accounts that were disabled or removed are closed; what they had marked stays.

import { setImmediate } from 'node:timers/promises';
import { Outcome } from '../base/outcome.ts';
import type { Bus } from '../cluster/bus.ts';
import type { Account, Directory } from '../directory/user-source.ts';
import type { Pop3Session } from './session.ts';

/** Look-ups between two turns of the event loop. */
const lookupsPerTurn = 100;

export class SessionList {
  readonly #sessions = new Map<string, Set<Pop3Session>>();
  readonly #directory: Directory;
  /** Accounts are being looked up; `again` when users were read anew meanwhile. */
  #check: { again: boolean } | undefined;

  constructor(bus: Bus, directory: Directory) {
    this.#directory = directory;
    bus.subscribe('directory.loaded', () => void this.#endOrphans());
  }

  /** False when the account has `limit` sessions already. */
  add(session: Pop3Session, address: string, limit: number): boolean {
    const sessions = this.#sessions.get(address) ?? new Set();
    if (sessions.size >= limit) return false;
    sessions.add(session);
    this.#sessions.set(address, sessions);
    return true;
  }

  /** Harmless when it is not there. */
  remove(session: Pop3Session, address: string): void {
    const sessions = this.#sessions.get(address);
    if (sessions?.delete(session) && sessions.size === 0) this.#sessions.delete(address);
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
        const account = [...sessions][0]?.open?.account;
        if (account === undefined || (await this.#isActive(account))) continue;
        for (const session of sessions) {
          session.log.info('pop3.account_ended', { account: account.address });
          session.stop();
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
