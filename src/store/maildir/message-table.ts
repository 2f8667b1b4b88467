// Rows of the index tables `messages` and `expunged`: typed statements, no policy.
//
// Row id = mailbox * 2^32 + uid. Counters of the mailbox row are not kept here but in mailbox-writer.ts, the only caller
// of the writing statements. Lists come in slices (`limit`), so that no caller holds the event loop for long.

import type { Database, Statement } from 'better-sqlite3';

/** 2^32: UIDs fit below it. */
export const idStep = 4_294_967_296;
/** Largest UID (RFC 9051 2.3.1.1). */
export const maxUid = 4_294_967_295;

/** Where a file lies. */
export const Place = { new: 0, cur: 1 } as const;

/** What identifies a message's file and its flags. */
export interface MessageRecord {
  readonly uid: number;
  readonly base: string;
  readonly info: string;
  readonly place: number;
  readonly flags: number;
  readonly modSeq: number;
  readonly size: number;
  readonly vsize: number;
  readonly date: number;
  /** Row id of the message it is a copy of; null when it is the first (RFC 8474 5.1). */
  readonly emailId: number | null;
}

/** uid, flags, modSeq, vsize, date. */
export type ColumnTuple = [number, number, number, number, number];
/** uid, base, info, place, flags, modSeq. */
export type NameTuple = [number, string, string, number, number, number];

const recordColumns = 'id, base, info, place, flags, modseq, size, vsize, date, emailid';
type RecordTuple = [number, string, string, number, number, number, number, number, number, number | null];

/** Statements over messages of all mailboxes of an account. */
export class MessageTable {
  readonly #record: Statement<[number], RecordTuple>;
  readonly #uidOfBase: Statement<[number, string], number>;
  readonly #columns: Statement<[number, number, number], ColumnTuple>;
  readonly #changed: Statement<[number, number, number, number, number], ColumnTuple>;
  readonly #byBase: Statement<[number, string, number], NameTuple>;
  readonly #inNew: Statement<[number, number, number], RecordTuple>;
  readonly #insert: Statement<(number | string | null)[]>;
  readonly #update: Statement<[string, string, number, number, number, number]>;
  readonly #setSizes: Statement<[string, number, number, number, number]>;
  readonly #remove: Statement<[number]>;
  readonly #dropRange: Statement<[number, number, number]>;
  readonly #expunged: Statement<[number, number, number, number, number], [number, number]>;
  readonly #logExpunge: Statement<[number, number, number]>;
  readonly #logSize: Statement<[number], number>;
  readonly #logCut: Statement<[number, number], number>;
  readonly #logTrim: Statement<[number, number]>;
  readonly #recentCount: Statement<[number, number], number>;
  readonly #lastSeen: Statement<[number, number], number>;
  readonly #identities: Statement<[number, number, number], [number, number, number | null]>;
  readonly #dropLog: Statement<[number, number, number]>;

