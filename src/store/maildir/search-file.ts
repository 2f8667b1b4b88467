// `tegu.search`, the full-text index of one account, as the search thread has it open: SQLite with an FTS5 trigram table.
//
// Only a cache: what is not in it is searched in the files. The texts are those of native/mime/text-collector.h, folded
// there, so that a substring of three characters or more is found exactly where a search of the file finds it. Contentless:
// the texts themselves cannot be read from it. A row of `done` says which file size was indexed; another size counts as not
// indexed. Everything here blocks: for the thread only.

import { open, stat } from 'node:fs/promises';
import Database, { type Statement } from 'better-sqlite3';
import { errorCode, isMissing } from './failures.ts';

/** As in message-table.ts, which the thread need not load. */
const idStep = 4_294_967_296;
const schemaVersion = 1;
const cacheKiB = 2048;
/** Results kept for the next batches of a search. */
const maxKept = 8;
/** UIDs in them, four octets each; one result may be larger. */
const maxKeptUids = 250_000;
/** How long the thread sleeps for a lock that another worker holds. */
const busyTimeoutMs = 5000;

const schema = `
  CREATE TABLE made (
    how TEXT NOT NULL                        -- index and bounds that the rows belong to
  ) STRICT;
  CREATE TABLE done (
    id INTEGER PRIMARY KEY,                  -- mailbox * 2^32 + uid, as in tegu.index
    size INTEGER NOT NULL,                   -- RFC822.SIZE of what was indexed
    whole INTEGER NOT NULL                   -- 0: texts over the bound, the file must be searched
  ) STRICT;
  CREATE VIRTUAL TABLE texts USING fts5 (header, body,
    tokenize = "trigram case_sensitive 1", content = '', contentless_delete = 1);
  PRAGMA user_version = ${schemaVersion};
`;

/** Texts of one message. */
export interface TextRow {
  readonly uid: number;
  readonly sizeBytes: number;
  readonly header: string;
  readonly body: string;
  readonly isWhole: boolean;
}

export interface TextMatches {
  /** Ascending. */
  readonly found: Uint32Array;
  /** Those of the UIDs asked for that must be searched in their files, ascending. */
  readonly unknown: Uint32Array;
}

/** One open file. SQLite's errors come out as they are. */
export class SearchFile {
  /** What the rows were made for. */
  readonly how: string;
  readonly #path: string;
  readonly #db: Database.Database;
  readonly #inode: bigint | undefined;
  readonly #doneRange: Statement<[number, number], [number, number, number]>;
  readonly #match: Statement<[string, number, number], number>;
  readonly #size: Statement<[number], number>;
  readonly #insert: Statement<[number, string, string]>;
  readonly #note: Statement<[number, number, number]>;
  readonly #removeText: Statement<[number]>;
  readonly #removeDone: Statement<[number]>;
  readonly #next: Statement<[number], number>;

  readonly #kept = new Map<string, Uint32Array>();

  private constructor(path: string, db: Database.Database, inode: bigint | undefined) {
    this.#path = path;
    this.#db = db;
    this.#inode = inode;
    this.how = String(db.prepare('SELECT how FROM made').pluck().get());
    this.#doneRange = db
      .prepare('SELECT id, size, whole FROM done WHERE id >= ? AND id <= ? ORDER BY id')
      .raw() as unknown as Statement<[number, number], [number, number, number]>;
    // FTS5 takes row ids as integers only; numbers above 2^31 are bound as floating point.
    this.#match = db
      .prepare(
        `SELECT rowid FROM texts WHERE texts MATCH ?
         AND rowid >= CAST(? AS INTEGER) AND rowid <= CAST(? AS INTEGER) ORDER BY rowid`,
      )
      .pluck() as unknown as Statement<[string, number, number], number>;
    this.#size = db.prepare('SELECT size FROM done WHERE id = ?').pluck() as unknown as Statement<
      [number],
      number
    >;
    this.#insert = db.prepare('INSERT INTO texts (rowid, header, body) VALUES (CAST(? AS INTEGER), ?, ?)');
    this.#note = db.prepare('INSERT INTO done VALUES (?, ?, ?)');
    this.#removeText = db.prepare('DELETE FROM texts WHERE rowid = CAST(? AS INTEGER)');
    this.#removeDone = db.prepare('DELETE FROM done WHERE id = ?');
    this.#next = db
      .prepare('SELECT id FROM done WHERE id >= ? ORDER BY id LIMIT 1')
      .pluck() as unknown as Statement<[number], number>;
  }

