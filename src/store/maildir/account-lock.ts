// The account's write lock: one worker at a time renames, unlinks and scans; in one worker one operation at a time.
//
// Deliveries and single appends never take it (they only add files under new names) and readers never wait for it.
// Between workers it is SQLite's RESERVED lock on the empty file `tegu.lock`, which the kernel drops when a process dies;
// waiting is a timer, never a sleeping busy handler. Nothing is ever written to that file, so holding it across awaits
// costs no disk access. Because holders die with their lock, whoever has it may finish what a dead holder began.

import Sqlite, { type Database } from 'better-sqlite3';
import { busyMailbox, errorCode } from './failures.ts';

const firstWaitMs = 1;
const longestWaitMs = 20;

/** Lock of one account; the file is opened at the first use. */
export class AccountLock {
  readonly #path: string;
  readonly #waitMs: () => number;
  #db: Database | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #callers = 0;

  /** `waitMs`: how long to wait for other workers before Transient('store.busy'). */
  constructor(path: string, waitMs: () => number) {
    this.#path = path;
    this.#waitMs = waitMs;
  }

  /** Runs `fn` alone; callers of one worker come in order. Not reentrant. */
  run<T>(fn: () => Promise<T>): Promise<T> {
    this.#callers++;
    const turn = this.#tail.then(async () => {
      try {
        await this.#acquire();
        try {
          return await fn();
        } finally {
          this.#release();
        }
      } finally {
        this.#callers--;
      }
    });
    this.#tail = turn.catch(() => {});
    return turn;
  }

  async #acquire(): Promise<void> {
    const deadline = performance.now() + this.#waitMs();
    for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
      if (this.#tryAcquire()) return;
      if (performance.now() > deadline) throw busyMailbox('another worker holds the account lock');
      // Random part: two waiters must not meet again and again.
      await new Promise((resolve) => setTimeout(resolve, waitMs * (0.5 + Math.random())));
    }
  }

  #tryAcquire(): boolean {
    try {
      this.#db ??= new Sqlite(this.#path, { timeout: 0 });
      this.#db.exec('BEGIN IMMEDIATE');
      return true;
    } catch (error) {
      if (errorCode(error).startsWith('SQLITE_BUSY')) return false;
      throw error;
    }
  }

  #release(): void {
    this.#db?.exec('ROLLBACK');
  }

  /** Gives the descriptor back when nobody holds or awaits the lock. */
  closeIdle(): void {
    if (this.#callers > 0) return;
    this.#db?.close();
    this.#db = undefined;
  }
}
