// The INBOX as one POP3 session sees it: numbered once at log-in, and never anything else until QUIT (RFC 1939 5).
//
// Holds a number, a size and two marks a message; octets are read from the store when asked for. Mail that arrives later is
// not there, mail that others remove stays listed and cannot be fetched. Removal is by UID, so it never touches other mail.

import type { MailboxName, Uid } from '../base/brands.ts';
import { Fault } from '../base/outcome.ts';
import type { MailAccount, Mailbox } from '../store/mail-store.ts';
import { ReadAhead } from './read-ahead.ts';

export const inbox = 'INBOX' as MailboxName;

const fetchedMark = 1;
const deletedMark = 2;

export class Maildrop {
  readonly mailbox: Mailbox;
  /** First octets of messages, by number. */
  readonly ahead: ReadAhead;
  readonly #uids: Uint32Array;
  readonly #sizes: Float64Array;
  readonly #marks: Uint8Array;
  #count: number;
  #sizeBytes = 0;

  private constructor(mailbox: Mailbox, uids: Uint32Array, sizes: Float64Array) {
    this.mailbox = mailbox;
    this.ahead = new ReadAhead(this);
    this.#uids = uids;
    this.#sizes = sizes;
    this.#marks = new Uint8Array(uids.length);
    this.#count = uids.length;
    for (const size of sizes) this.#sizeBytes += size;
  }

  /** Opens INBOX and numbers what is in it now. */
  static async open(account: MailAccount): Promise<Maildrop> {
    const mailbox = await account.open(inbox);
    try {
      await mailbox.sync();
      const { uids } = await mailbox.view();
      const rows = await mailbox.rows(uids);
      return new Maildrop(mailbox, rows.uids, rows.sizes);
    } catch (error) {
      mailbox.close();
      throw error;
    }
  }

  /** Messages that are not marked as deleted. */
  get count(): number {
    return this.#count;
  }

  /** Their octets. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Highest message number there is. */
  get last(): number {
    return this.#uids.length;
  }

  has(number: number): boolean {
    return number >= 1 && number <= this.#uids.length && (this.#markOf(number) & deletedMark) === 0;
  }

  /** Throws Fault('pop3.no_message') for numbers that are not there or are marked as deleted. */
  expect(number: number): number {
    if (!this.has(number)) throw new Fault('pop3.no_message', 'No such message');
    return number;
  }

  uid(number: number): Uid {
    return this.#uids[number - 1] as Uid;
  }

  size(number: number): number {
    return this.#sizes[number - 1] ?? 0;
  }

  /**
   * RFC 1939 7: the same in every session, never used again. UID and UIDVALIDITY as 16 hexadecimal digits, as Dovecot writes
   * them by default: clients that come from there with an adopted Maildir do not fetch everything again.
   */
  uniqueId(number: number): string {
    return hex(this.uid(number)) + hex(this.mailbox.uidValidity);
  }

  markDeleted(number: number): void {
    this.#marks[number - 1] = this.#markOf(number) | deletedMark;
    this.#count -= 1;
    this.#sizeBytes -= this.size(number);
  }

  markFetched(number: number): void {
    this.#marks[number - 1] = this.#markOf(number) | fetchedMark;
  }

  /** RSET: nothing is marked as deleted any more. */
  unmarkDeleted(): void {
    for (let number = 1; number <= this.last; number++) {
      if ((this.#markOf(number) & deletedMark) === 0) continue;
      this.#marks[number - 1] = this.#markOf(number) & ~deletedMark;
      this.#count += 1;
      this.#sizeBytes += this.size(number);
    }
  }

  get hasDeleted(): boolean {
    return this.#count < this.#uids.length;
  }

  /**
   * QUIT: removes what is marked; durable when it resolves. Flag and removal name the same UIDs, so \Deleted of other
   * messages is nobody's business here. What somebody else removed meanwhile counts as removed.
   */
  async removeDeleted(): Promise<number> {
    const uids = this.#marked(deletedMark);
    if (uids.length === 0) return 0;
    await this.mailbox.storeFlags(uids, 'add', ['\\Deleted']);
    await this.mailbox.expunge(uids);
    return uids.length;
  }

  /** Sets \Seen on what was fetched and stays. */
  async rememberFetched(): Promise<void> {
    const uids = this.#marked(fetchedMark);
    this.#marks.forEach((mark, at) => {
      this.#marks[at] = mark & ~fetchedMark;
    });
    if (uids.length > 0) await this.mailbox.storeFlags(uids, 'add', ['\\Seen']);
  }

  close(): void {
    this.mailbox.close();
  }

  #markOf(number: number): number {
    return this.#marks[number - 1] ?? 0;
  }

  /** UIDs of the messages with exactly this mark. */
  #marked(mark: number): Uint32Array {
    const wanted = mark === deletedMark ? [deletedMark, deletedMark | fetchedMark] : [mark];
    return this.#uids.filter((_, at) => wanted.includes(this.#marks[at] ?? 0));
  }
}

const hex = (number: number): string => number.toString(16).padStart(8, '0');
