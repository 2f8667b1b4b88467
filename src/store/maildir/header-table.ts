// Rows of the index table `headers`: header facts of messages, so that SEARCH, SORT and THREAD open no files.
//
// Only a cache, like `structures`, and with the same keys; both are written, copied and removed together.

import type { Database, Statement } from 'better-sqlite3';
import { fieldEnd, type HeaderFacts, type IndexedField, indexedFields } from './header-facts.ts';
import { idStep } from './message-table.ts';

/** Column of each field that is searched. */
const fieldColumns: Readonly<Record<IndexedField, string>> = {
  subject: 'subject',
  from: 'sender',
  to: 'recipient',
  cc: 'cc',
  bcc: 'bcc',
  'message-id': 'message_id_text',
};

const sortColumns = {
  subject: 'base_subject',
  from: 'sort_from',
  to: 'sort_to',
  cc: 'sort_cc',
  'display-from': 'display_from',
  'display-to': 'display_to',
} as const;
export type SortColumn = keyof typeof sortColumns;

/** uid, message id, references (spaces between), base subject, reply mark, Date ms. */
export type ThreadTuple = [number, string, string, string, number, number | null];
/** uid, Date ms, zone minutes. */
export type DateTuple = [number, number | null, number | null];

const columns = `id, limits, ${Object.values(fieldColumns).join(', ')}, ${Object.values(sortColumns).join(', ')},
  is_reply, message_id, refs, date, zone, thread`;

/** Typed statements; lists come for UIDs in (afterUid, lastUid], ascending, `limit` rows at most. */
export class HeaderTable {
  readonly #put: Statement<(number | string | null)[]>;
  readonly #copy: Statement<[number, number]>;
  readonly #remove: Statement<[number]>;
  readonly #dropRange: Statement<[number, number, number]>;
  readonly #known: Statement<[number, number, string, number], number>;
  readonly #matching: ReadonlyMap<
    IndexedField,
    Statement<[string, number, number, number], [number, number]>
  >;
  readonly #sort: ReadonlyMap<SortColumn, Statement<[number, number, number], [number, string]>>;
  readonly #thread: Statement<[number, number, number], ThreadTuple>;
  readonly #threadIds: Statement<[number, number, number], [number, number]>;
  readonly #dates: Statement<[number, number, number], DateTuple>;

  constructor(db: Database) {
    const range = 'FROM headers WHERE id > ? AND id <= ?';
    this.#put = db.prepare(`INSERT OR REPLACE INTO headers (${columns})
      VALUES (${columns.split(',').map(() => '?')})`);
    this.#copy = db.prepare(`INSERT OR REPLACE INTO headers (${columns})
      SELECT ?, ${columns.slice(columns.indexOf(',') + 1)} FROM headers WHERE id = ?`);
    this.#remove = db.prepare('DELETE FROM headers WHERE id = ?');
    this.#dropRange = db.prepare(
      'DELETE FROM headers WHERE id IN (SELECT id FROM headers WHERE id > ? AND id < ? LIMIT ?)',
    );
    this.#known = db
      .prepare(`SELECT id ${range} AND limits = ? ORDER BY id LIMIT ?`)
      .pluck() as unknown as Statement<[number, number, string, number], number>;
    this.#matching = new Map(
      indexedFields.map((field) => [
        field,
        // The number of the row is told for every row, so that a slice ends where it should.
        raw(
          db,
          `SELECT id, coalesce(instr(${fieldColumns[field]}, ?), 0) FROM headers
          WHERE id > ? AND id <= ? ORDER BY id LIMIT ?`,
        ),
      ]),
    );
    this.#sort = new Map(
      (Object.keys(sortColumns) as SortColumn[]).map((key) => [
        key,
        raw(db, `SELECT id, ${sortColumns[key]} ${range} ORDER BY id LIMIT ?`),
      ]),
    );
    this.#thread = raw(
      db,
      `SELECT id, message_id, refs, base_subject, is_reply, date ${range} ORDER BY id LIMIT ?`,
    );
    this.#threadIds = raw(db, `SELECT id, thread ${range} ORDER BY id LIMIT ?`);
    this.#dates = raw(db, `SELECT id, date, zone ${range} ORDER BY id LIMIT ?`);
  }

  put(
    id: number,
    limits: string,
    facts: HeaderFacts,
    date: { readonly ms: number | null; readonly zone: number | null },
    thread: number,
  ): void {
    this.#put.run(
      id,
      limits,
      ...facts.texts,
      facts.baseSubject,
      facts.sortFrom,
      facts.sortTo,
      facts.sortCc,
      facts.displayFrom,
      facts.displayTo,
      facts.isReplyOrForward ? 1 : 0,
      facts.messageId,
      facts.references.join(' '),
      date.ms,
      date.zone,
      thread,
    );
  }

  copy(fromId: number, toId: number): void {
    this.#copy.run(toId, fromId);
  }

  remove(id: number): void {
    this.#remove.run(id);
  }

  /** Removes up to `limit` rows of a mailbox; returns how many. */
  dropSome(mailbox: number, limit: number): number {
    return this.#dropRange.run(mailbox * idStep, (mailbox + 1) * idStep, limit).changes;
  }

  /** UIDs that have a row made under these bounds. */
  known(mailbox: number, after: number, last: number, limits: string, limit: number): number[] {
    const base = mailbox * idStep;
    return this.#known.all(base + after, base + last, limits, limit).map((id) => id - base);
  }

  /** Rows of a slice with whether `field` holds the folded `needle`; the empty needle asks whether the field occurs. */
  matching(
    mailbox: number,
    field: IndexedField,
    needle: string,
    slice: { readonly after: number; readonly last: number; readonly limit: number },
  ): [uid: number, isMatch: number][] {
    const base = mailbox * idStep;
    const statement = this.#matching.get(field);
    const sought = needle === '' ? fieldEnd : needle;
    const rows = statement?.all(sought, base + slice.after, base + slice.last, slice.limit) ?? [];
    for (const row of rows) row[0] -= base;
    return rows;
  }

  sortKeys(mailbox: number, key: SortColumn, after: number, last: number, limit: number): [number, string][] {
    return this.#slice(
      this.#sort.get(key) as Statement<[number, number, number], [number, string]>,
      mailbox,
      after,
      last,
      limit,
    );
  }

  thread(mailbox: number, after: number, last: number, limit: number): ThreadTuple[] {
    return this.#slice(this.#thread, mailbox, after, last, limit);
  }

  /** uid and thread. */
  threadIds(mailbox: number, after: number, last: number, limit: number): [number, number][] {
    return this.#slice(this.#threadIds, mailbox, after, last, limit);
  }

  dates(mailbox: number, after: number, last: number, limit: number): DateTuple[] {
    return this.#slice(this.#dates, mailbox, after, last, limit);
  }

  #slice<Row extends [number, ...unknown[]]>(
    statement: Statement<[number, number, number], Row>,
    mailbox: number,
    after: number,
    last: number,
    limit: number,
  ): Row[] {
    const base = mailbox * idStep;
    const rows = statement.all(base + after, base + last, limit);
    for (const row of rows) row[0] -= base;
    return rows;
  }
}

function raw<B extends unknown[], R>(db: Database, sql: string): Statement<B, R> {
  return db.prepare(sql).raw() as unknown as Statement<B, R>;
}