  /**
   * Opens the file. With `how` it is created if need be, and rows that were made for another index or under other bounds
   * go; without, a file that is not there or of another version gives undefined.
   */
  static async open(path: string, how: string | undefined): Promise<SearchFile | undefined> {
    if ((await inodeOf(path)) === undefined) {
      if (how === undefined) return undefined;
      await createPrivate(path);
    }
    const inode = await inodeOf(path);
    const db = new Database(path, { timeout: busyTimeoutMs });
    try {
      db.pragma('journal_mode = WAL');
      // A power cut may take the latest transactions, never half of one.
      db.pragma('synchronous = NORMAL');
      db.pragma('trusted_schema = OFF');
      db.pragma(`cache_size = -${cacheKiB}`);
      if (how !== undefined) prepare(db, how);
      else if (versionOf(db) !== schemaVersion) {
        db.close();
        return undefined;
      }
      return new SearchFile(path, db, inode);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** False once the path names another file or none. */
  async isCurrent(): Promise<boolean> {
    const inode = await inodeOf(this.#path);
    return inode !== undefined && inode === this.#inode;
  }

  /**
   * Which of `uids` (ascending, of one mailbox, with their sizes) hold `needle`: folded, three characters or more, without
   * control characters; in all texts or in those that BODY looks into.
   */
  query(
    mailbox: number,
    uids: Uint32Array,
    sizes: Float64Array,
    needle: string,
    bodyOnly: boolean,
  ): TextMatches {
    return this.#db.transaction(() => {
      const known = this.#known(mailbox, uids, sizes);
      const quoted = `"${needle.replaceAll('"', '""')}"`;
      const matches = this.#matches(mailbox, bodyOnly ? `body : ${quoted}` : quoted);
      const found: number[] = [];
      let at = lowerBound(matches, uids[0] ?? 0);
      for (const [position, uid] of uids.entries()) {
        while (at < matches.length && (matches[at] ?? 0) < uid) at++;
        if (matches[at] === uid && known[position] === 1) found.push(uid);
      }
      return { found: Uint32Array.from(found), unknown: uids.filter((_, i) => known[i] !== 1) };
    })();
  }

  /**
   * UIDs of the mailbox that match, ascending. Kept for the next questions, since a search comes as one for each batch of
   * messages and each of its texts; call inside a transaction.
   */
  #matches(mailbox: number, expression: string): Uint32Array {
    // Tells changes by other connections; our own forget what is kept.
    const version = this.#db.pragma('data_version', { simple: true });
    const key = `${version} ${mailbox} ${expression}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const base = mailbox * idStep;
    const ids = this.#match.all(expression, base, base + idStep - 1);
    const uids = Uint32Array.from(ids, (id) => id - base);
    let keptUids = uids.length;
    for (const other of this.#kept.values()) keptUids += other.length;
    if (this.#kept.size === maxKept || keptUids > maxKeptUids) this.#kept.clear();
    this.#kept.set(key, uids);
    return uids;
  }

  /** 1 for each of `uids` that is indexed wholly, 2 for one that is over the bound, else 0. */
  #known(mailbox: number, uids: Uint32Array, sizes: Float64Array): Uint8Array {
    const base = mailbox * idStep;
    const known = new Uint8Array(uids.length);
    const rows = this.#doneRange.iterate(base + (uids[0] ?? 0), base + (uids[uids.length - 1] ?? 0));
    let at = 0;
    for (const [id, size, whole] of rows) {
      while (at < uids.length && base + (uids[at] ?? 0) < id) at++;
      if (base + (uids[at] ?? 0) === id && sizes[at] === size) known[at] = whole === 1 ? 1 : 2;
    }
    return known;
  }

  /** Those of `uids` (ascending) that were not looked at yet. */
  missing(mailbox: number, uids: Uint32Array, sizes: Float64Array): Uint32Array {
    const known = this.#known(mailbox, uids, sizes);
    return uids.filter((_, i) => known[i] === 0);
  }

  /** Adds messages, in one transaction. */
  put(mailbox: number, rows: readonly TextRow[]): void {
    this.#write(() => {
      for (const { uid, sizeBytes, header, body, isWhole } of rows) {
        const id = mailbox * idStep + uid;
        const before = this.#size.get(id);
        if (before === sizeBytes) continue;
        if (before !== undefined) this.#remove(id);
        if (isWhole) this.#insert.run(id, header, body);
        this.#note.run(id, sizeBytes, isWhole ? 1 : 0);
      }
    });
  }

  /** Removes messages, in one transaction. */
  forget(mailbox: number, uids: Uint32Array): void {
    this.#write(() => {
      for (const uid of uids) {
        const id = mailbox * idStep + uid;
        if (this.#size.get(id) !== undefined) this.#remove(id);
      }
    });
  }

  /**
   * Removes up to `limit` messages of a mailbox with UIDs from `first` to `last` that are not among `live` (ascending);
   * returns how many.
   */
  sweep(mailbox: number, live: Uint32Array, first: number, last: number, limit: number): number {
    const base = mailbox * idStep;
    const dead: number[] = [];
    let at = 0;
    for (const [id] of this.#doneRange.iterate(base + first, base + last)) {
      const uid = id - base;
      while (at < live.length && (live[at] ?? 0) < uid) at++;
      if (live[at] !== uid && dead.push(uid) === limit) break;
    }
    this.forget(mailbox, Uint32Array.from(dead));
    return dead.length;
  }

  /** Mailboxes that have rows, ascending. */
  mailboxes(): number[] {
    const found: number[] = [];
    for (let id = this.#next.get(0); id !== undefined; ) {
      const mailbox = Math.floor(id / idStep);
      found.push(mailbox);
      id = this.#next.get((mailbox + 1) * idStep);
    }
    return found;
  }

  #remove(id: number): void {
    this.#removeText.run(id);
    this.#removeDone.run(id);
  }

  #write(work: () => void): void {
    this.#kept.clear();
    this.#db.transaction(work).immediate();
  }

  close(): void {
    this.#db.close();
  }
}

const versionOf = (db: Database.Database): unknown => db.pragma('user_version', { simple: true });

/** Creates the file itself, so that it never has wider permissions; SQLite gives -wal and -shm the same mode. */
async function createPrivate(path: string): Promise<void> {
  try {
    // Exclusive creation: closing a descriptor of a file that is open in this process would drop its locks.
    await (await open(path, 'wx', 0o600)).close();
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

async function inodeOf(path: string): Promise<bigint | undefined> {
  try {
    return (await stat(path, { bigint: true })).ino;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Creates the tables, or empties them when they belong to something else. */
function prepare(db: Database.Database, how: string): void {
  const isReady = (): boolean => {
    if (versionOf(db) !== schemaVersion) return false;
    return db.prepare('SELECT how FROM made').pluck().get() === how;
  };
  if (isReady()) return;
  db.transaction(() => {
    // Another worker may have been faster.
    if (isReady()) return;
    db.exec('DROP TABLE IF EXISTS texts; DROP TABLE IF EXISTS done; DROP TABLE IF EXISTS made;');
    db.exec(schema);
    db.prepare('INSERT INTO made VALUES (?)').run(how);
  }).immediate();
}

/** Position of the first of `sorted` that is at or above `value`. */
function lowerBound(sorted: Uint32Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
