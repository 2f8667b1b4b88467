// A mailbox of another account, opened by a user it is shared with: every operation asks for its right first (RFC 4314 4).
//
// Reading uses rights that are at most `store.aclCacheMs` old; `sync`, which sessions call before they tell news, and all
// changes look at the access list anew, so a right that was taken is gone from open sessions. \Seen is the user's own, as
// the account was opened; \Recent belongs to the owner and is never taken.

import type { MailboxName, ModSeq, Uid } from '../../base/brands.ts';
import type { MimeLimits } from '../../native/mime.ts';
import type { Right, Rights } from '../acl.ts';
import type {
  CopyResult,
  FlagChange,
  Mailbox,
  MailboxChanges,
  MailboxStatus,
  MessageRows,
  MessageStructure,
  ObjectIds,
  SentDates,
  SortKey,
  StoreFlagsResult,
  StructureColumn,
  ThreadFacts,
} from '../mail-store.ts';
import { mayChange, mayChangeAll, rightOfFlag } from './flag-rights.ts';
import { MailboxDelegate } from './mailbox-delegate.ts';
import { hidden, noRight, type OwnerAccount } from './owner-account.ts';

/** Copies and moves go through the session's account, which knows both ends. */
export interface Transfers {
  copy(source: Mailbox, uids: Uint32Array, destination: MailboxName, whole: boolean): Promise<CopyResult>;
  move(source: Mailbox, uids: Uint32Array, destination: MailboxName): Promise<CopyResult>;
}

/** An own mailbox whose copies may go to other accounts. */
export class OwnMailbox extends MailboxDelegate {
  readonly #transfers: Transfers;

  constructor(inner: Mailbox, transfers: Transfers) {
    super(inner);
    this.#transfers = transfers;
  }

  override copyTo(uids: Uint32Array, destination: MailboxName, whole = false): Promise<CopyResult> {
    return this.#transfers.copy(this, uids, destination, whole);
  }

  override moveTo(uids: Uint32Array, destination: MailboxName): Promise<CopyResult> {
    return this.#transfers.move(this, uids, destination);
  }
}

/** See the file header. */
export class SharedMailbox extends OwnMailbox {
  readonly owner: OwnerAccount;
  readonly #cacheMs: () => number;
  #rights: Rights;
  #checkedMs = performance.now();

  constructor(
    inner: Mailbox,
    owner: OwnerAccount,
    rights: Rights,
    transfers: Transfers,
    cacheMs: () => number,
  ) {
    super(inner, transfers);
    this.owner = owner;
    this.#rights = rights;
    this.#cacheMs = cacheMs;
  }

  override get name(): MailboxName {
    return this.owner.outward(this.inner.source.mailbox);
  }

  override rights(): Rights {
    return this.#rights;
  }

