// One mailbox as all sessions of a worker share it: its columns in memory, keyword table, and when it was scanned.
//
// Valid for one (id, UIDVALIDITY); when the index no longer has that pair, every operation fails with
// 'store.no_mailbox' and the session must select again. Columns are loaded in slices, brought up to date by MODSEQ, and
// may be dropped at any time to keep the worker's memory inside `store.rowCacheBytes`.

import { join } from 'node:path';
import type { MailboxName } from '../../base/brands.ts';
import type { AccountIndex } from './account-index.ts';
import type { ColumnCache } from './column-cache.ts';
import { Columns } from './columns.ts';
import { noMailbox } from './failures.ts';
import { keywordShift } from './file-name.ts';
import { type KeywordTable, noKeywords, readKeywords, writeKeywords } from './keyword-file.ts';
import type { MailboxRow } from './mailbox-table.ts';
import { type ColumnTuple, maxUid } from './message-table.ts';
import { nextTurn } from './options.ts';

const systemFlagMask = 0x1f;

/** Shared by the Mailbox objects of one worker. */
export class FolderState {
  readonly id: number;
  readonly uidValidity: number;
  /** Follows renames. */
  name: MailboxName;
  dir: string;
  keywords: KeywordTable = noKeywords;
  /** End and duration of the last scan of cur/ by this worker, monotonic ms. */
  curScannedMs = Number.NEGATIVE_INFINITY;
  curScanCostMs = 0;
  columns: Columns | undefined;
  readonly #maildir: string;
  readonly #cache: ColumnCache;
  #loading: Promise<void> | undefined;
  /** Readings of the keyword table that began, and the last one that was taken: they may end in another order. */
  #keywordReadings = 0;
  #keywordTaken = 0;

  constructor(row: MailboxRow, maildir: string, cache: ColumnCache) {
    this.id = row.id;
    this.uidValidity = row.uidValidity;
    this.name = row.name;
    this.dir = row.dir;
    this.#maildir = maildir;
    this.#cache = cache;
  }

  /** Absolute path of the folder that holds cur/, new/ and tmp/. */
  get path(): string {
    return this.dir === '' ? this.#maildir : join(this.#maildir, this.dir);
  }

  /** The mailbox row; throws Permanent('store.no_mailbox') when this incarnation is gone. */
  row(index: AccountIndex): MailboxRow {
    const row = index.boxes.byId(this.id);
    if (row === undefined || row.uidValidity !== this.uidValidity) throw noMailbox(this.name);
    this.follow(row);
    return row;
  }

  /** A rename moved the folder: from now on its path is the new one. */
  follow(row: MailboxRow): void {
    this.name = row.name;
    this.dir = row.dir;
  }

  /** Flag bits that have a name; others stay in file names but are not shown. */
  get flagMask(): number {
    let mask = systemFlagMask;
    for (const [position, name] of this.keywords.names.entries()) {
      if (name !== '') mask |= 1 << (keywordShift + position);
    }
    return mask;
  }

  /** Reads the keyword table again if it changed; a lost file is written anew from the index's copy under the lock. */
  async loadKeywords(index: AccountIndex, lockHeld: boolean): Promise<void> {
    const reading = ++this.#keywordReadings;
    const table = await readKeywords(this.path);
    if (reading < this.#keywordTaken) return;
    this.#keywordTaken = reading;
    if (table.stamp !== '' && table.stamp === this.keywords.stamp) return;
    const known = index.boxes.keywords(this.id);
    if (table.stamp === '' && known.length > 0) {
      if (lockHeld) await writeKeywords(this.path, known);
      this.keywords = { names: known, stamp: '' };
      return;
    }
    this.keywords = table;
    if (lockHeld && known.join(' ') !== table.names.join(' ')) {
      await index.cache((transaction) => transaction.boxes.saveKeywords(this.id, table.names));
    }
  }

  /** The columns, showing at least the state the index had when called, and only what is on the disk. */
  async refresh(index: AccountIndex): Promise<Columns> {
    const target = this.row(index).modSeq;
    for (;;) {
      const columns = this.columns;
      if (columns !== undefined && columns.modSeq >= target) {
        this.#cache.touch(this);
        return columns;
      }
      this.#loading ??= this.#load(index).finally(() => {
        this.#loading = undefined;
      });
      await this.#loading;
      this.row(index);
    }
  }

  async #load(index: AccountIndex): Promise<void> {
    let columns = this.columns;
    const known = this.row(index);
    if (columns === undefined || columns.modSeq < known.floor) columns = await this.#loadAll(index);
    for (;;) {
      const row = await this.#applyChanges(index, columns);
      if (row.floor > columns.modSeq) {
        // The expunge log was cut while we read: only a fresh start is complete.
        columns = await this.#loadAll(index);
        continue;
      }
      await index.barrier(this.id, row.modSeq);
      columns.modSeq = row.modSeq;
      columns.uidNext = row.uidNext;
      break;
    }
    this.columns = columns;
    this.#cache.touch(this);
  }

  async #loadAll(index: AccountIndex): Promise<Columns> {
    const { modSeq, messages } = this.row(index);
    const columns = new Columns(messages);
    columns.modSeq = modSeq;
    for (let after = 0; ; ) {
      const rows = index.messages.columns(this.id, after, index.readRows);
      await this.#nameFlags(index, rows);
      for (const row of rows) columns.put(row);
      after = rows.at(-1)?.[0] ?? after;
      if (rows.length < index.readRows) return columns;
      await nextTurn();
    }
  }

  /** Another worker may have made a keyword: a row is shown with it at once, or its MODSEQ would stand for less. */
  async #nameFlags(index: AccountIndex, rows: readonly ColumnTuple[]): Promise<void> {
    const mask = this.flagMask;
    if (rows.some(([, flags]) => (flags & ~mask) !== 0)) await this.loadKeywords(index, false);
  }

  /** Brings `columns` to the state of the returned row, without saying so in `columns.modSeq` yet. */
  async #applyChanges(index: AccountIndex, columns: Columns): Promise<MailboxRow> {
    const gone: number[] = [];
    let seen: [number, number] = [columns.modSeq, maxUid];
    let goneSeen: [number, number] = [columns.modSeq, maxUid];
    for (;;) {
      const limit = index.readRows;
      const { rows, expunged, row } = index.read(() => ({
        row: this.row(index),
        rows: index.messages.changed(this.id, ...seen, limit),
        expunged: index.messages.expunged(this.id, ...goneSeen, limit),
      }));
      await this.#nameFlags(index, rows);
      for (const tuple of rows) columns.put(tuple);
      for (const [, uid] of expunged) gone.push(uid);
      const last = rows.at(-1);
      if (last !== undefined) seen = [last[2], last[0]];
      goneSeen = expunged.at(-1) ?? goneSeen;
      if (rows.length < limit && expunged.length < limit) {
        columns.remove(gone.sort((left, right) => left - right));
        return row;
      }
      await nextTurn();
    }
  }
}
