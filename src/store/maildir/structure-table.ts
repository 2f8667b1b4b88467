// What was parsed of messages: rows of the index tables `structures` (ENVELOPE, BODY, BODYSTRUCTURE), `headers` and
// `previews`, which come and go together, and `threads`, which says what THREADID a message gets.
//
// Only a cache: it may lose rows at any time. A row made under other parser bounds than asked for does not count.

import type { Database, Statement } from 'better-sqlite3';
import type { MimeLimits } from '../../native/mime.ts';
import type { MessageStructure, StructureColumn } from '../mail-store.ts';
import type { HeaderFacts } from './header-facts.ts';
import { HeaderTable } from './header-table.ts';
import { idStep } from './message-table.ts';

type Row = [
  id: number,
  date: number | null,
  zone: number | null,
  envelope: Buffer | null,
  body: Buffer | null,
  bodyStructure: Buffer | null,
  parts: Buffer | null,
];

export const allColumns: readonly StructureColumn[] = ['envelope', 'body', 'bodyStructure', 'parts'];
/** Instead of a column that was not asked for. */
const empty = Buffer.alloc(0);
const noParts = new Float64Array(0);

/** Key of the bounds a structure was parsed with. */
export const limitsKey = (limits: MimeLimits): string =>
  `1:${limits.maxParts}:${limits.maxDepth}:${limits.maxHeaderBytes}`;

/** Typed statements over the cache. */
export class StructureTable {
  readonly headers: HeaderTable;
  readonly #db: Database;
  /** By the columns read. */
  readonly #ranges = new Map<string, Statement<[number, number, string, number], Row>>();
  readonly #put: Statement<(number | string | null | Uint8Array)[]>;
  readonly #remove: Statement<[number]>;
  readonly #copy: Statement<[number, number]>;
  readonly #dropRange: Statement<[number, number, number]>;
  readonly #dropPreviews: Statement<[number, number, number]>;
  readonly #preview: Statement<[number], string>;
  readonly #putPreview: Statement<[number, string]>;
  readonly #copyPreview: Statement<[number, number]>;
  readonly #removePreview: Statement<[number]>;
  readonly #thread: Statement<[string], number>;
  readonly #putThread: Statement<[string, number]>;

