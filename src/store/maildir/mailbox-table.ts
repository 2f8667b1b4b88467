// Rows of the index tables `mailboxes`, `keywords`, `former_names`: typed statements, no policy.
//
// All methods are synchronous and run inside a transaction or as single reads of the caller's DurableDatabase.

import type { Database, Statement } from 'better-sqlite3';
import type { MailboxName } from '../../base/brands.ts';

/** One mailbox as the index knows it; columns as in index-schema.ts. */
export interface MailboxRow {
  readonly id: number;
  readonly name: MailboxName;
  readonly dir: string;
  readonly uidValidity: number;
  readonly uidNext: number;
  readonly modSeq: number;
  readonly recent: number;
  readonly floor: number;
  readonly messages: number;
  readonly unseen: number;
  readonly deleted: number;
  readonly bytes: number;
  readonly newMtime: string;
  readonly curMtime: string;
}

const columns = `id, name, dir, uidvalidity AS uidValidity, uidnext AS uidNext, modseq AS modSeq, recent, floor, messages,
  unseen, deleted, bytes, new_mtime AS newMtime, cur_mtime AS curMtime`;

/** Statements over mailboxes. */
export class MailboxTable {
  readonly #db: Database;
  readonly #byId: Statement<[number], MailboxRow>;
  readonly #byName: Statement<[string], MailboxRow>;
  readonly #all: Statement<[], MailboxRow>;
  readonly #state: Statement<[number], { uidValidity: number; modSeq: number }>;
  readonly #save: Statement<[Record<string, unknown>]>;
  readonly #mtimes: Statement<[string, string, number]>;
  readonly #recent: Statement<[number, number]>;

  constructor(db: Database) {
    this.#db = db;
    this.#byId = db.prepare(`SELECT ${columns} FROM mailboxes WHERE id = ?`);
    this.#byName = db.prepare(`SELECT ${columns} FROM mailboxes WHERE name = ?`);
    this.#all = db.prepare(`SELECT ${columns} FROM mailboxes ORDER BY id`);
    this.#state = db.prepare(
      'SELECT uidvalidity AS uidValidity, modseq AS modSeq FROM mailboxes WHERE id = ?',
    );
    this.#save = db.prepare(`UPDATE mailboxes SET uidnext = @uidNext, modseq = @modSeq, floor = @floor,
      messages = @messages, unseen = @unseen, deleted = @deleted, bytes = @bytes WHERE id = @id`);
    this.#mtimes = db.prepare('UPDATE mailboxes SET new_mtime = ?, cur_mtime = ? WHERE id = ?');
    this.#recent = db.prepare('UPDATE mailboxes SET recent = MAX(recent, MIN(uidnext, ?)) WHERE id = ?');
  }

  byId(id: number): MailboxRow | undefined {
    return this.#byId.get(id);
  }

  byName(name: MailboxName): MailboxRow | undefined {
    return this.#byName.get(name);
  }

  all(): MailboxRow[] {
    return this.#all.all();
  }

  /** The two values that tell whether anything changed. */
  state(id: number): { uidValidity: number; modSeq: number } | undefined {
    return this.#state.get(id);
  }

  /** Writes counters and UIDNEXT/MODSEQ/floor back. */
  saveCounters(row: MailboxRow): void {
    const { id, uidNext, modSeq, floor, messages, unseen, deleted, bytes } = row;
    this.#save.run({ id, uidNext, modSeq, floor, messages, unseen, deleted, bytes });
  }

  saveMtimes(id: number, newMtime: string, curMtime: string): void {
    this.#mtimes.run(newMtime, curMtime, id);
  }

  takeRecent(id: number, below: number): void {
    this.#recent.run(below, id);
  }

  /** A new row that is not to be shown yet (uidvalidity 0); returns its id. */
  insert(name: MailboxName, dir: string): number {
    const { lastInsertRowid } = this.#db
      .prepare(
        `INSERT INTO mailboxes (name, dir, uidvalidity, uidnext, modseq, recent, floor, messages, unseen, deleted, bytes,
           new_mtime, cur_mtime) VALUES (?, ?, 0, 1, 1, 1, 0, 0, 0, 0, 0, '', '')`,
      )
      .run(name, dir);
    return Number(lastInsertRowid);
  }

  /** Makes a scanned mailbox visible. */
  publish(id: number, uidValidity: number): void {
    this.#db.prepare('UPDATE mailboxes SET uidvalidity = ? WHERE id = ?').run(uidValidity, id);
  }

  /** UIDNEXT is at least `uidNext` from now on. */
  raiseUidNext(id: number, uidNext: number): void {
    this.#db.prepare('UPDATE mailboxes SET uidnext = max(uidnext, ?) WHERE id = ?').run(uidNext, id);
  }

  setRecent(id: number, uid: number): void {
    this.#db.prepare('UPDATE mailboxes SET recent = ? WHERE id = ?').run(uid, id);
  }

  rename(id: number, name: MailboxName, dir: string, uidValidity: number): void {
    this.#db
      .prepare('UPDATE mailboxes SET name = ?, dir = ?, uidvalidity = ? WHERE id = ?')
      .run(name, dir, uidValidity, id);
  }

  /** Removes the row and keywords; messages go in slices by the caller, whose rows nobody can reach any more. */
  remove(id: number): void {
    this.#db.prepare('DELETE FROM mailboxes WHERE id = ?').run(id);
    this.#db.prepare('DELETE FROM keywords WHERE mailbox = ?').run(id);
  }

  /** Remembers that `name` once was a mailbox with this UIDVALIDITY (RFC 9051 2.3.1.1: the next one must be larger). */
  rememberName(name: MailboxName, uidValidity: number): void {
    this.#db
      .prepare(
        `INSERT INTO former_names (name, uidvalidity) VALUES (?, ?)
         ON CONFLICT (name) DO UPDATE SET uidvalidity = max(uidvalidity, excluded.uidvalidity)`,
      )
      .run(name, uidValidity);
  }

  /** Largest UIDVALIDITY that `name` had before, 0 when none is known. */
  formerUidValidity(name: MailboxName): number {
    const row = this.#db.prepare('SELECT uidvalidity AS v FROM former_names WHERE name = ?').get(name) as
      | { v: number }
      | undefined;
    return row?.v ?? 0;
  }

  /** Copy of the keyword table by letter position. */
  keywords(id: number): string[] {
    const names: string[] = [];
    const rows = this.#db.prepare('SELECT position, name FROM keywords WHERE mailbox = ?').all(id) as {
      position: number;
      name: string;
    }[];
    for (const { position, name } of rows) names[position] = name;
    return Array.from(names, (name) => name ?? '');
  }

  saveKeywords(id: number, names: readonly string[]): void {
    this.#db.prepare('DELETE FROM keywords WHERE mailbox = ?').run(id);
    const insert = this.#db.prepare('INSERT INTO keywords (mailbox, position, name) VALUES (?, ?, ?)');
    for (const [position, name] of names.entries()) if (name !== '') insert.run(id, position, name);
  }

  /** Sums over all mailboxes: messages and octets. */
  totals(): { messages: number; bytes: number } {
    return this.#db
      .prepare(
        'SELECT coalesce(sum(messages), 0) AS messages, coalesce(sum(bytes), 0) AS bytes FROM mailboxes',
      )
      .get() as { messages: number; bytes: number };
  }
}
