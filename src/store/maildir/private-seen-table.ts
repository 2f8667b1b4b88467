// Rows of the index table `private_seen`: which messages of a mailbox a user other than its owner has read.
//
// No row: not read. A row that says "not read" stays, so that the change has a MODSEQ. A trigger of the schema removes the
// rows of a message with it. Numbers come from the mailbox's own MODSEQ counter, so what a user is told is one sequence.

import type { Database, Statement } from 'better-sqlite3';

/** [uid, 0 or 1, modseq]. */
export type SeenRow = [uid: number, seen: number, modSeq: number];

/** Typed statements over the table. */
export class PrivateSeenTable {
  readonly #range: Statement<[number, string, number, number], SeenRow>;
  readonly #changed: Statement<[number, string, number], SeenRow>;
  readonly #count: Statement<[number, string], number>;
  readonly #get: Statement<[number, string, number], SeenRow>;
  readonly #put: Statement<[number, string, number, number, number]>;

  constructor(db: Database) {
    const columns = 'SELECT uid, seen, modseq FROM private_seen WHERE mailbox = ? AND user = ?';
    const rows = <Args extends unknown[]>(sql: string): Statement<Args, SeenRow> =>
      db.prepare(sql).raw() as unknown as Statement<Args, SeenRow>;
    this.#range = rows(`${columns} AND uid BETWEEN ? AND ? ORDER BY uid`);
    this.#changed = rows(`${columns} AND modseq > ?`);
    this.#get = rows(`${columns} AND uid = ?`);
    this.#count = db
      .prepare('SELECT count(*) FROM private_seen WHERE mailbox = ? AND user = ? AND seen = 1')
      .pluck() as unknown as Statement<[number, string], number>;
    this.#put = db.prepare('INSERT OR REPLACE INTO private_seen VALUES (?, ?, ?, ?, ?)');
  }

  /** Rows of the UIDs first..last, ascending. */
  range(mailbox: number, user: string, first: number, last: number): SeenRow[] {
    return this.#range.all(mailbox, user, first, last);
  }

  /** Rows changed after a MODSEQ, in no order. */
  changed(mailbox: number, user: string, modSeq: number): SeenRow[] {
    return this.#changed.all(mailbox, user, modSeq);
  }

  get(mailbox: number, user: string, uid: number): SeenRow | undefined {
    return this.#get.get(mailbox, user, uid);
  }

  /** How many messages the user has read. */
  count(mailbox: number, user: string): number {
    return this.#count.get(mailbox, user) ?? 0;
  }

  put(mailbox: number, user: string, [uid, seen, modSeq]: SeenRow): void {
    this.#put.run(mailbox, user, uid, seen, modSeq);
  }
}