  constructor(db: Database) {
    this.headers = new HeaderTable(db);
    this.#preview = db.prepare('SELECT preview FROM previews WHERE id = ?').pluck() as unknown as Statement<
      [number],
      string
    >;
    this.#putPreview = db.prepare('INSERT OR REPLACE INTO previews VALUES (?, ?)');
    this.#copyPreview = db.prepare(
      'INSERT OR REPLACE INTO previews SELECT ?, preview FROM previews WHERE id = ?',
    );
    this.#removePreview = db.prepare('DELETE FROM previews WHERE id = ?');
    this.#thread = db
      .prepare('SELECT thread FROM threads WHERE message_id = ?')
      .pluck() as unknown as Statement<[string], number>;
    this.#putThread = db.prepare('INSERT OR IGNORE INTO threads VALUES (?, ?)');
    this.#db = db;
    this.#put = db.prepare('INSERT OR REPLACE INTO structures VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    this.#remove = db.prepare('DELETE FROM structures WHERE id = ?');
    this.#copy = db.prepare(`INSERT OR REPLACE INTO structures
      SELECT ?, limits, envelope, body, bodystructure, parts, date, zone FROM structures WHERE id = ?`);
    this.#dropRange = db.prepare(
      'DELETE FROM structures WHERE id IN (SELECT id FROM structures WHERE id > ? AND id < ? LIMIT ?)',
    );
    this.#dropPreviews = db.prepare(
      'DELETE FROM previews WHERE id IN (SELECT id FROM previews WHERE id > ? AND id < ? LIMIT ?)',
    );
  }

  get(mailbox: number, uid: number, limits: MimeLimits): MessageStructure | undefined {
    return this.range(mailbox, uid - 1, uid, limits, allColumns, 1)[0]?.[1];
  }

  /** Up to `limit` structures of messages with UIDs in (after, last], ascending; columns not named are empty. */
  range(
    mailbox: number,
    after: number,
    last: number,
    limits: MimeLimits,
    columns: readonly StructureColumn[],
    limit: number,
  ): [uid: number, structure: MessageStructure][] {
    const base = mailbox * idStep;
    const rows = this.#range(columns).all(base + after, base + last, limitsKey(limits), limit);
    return rows.map((row) => [row[0] - base, toStructure(row)]);
  }

  #range(columns: readonly StructureColumn[]): Statement<[number, number, string, number], Row> {
    const names = allColumns.map((column) => (columns.includes(column) ? column.toLowerCase() : 'NULL'));
    const key = names.join(', ');
    const known = this.#ranges.get(key);
    if (known !== undefined) return known;
    const statement = this.#db
      .prepare(`SELECT id, date, zone, ${key} FROM structures
        WHERE id > ? AND id <= ? AND limits = ? ORDER BY id LIMIT ?`)
      .raw() as unknown as Statement<[number, number, string, number], Row>;
    this.#ranges.set(key, statement);
    return statement;
  }

  put(
    mailbox: number,
    uid: number,
    limits: MimeLimits,
    structure: MessageStructure,
    facts: HeaderFacts | undefined,
  ): void {
    const { envelope, body, bodyStructure, parts, dateMs, dateZoneMinutes } = structure;
    const numberOrNull = (value: number): number | null => (Number.isNaN(value) ? null : value);
    const id = mailbox * idStep + uid;
    const date = { ms: numberOrNull(dateMs), zone: numberOrNull(dateZoneMinutes) };
    this.#put.run(
      id,
      limitsKey(limits),
      envelope,
      body,
      bodyStructure,
      new Uint8Array(parts.buffer, parts.byteOffset, parts.byteLength),
      date.ms,
      date.zone,
    );
    if (facts === undefined) return;
    this.headers.put(id, limitsKey(limits), facts, date, this.#threadOf(id, facts));
  }

  /**
   * The thread that the message, its oldest or its nearest ancestor is known in, or a new one named by the message.
   * Threads are never joined later: a THREADID does not change (RFC 8474 5.2).
   */
  #threadOf(id: number, { messageId, references }: HeaderFacts): number {
    const names = [messageId, references[0], references.at(-1)].filter(
      (name): name is string => name !== undefined && name !== '',
    );
    let thread: number | undefined;
    for (const name of names) thread ??= this.#thread.get(name);
    for (const name of names) this.#putThread.run(name, thread ?? id);
    return thread ?? id;
  }

  preview(mailbox: number, uid: number): string | undefined {
    return this.#preview.get(mailbox * idStep + uid);
  }

  putPreview(mailbox: number, uid: number, preview: string): void {
    this.#putPreview.run(mailbox * idStep + uid, preview);
  }

  /** A copied message has the structure of its source. */
  copy(fromMailbox: number, fromUid: number, toMailbox: number, toUid: number): void {
    const from = fromMailbox * idStep + fromUid;
    const to = toMailbox * idStep + toUid;
    this.#copy.run(to, from);
    this.#copyPreview.run(to, from);
    this.headers.copy(from, to);
  }

  remove(mailbox: number, uid: number): void {
    const id = mailbox * idStep + uid;
    this.#remove.run(id);
    this.#removePreview.run(id);
    this.headers.remove(id);
  }

  /** Removes up to `limit` rows of a mailbox; returns how many. */
  dropSome(mailbox: number, limit: number): number {
    const [from, to] = [mailbox * idStep, (mailbox + 1) * idStep];
    const removed =
      this.#dropRange.run(from, to, limit).changes + this.#dropPreviews.run(from, to, limit).changes;
    return removed + this.headers.dropSome(mailbox, limit);
  }
}

function toStructure([, date, zone, envelope, body, bodyStructure, parts]: Row): MessageStructure {
  // The blob's memory need not lie on an eight-octet boundary: copied into an array of its own.
  const columns = parts === null ? noParts : new Float64Array(parts.length / 8);
  if (parts !== null) new Uint8Array(columns.buffer).set(parts);
  return {
    envelope: envelope ?? empty,
    body: body ?? empty,
    bodyStructure: bodyStructure ?? empty,
    parts: columns,
    dateMs: date ?? Number.NaN,
    dateZoneMinutes: zone ?? Number.NaN,
  };
}
