// A Mailbox that passes everything on to another one; classes that change a part of it extend this one.

import type { MailboxName, ModSeq, Uid } from '../../base/brands.ts';
import type { MimeLimits } from '../../native/mime.ts';
import type { Rights } from '../acl.ts';
import type {
  CopyResult,
  FlagChange,
  Mailbox,
  MailboxChanges,
  MailboxSource,
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

export class MailboxDelegate implements Mailbox {
  readonly inner: Mailbox;

  constructor(inner: Mailbox) {
    this.inner = inner;
  }

  get name(): MailboxName {
    return this.inner.name;
  }
  get uidValidity(): number {
    return this.inner.uidValidity;
  }
  get id(): string {
    return this.inner.id;
  }
  get source(): MailboxSource {
    return this.inner.source;
  }
  rights(): Rights {
    return this.inner.rights();
  }
  keywords(): readonly string[] {
    return this.inner.keywords();
  }
  sync(): Promise<void> {
    return this.inner.sync();
  }
  view(): Promise<{ readonly uids: Uint32Array; readonly uidNext: number; readonly highestModSeq: ModSeq }> {
    return this.inner.view();
  }
  claimRecent(below?: Uid): Promise<Uid> {
    return this.inner.claimRecent(below);
  }
  firstRecent(): Promise<Uid> {
    return this.inner.firstRecent();
  }
  firstUnseen(): Promise<Uid | undefined> {
    return this.inner.firstUnseen();
  }
  status(): Promise<MailboxStatus> {
    return this.inner.status();
  }
  rows(uids: Uint32Array): Promise<MessageRows> {
    return this.inner.rows(uids);
  }
  changesSince(modSeq: ModSeq): Promise<MailboxChanges> {
    return this.inner.changesSince(modSeq);
  }
  structures(
    uids: Uint32Array,
    limits: MimeLimits,
    columns?: readonly StructureColumn[],
  ): Promise<(MessageStructure | undefined)[]> {
    return this.inner.structures(uids, limits, columns);
  }
  header(uid: Uid, limits: MimeLimits): Promise<Buffer | undefined> {
    return this.inner.header(uid, limits);
  }
  read(uid: Uid, start: number, end: number): Promise<Buffer> {
    return this.inner.read(uid, start, end);
  }
  searchText(
    uids: Uint32Array,
    needle: string,
    includeHeader: boolean,
    limits: MimeLimits,
  ): Promise<Uint32Array> {
    return this.inner.searchText(uids, needle, includeHeader, limits);
  }
  searchHeader(uids: Uint32Array, field: string, needle: string, limits: MimeLimits): Promise<Uint32Array> {
    return this.inner.searchHeader(uids, field, needle, limits);
  }
  sentDates(uids: Uint32Array, limits: MimeLimits): Promise<SentDates> {
    return this.inner.sentDates(uids, limits);
  }
  sortKeys(uids: Uint32Array, key: SortKey, limits: MimeLimits): Promise<string[]> {
    return this.inner.sortKeys(uids, key, limits);
  }
  threadFacts(uids: Uint32Array, limits: MimeLimits): Promise<ThreadFacts[]> {
    return this.inner.threadFacts(uids, limits);
  }
  saveDates(uids: Uint32Array): Promise<Float64Array> {
    return this.inner.saveDates(uids);
  }
  objectIds(uids: Uint32Array, limits: MimeLimits): Promise<(ObjectIds | undefined)[]> {
    return this.inner.objectIds(uids, limits);
  }
  previews(uids: Uint32Array, limits: MimeLimits): Promise<(string | undefined)[]> {
    return this.inner.previews(uids, limits);
  }
  storeFlags(
    uids: Uint32Array,
    change: FlagChange,
    flags: readonly string[],
    unchangedSince?: ModSeq,
  ): Promise<StoreFlagsResult> {
    return this.inner.storeFlags(uids, change, flags, unchangedSince);
  }
  expunge(uids?: Uint32Array): Promise<Uint32Array> {
    return this.inner.expunge(uids);
  }
  copyTo(uids: Uint32Array, destination: MailboxName, whole?: boolean): Promise<CopyResult> {
    return this.inner.copyTo(uids, destination, whole);
  }
  moveTo(uids: Uint32Array, destination: MailboxName): Promise<CopyResult> {
    return this.inner.moveTo(uids, destination);
  }
  close(): void {
    this.inner.close();
  }
}