  constructor(db: Database) {
    const pick = `SELECT ${recordColumns} FROM messages`;
    this.#record = raw(db, `${pick} WHERE id = ?`);
    this.#uidOfBase = pluck(db, 'SELECT id FROM messages WHERE mailbox = ? AND base = ?');
    const short = 'SELECT id, flags, modseq, vsize, date FROM messages';
    this.#columns = raw(db, `${short} WHERE id > ? AND id < ? ORDER BY id LIMIT ?`);
    this.#changed = raw(
      db,
      `${short} WHERE mailbox = ? AND modseq >= ? AND (modseq > ? OR id > ?) ORDER BY modseq, id LIMIT ?`,
    );
    this.#byBase = raw(
      db,
      `SELECT id, base, info, place, flags, modseq FROM messages
       WHERE mailbox = ? AND base > ? ORDER BY base LIMIT ?`,
    );
    this.#inNew = raw(db, `${pick} WHERE mailbox = ? AND place = 0 AND id > ? ORDER BY id LIMIT ?`);
    this.#insert =
      db.prepare(`INSERT INTO messages (id, mailbox, base, info, place, flags, modseq, size, vsize, date, emailid, savedate)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, CAST(unixepoch('subsec') * 1000 AS INTEGER))`);
    this.#update = db.prepare(
      'UPDATE messages SET base = ?, info = ?, place = ?, flags = ?, modseq = ? WHERE id = ?',
    );
    this.#setSizes = db.prepare('UPDATE messages SET base = ?, size = ?, vsize = ?, modseq = ? WHERE id = ?');
    this.#remove = db.prepare('DELETE FROM messages WHERE id = ?');
    this.#dropRange = db.prepare(
      'DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE id > ? AND id < ? LIMIT ?)',
    );
    this.#expunged = raw(
      db,
      `SELECT modseq, uid FROM expunged
       WHERE mailbox = ? AND modseq >= ? AND (modseq > ? OR uid > ?) ORDER BY modseq, uid LIMIT ?`,
    );
    this.#logExpunge = db.prepare('INSERT INTO expunged (mailbox, modseq, uid) VALUES (?, ?, ?)');
    this.#logSize = pluck(db, 'SELECT count(*) FROM expunged WHERE mailbox = ?');
    this.#logCut = pluck(
      db,
      'SELECT modseq FROM expunged WHERE mailbox = ? ORDER BY modseq DESC, uid DESC LIMIT 1 OFFSET ?',
    );
    this.#logTrim = db.prepare('DELETE FROM expunged WHERE mailbox = ? AND modseq <= ?');
    this.#lastSeen = pluck(
      db,
      'SELECT id FROM messages WHERE id > ? AND id < ? AND place = 1 ORDER BY id DESC LIMIT 1',
    );
    this.#dropLog = db.prepare(`DELETE FROM expunged WHERE mailbox = ? AND (modseq, uid) IN
      (SELECT modseq, uid FROM expunged WHERE mailbox = ? LIMIT ?)`);
    this.#identities = raw(
      db,
      'SELECT id, coalesce(emailid, id), savedate FROM messages WHERE id > ? AND id <= ? ORDER BY id LIMIT ?',
    );
    this.#recentCount = pluck(db, 'SELECT count(*) FROM messages WHERE id >= ? AND id < ?');
  }

  get(mailbox: number, uid: number): MessageRecord | undefined {
    return toRecord(this.#record.get(mailbox * idStep + uid));
  }

  uidOfBase(mailbox: number, base: string): number | undefined {
    const id = this.#uidOfBase.get(mailbox, base);
    return id === undefined ? undefined : id % idStep;
  }

  /** Up to `limit` rows with UID above `afterUid`, ascending. */
  columns(mailbox: number, afterUid: number, limit: number): ColumnTuple[] {
    const rows = this.#columns.all(mailbox * idStep + afterUid, (mailbox + 1) * idStep, limit);
    for (const row of rows) row[0] %= idStep;
    return rows;
  }

  /** uid, EMAILID as a row id, SAVEDATE of up to `limit` messages with UIDs in (after, last], ascending. */
  identities(
    mailbox: number,
    after: number,
    last: number,
    limit: number,
  ): [uid: number, emailId: number, saveDate: number | null][] {
    const rows = this.#identities.all(mailbox * idStep + after, mailbox * idStep + last, limit);
    for (const row of rows) row[0] %= idStep;
    return rows;
  }

  /** Up to `limit` rows that come after (modSeq, uid) in order of modification; start with uid = maxUid. */
  changed(mailbox: number, modSeq: number, uid: number, limit: number): ColumnTuple[] {
    const rows = this.#changed.all(mailbox, modSeq, modSeq, mailbox * idStep + uid, limit);
    for (const row of rows) row[0] %= idStep;
    return rows;
  }

  /** Up to `limit` rows with base above `afterBase`, in octet order. */
  byBase(mailbox: number, afterBase: string, limit: number): NameTuple[] {
    const rows = this.#byBase.all(mailbox, afterBase, limit);
    for (const row of rows) row[0] %= idStep;
    return rows;
  }

  /** Up to `limit` messages whose file still lies in new/, with UID above `afterUid`, ascending. */
  inNew(mailbox: number, limit: number, afterUid = 0): MessageRecord[] {
    return this.#inNew
      .all(mailbox, mailbox * idStep + afterUid, limit)
      .map((row) => toRecord(row) as MessageRecord);
  }

  insert(mailbox: number, m: MessageRecord): void {
    const id = mailbox * idStep + m.uid;
    this.#insert.run(
      id,
      mailbox,
      m.base,
      m.info,
      m.place,
      m.flags,
      m.modSeq,
      m.size,
      m.vsize,
      m.date,
      m.emailId,
    );
  }

  update(
    mailbox: number,
    uid: number,
    m: Omit<MessageRecord, 'uid' | 'size' | 'vsize' | 'date' | 'emailId'>,
  ): void {
    this.#update.run(m.base, m.info, m.place, m.flags, m.modSeq, mailbox * idStep + uid);
  }

  setSizes(mailbox: number, uid: number, base: string, size: number, vsize: number, modSeq: number): void {
    this.#setSizes.run(base, size, vsize, modSeq, mailbox * idStep + uid);
  }

  remove(mailbox: number, uid: number): void {
    this.#remove.run(mailbox * idStep + uid);
  }

  /** Removes up to `limit` rows of a mailbox without a trace; returns how many. */
  dropSome(mailbox: number, limit: number): number {
    return this.#dropRange.run(mailbox * idStep, (mailbox + 1) * idStep, limit).changes;
  }

  /** Expunge log after (modSeq, uid) as [modSeq, uid]; start with uid = maxUid. */
  expunged(mailbox: number, modSeq: number, uid: number, limit: number): [number, number][] {
    return this.#expunged.all(mailbox, modSeq, modSeq, uid, limit);
  }

  logExpunge(mailbox: number, modSeq: number, uid: number): void {
    this.#logExpunge.run(mailbox, modSeq, uid);
  }

  /** Cuts the log back to about `keep` rows once it is a quarter over; returns the MODSEQ up to which it is incomplete now. */
  trimLog(mailbox: number, keep: number): number | undefined {
    if ((this.#logSize.get(mailbox) ?? 0) <= keep + keep / 4) return undefined;
    const cut = this.#logCut.get(mailbox, keep);
    if (cut === undefined) return undefined;
    this.#logTrim.run(mailbox, cut);
    return cut;
  }

  /** Largest UID whose file is in cur/, 0 when there is none. */
  lastSeenUid(mailbox: number): number {
    return (this.#lastSeen.get(mailbox * idStep, (mailbox + 1) * idStep) ?? 0) % idStep;
  }

  /** Removes up to `limit` rows of a mailbox's expunge log; returns how many. */
  dropLog(mailbox: number, limit: number): number {
    return this.#dropLog.run(mailbox, mailbox, limit).changes;
  }

  /** Messages with UID at or above `uid`. */
  countFrom(mailbox: number, uid: number): number {
    return this.#recentCount.get(mailbox * idStep + uid, (mailbox + 1) * idStep) ?? 0;
  }
}

function raw<B extends unknown[], R>(db: Database, sql: string): Statement<B, R> {
  return db.prepare(sql).raw() as unknown as Statement<B, R>;
}

function pluck<B extends unknown[], R>(db: Database, sql: string): Statement<B, R> {
  return db.prepare(sql).pluck() as unknown as Statement<B, R>;
}

function toRecord(row: RecordTuple | undefined): MessageRecord | undefined {
  if (row === undefined) return undefined;
  const [id, base, info, place, flags, modSeq, size, vsize, date, emailId] = row;
  return { uid: id % idStep, base, info, place, flags, modSeq, size, vsize, date, emailId };
}
