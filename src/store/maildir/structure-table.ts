// Rows of the index table `structures`: parsed ENVELOPE, BODY and BODYSTRUCTURE of messages.
//
// Only a cache: it may lose rows at any time. A row made under other parser bounds than asked for does not count.

import type { Database, Statement } from 'better-sqlite3';
import type { MimeLimits } from '../../native/mime.ts';
import type { MessageStructure } from '../mail-store.ts';
import { idStep } from './message-table.ts';

type Row = [Buffer, Buffer, Buffer, Buffer, number | null, number | null];

/** Key of the bounds a structure was parsed with. */
const limitsKey = (limits: MimeLimits): string =>
  `1:${limits.maxParts}:${limits.maxDepth}:${limits.maxHeaderBytes}`;

/** Typed statements over the cache. */
export class StructureTable {
  readonly #get: Statement<[number, string], Row>;
  readonly #put: Statement<(number | string | null | Uint8Array)[]>;
  readonly #remove: Statement<[number]>;
  readonly #copy: Statement<[number, number]>;
  readonly #dropRange: Statement<[number, number, number]>;

  constructor(db: Database) {
    this.#get = db
      .prepare(
        'SELECT envelope, body, bodystructure, parts, date, zone FROM structures WHERE id = ? AND limits = ?',
      )
      .raw() as unknown as Statement<[number, string], Row>;
    this.#put = db.prepare('INSERT OR REPLACE INTO structures VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    this.#remove = db.prepare('DELETE FROM structures WHERE id = ?');
    this.#copy = db.prepare(`INSERT OR REPLACE INTO structures
      SELECT ?, limits, envelope, body, bodystructure, parts, date, zone FROM structures WHERE id = ?`);
    this.#dropRange = db.prepare(
      'DELETE FROM structures WHERE id IN (SELECT id FROM structures WHERE id > ? AND id < ? LIMIT ?)',
    );
  }

  get(mailbox: number, uid: number, limits: MimeLimits): MessageStructure | undefined {
    const row = this.#get.get(mailbox * idStep + uid, limitsKey(limits));
    if (row === undefined) return undefined;
    const [envelope, body, bodyStructure, parts, date, zone] = row;
    // The blob's memory need not lie on an eight-octet boundary: copied into an array of its own.
    const columns = new Float64Array(parts.length / 8);
    new Uint8Array(columns.buffer).set(parts);
    return {
      envelope,
      body,
      bodyStructure,
      parts: columns,
      dateMs: date ?? Number.NaN,
      dateZoneMinutes: zone ?? Number.NaN,
    };
  }

  put(mailbox: number, uid: number, limits: MimeLimits, structure: MessageStructure): void {
    const { envelope, body, bodyStructure, parts, dateMs, dateZoneMinutes } = structure;
    const numberOrNull = (value: number): number | null => (Number.isNaN(value) ? null : value);
    this.#put.run(
      mailbox * idStep + uid,
      limitsKey(limits),
      envelope,
      body,
      bodyStructure,
      new Uint8Array(parts.buffer, parts.byteOffset, parts.byteLength),
      numberOrNull(dateMs),
      numberOrNull(dateZoneMinutes),
    );
  }

  /** A copied message has the structure of its source. */
  copy(fromMailbox: number, fromUid: number, toMailbox: number, toUid: number): void {
    this.#copy.run(toMailbox * idStep + toUid, fromMailbox * idStep + fromUid);
  }

  remove(mailbox: number, uid: number): void {
    this.#remove.run(mailbox * idStep + uid);
  }

  /** Removes up to `limit` rows of a mailbox; returns how many. */
  dropSome(mailbox: number, limit: number): number {
    return this.#dropRange.run(mailbox * idStep, (mailbox + 1) * idStep, limit).changes;
  }
}