  /** Throws unless the user has the rights; `fresh` asks the access list now. */
  async check(fresh: boolean, ...needed: readonly Right[]): Promise<void> {
    const now = performance.now();
    if (fresh || now - this.#checkedMs > this.#cacheMs()) {
      this.#rights = await this.owner.rights(this.inner.source.mailbox);
      this.#checkedMs = now;
    }
    if (needed.every((right) => this.#rights.has(right))) return;
    throw this.#rights.has('l') ? noRight(this.name) : hidden(this.name);
  }

  async #reading<T>(work: () => Promise<T>): Promise<T> {
    await this.check(false, 'r');
    return await work();
  }

  override async sync(): Promise<void> {
    this.#rights = await this.owner.rights(this.inner.source.mailbox);
    this.#checkedMs = performance.now();
    // Whoever had it open learns that the right is gone, also when it may not be seen any more.
    if (!this.#rights.has('r')) throw noRight(this.name);
    await super.sync();
  }
  override view(): Promise<{
    readonly uids: Uint32Array;
    readonly uidNext: number;
    readonly highestModSeq: ModSeq;
  }> {
    return this.#reading(() => super.view());
  }
  override claimRecent(): Promise<Uid> {
    return this.#reading(() => super.firstRecent());
  }
  override firstRecent(): Promise<Uid> {
    return this.#reading(() => super.firstRecent());
  }
  override firstUnseen(): Promise<Uid | undefined> {
    return this.#reading(() => super.firstUnseen());
  }
  override status(): Promise<MailboxStatus> {
    return this.#reading(() => super.status());
  }
  override rows(uids: Uint32Array): Promise<MessageRows> {
    return this.#reading(() => super.rows(uids));
  }
  override changesSince(modSeq: ModSeq): Promise<MailboxChanges> {
    return this.#reading(() => super.changesSince(modSeq));
  }
  override structures(
    uids: Uint32Array,
    limits: MimeLimits,
    columns?: readonly StructureColumn[],
  ): Promise<(MessageStructure | undefined)[]> {
    return this.#reading(() => super.structures(uids, limits, columns));
  }
  override header(uid: Uid, limits: MimeLimits): Promise<Buffer | undefined> {
    return this.#reading(() => super.header(uid, limits));
  }
  override read(uid: Uid, start: number, end: number): Promise<Buffer> {
    return this.#reading(() => super.read(uid, start, end));
  }
  override searchText(
    uids: Uint32Array,
    needle: string,
    includeHeader: boolean,
    limits: MimeLimits,
  ): Promise<Uint32Array> {
    return this.#reading(() => super.searchText(uids, needle, includeHeader, limits));
  }
  override searchHeader(
    uids: Uint32Array,
    field: string,
    needle: string,
    limits: MimeLimits,
  ): Promise<Uint32Array> {
    return this.#reading(() => super.searchHeader(uids, field, needle, limits));
  }
  override sentDates(uids: Uint32Array, limits: MimeLimits): Promise<SentDates> {
    return this.#reading(() => super.sentDates(uids, limits));
  }
  override sortKeys(uids: Uint32Array, key: SortKey, limits: MimeLimits): Promise<string[]> {
    return this.#reading(() => super.sortKeys(uids, key, limits));
  }
  override threadFacts(uids: Uint32Array, limits: MimeLimits): Promise<ThreadFacts[]> {
    return this.#reading(() => super.threadFacts(uids, limits));
  }
  override saveDates(uids: Uint32Array): Promise<Float64Array> {
    return this.#reading(() => super.saveDates(uids));
  }
  override objectIds(uids: Uint32Array, limits: MimeLimits): Promise<(ObjectIds | undefined)[]> {
    return this.#reading(() => super.objectIds(uids, limits));
  }
  override previews(uids: Uint32Array, limits: MimeLimits): Promise<(string | undefined)[]> {
    return this.#reading(() => super.previews(uids, limits));
  }

  /** RFC 4314 4: flags without the right stay as they are; refused only when none of them may be changed. */
  override async storeFlags(
    uids: Uint32Array,
    change: FlagChange,
    flags: readonly string[],
    unchangedSince?: ModSeq,
  ): Promise<StoreFlagsResult> {
    await this.check(true, 'r');
    const rights = this.#rights;
    if (mayChangeAll(rights)) return await super.storeFlags(uids, change, flags, unchangedSince);
    const allowed = flags.filter((flag) => mayChange(rights, flag));
    if (change !== 'replace') {
      if (allowed.length === 0 && flags.length > 0) throw noRight(this.name);
      return await super.storeFlags(uids, change, allowed, unchangedSince);
    }
    if (!(['s', 't', 'w'] as const).some((right) => rights.has(right))) throw noRight(this.name);
    const wanted = new Set(allowed.map((flag) => flag.toLowerCase()));
    const all = ['\\Answered', '\\Flagged', '\\Deleted', '\\Seen', '\\Draft', ...this.keywords()];
    const unwanted = all.filter(
      (flag) => flag !== '' && rights.has(rightOfFlag(flag)) && !wanted.has(flag.toLowerCase()),
    );
    const removed = await super.storeFlags(uids, 'remove', unwanted, unchangedSince);
    const { rows } = await super.storeFlags(removed.rows.uids, 'add', allowed);
    return { rows, modified: removed.modified };
  }

  override async expunge(uids?: Uint32Array): Promise<Uint32Array> {
    await this.check(true, 'e');
    return await super.expunge(uids);
  }

  override async copyTo(uids: Uint32Array, destination: MailboxName, whole = false): Promise<CopyResult> {
    await this.check(true, 'r');
    return await super.copyTo(uids, destination, whole);
  }

  /** RFC 6851 3.3: a MOVE is COPY, STORE \Deleted and EXPUNGE. */
  override async moveTo(uids: Uint32Array, destination: MailboxName): Promise<CopyResult> {
    await this.check(true, 'r', 't', 'e');
    return await super.moveTo(uids, destination);
  }
}
