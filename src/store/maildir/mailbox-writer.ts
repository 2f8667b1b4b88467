// All changes to messages of one mailbox inside one write transaction, with the counters and MODSEQ that go with them.
//
// One transaction gives one new MODSEQ to everything it changes (RFC 7162 allows that and it keeps CHANGEDSINCE exact).
// UIDs are given in ascending order and never twice; when they run out, `UidsExhausted` tells the caller to start the
// mailbox anew under a larger UIDVALIDITY. Nothing is written to the mailbox row before `finish()`.

import { Flag } from '../mail-store.ts';
import { noMailbox } from './failures.ts';
import type { MailboxRow, MailboxTable } from './mailbox-table.ts';
import { type MessageRecord, type MessageTable, maxUid } from './message-table.ts';
import type { StructureTable } from './structure-table.ts';

/** Thrown inside a transaction (which rolls back) when a mailbox has no UID left. */
export class UidsExhausted extends Error {
  readonly mailbox: number;

  constructor(mailbox: number) {
    super('no UID is left');
    this.mailbox = mailbox;
  }
}

/** What is known of a message before it has a UID. */
export type NewMessage = Omit<MessageRecord, 'uid' | 'modSeq' | 'emailId'> & {
  /** Set for copies: row id of the message that was first. */
  readonly emailId?: number;
};

/** File name and flags as they are after a change. */
export interface FileState {
  readonly base: string;
  readonly info: string;
  readonly place: number;
  readonly flags: number;
}

/** The tables a writer needs. */
export interface WriterTables {
  readonly boxes: MailboxTable;
  readonly messages: MessageTable;
  readonly structures: StructureTable;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Create inside the transaction, call `finish()` before it ends. */
export class MailboxWriter {
  readonly #tables: WriterTables;
  readonly #row: Mutable<MailboxRow>;
  readonly #before: number;
  /** UIDs that were expunged. */
  readonly removed: number[] = [];

  constructor(tables: WriterTables, mailbox: number) {
    const row = tables.boxes.byId(mailbox);
    if (row === undefined) throw noMailbox(`#${mailbox}`);
    this.#tables = tables;
    this.#row = { ...row };
    this.#before = row.modSeq;
  }

  get row(): Readonly<MailboxRow> {
    return this.#row;
  }

  /** The MODSEQ of a change that is in no message row (a private flag). */
  touch(): number {
    return this.#nextModSeq();
  }

  /** The MODSEQ of this transaction. */
  #nextModSeq(): number {
    if (this.#row.modSeq === this.#before) this.#row.modSeq++;
    return this.#row.modSeq;
  }

  /** The UID of a message that is already there under this base name. */
  uidOfBase(base: string): number | undefined {
    return this.#tables.messages.uidOfBase(this.#row.id, base);
  }

  get(uid: number): MessageRecord | undefined {
    return this.#tables.messages.get(this.#row.id, uid);
  }

  /** Adds a message under the next UID, or under `uid` while a foreign UID list is adopted. */
  insert(message: NewMessage, uid: number = this.#row.uidNext): number {
    if (uid > maxUid - 1) throw new UidsExhausted(this.#row.id);
    this.#tables.messages.insert(this.#row.id, {
      ...message,
      uid,
      modSeq: this.#nextModSeq(),
      emailId: message.emailId ?? null,
    });
    this.#row.uidNext = Math.max(this.#row.uidNext, uid + 1);
    this.#count(message.flags, message.vsize, 1);
    return uid;
  }

  /** Records a new file name and flags; MODSEQ moves only when the flags differ. */
  update(old: MessageRecord, now: FileState): void {
    const changed = old.flags !== now.flags;
    const modSeq = changed ? this.#nextModSeq() : old.modSeq;
    this.#tables.messages.update(this.#row.id, old.uid, { ...now, modSeq });
    if (!changed) return;
    this.#count(old.flags, 0, -1);
    this.#count(now.flags, 0, 1);
    // #count moved the message counter there and back.
  }

  /** Records the true sizes of a file whose name told wrong ones. */
  resize(old: MessageRecord, base: string, size: number, vsize: number): void {
    this.#tables.messages.setSizes(this.#row.id, old.uid, base, size, vsize, this.#nextModSeq());
    this.#tables.structures.remove(this.#row.id, old.uid);
    this.#row.bytes += vsize - old.vsize;
  }

  /** Removes a message and logs its expunge. */
  expunge(old: MessageRecord): void {
    this.#tables.messages.remove(this.#row.id, old.uid);
    this.#tables.structures.remove(this.#row.id, old.uid);
    this.#tables.messages.logExpunge(this.#row.id, this.#nextModSeq(), old.uid);
    this.#count(old.flags, old.vsize, -1);
    this.removed.push(old.uid);
  }

  #count(flags: number, bytes: number, sign: 1 | -1): void {
    this.#row.messages += sign;
    this.#row.bytes += sign * bytes;
    if ((flags & Flag.seen) === 0) this.#row.unseen += sign;
    if ((flags & Flag.deleted) !== 0) this.#row.deleted += sign;
  }

  /** Writes the mailbox row; returns its MODSEQ. `logRows` bounds the expunge log. */
  finish(logRows: number): number {
    if (this.removed.length > 0) {
      const cut = this.#tables.messages.trimLog(this.#row.id, logRows);
      if (cut !== undefined) this.#row.floor = Math.max(this.#row.floor, cut);
    }
    this.#tables.boxes.saveCounters(this.#row);
    return this.#row.modSeq;
  }
}
