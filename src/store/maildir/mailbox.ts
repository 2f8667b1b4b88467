// Mailbox of the port over one Maildir folder: a thin object per session; the state behind it is FolderState.

import type { MailboxName, ModSeq, Uid } from '../../base/brands.ts';
import type { MimeLimits } from '../../native/mime.ts';
import { allRights, type Rights } from '../acl.ts';
import {
  type AccountRef,
  type CopyResult,
  Flag,
  type FlagChange,
  type Mailbox,
  type MailboxChanges,
  type MailboxSource,
  type MailboxStatus,
  type MessageRows,
  type MessageStructure,
  type ObjectIds,
  type SentDates,
  type SortKey,
  type StoreFlagsResult,
  type StructureColumn,
  type ThreadFacts,
} from '../mail-store.ts';
import type { AccountIndex } from './account-index.ts';
import type { AccountState } from './account-state.ts';
import { expungeDeleted } from './expunge.ts';
import { expungedSince } from './expunge-log.ts';
import { changeFlags } from './flag-change.ts';
import type { FolderState } from './folder-state.ts';
import { syncFolder } from './folder-sync.ts';
import type { MailboxRow } from './mailbox-table.ts';
import { type Access, readHeader, readMessage, readStructures } from './message-access.ts';
import {
  readObjectIds,
  readPreviews,
  readSaveDates,
  readSentDates,
  readSortKeys,
  readThreadFacts,
  searchHeaderField,
} from './message-facts.ts';
import { maxUid } from './message-table.ts';
import { previewText } from './preview-text.ts';
import { searchMessages } from './text-search.ts';
import { copyMessages, moveMessages } from './transfer.ts';

/** One session's handle. */
export class MaildirMailbox implements Mailbox {
  readonly uidValidity: number;
  readonly id: string;
  readonly #account: AccountState;
  readonly #ref: () => AccountRef;
  readonly #folder: FolderState;
  /** Set by claimRecent: this session may change the mailbox, so its syncs take mail out of new/. */
  #takesNew = false;

  constructor(account: AccountState, ref: () => AccountRef, folder: FolderState, id: string) {
    this.#account = account;
    this.#ref = ref;
    this.#folder = folder;
    this.uidValidity = folder.uidValidity;
    this.id = id;
  }

  get name(): MailboxName {
    return this.#folder.name;
  }

  get source(): MailboxSource {
    return { account: this.#account.address, mailbox: this.#folder.name };
  }

  rights(): Rights {
    return allRights;
  }

  keywords(): readonly string[] {
    return this.#folder.keywords.names;
  }

  /** For classes that show the mailbox in another way. */
  protected use<T>(
    what: string,
    work: (access: Access & { readonly index: AccountIndex }) => Promise<T>,
  ): Promise<T> {
    return this.#account.use(what, (index) => work({ account: this.#account, index, folder: this.#folder }));
  }

  sync(): Promise<void> {
    return this.use('sync', ({ index }) => syncFolder(this.#account, index, this.#folder, this.#takesNew));
  }

  view(): Promise<{ readonly uids: Uint32Array; readonly uidNext: number; readonly highestModSeq: ModSeq }> {
    return this.use('view', async ({ index }) => {
      const columns = await this.#folder.refresh(index);
      return { uids: columns.uids(), uidNext: columns.uidNext, highestModSeq: columns.modSeq as ModSeq };
    });
  }

  claimRecent(below?: Uid): Promise<Uid> {
    this.#takesNew = true;
    return this.use('claim recent', async ({ index }) => {
      const id = this.#folder.row(index).id;
      const first = await index.cache(({ boxes }) => {
        const row = boxes.byId(id);
        boxes.takeRecent(id, below ?? maxUid);
        return row?.recent ?? 1;
      });
      await syncFolder(this.#account, index, this.#folder, true);
      return first as Uid;
    });
  }

  firstRecent(): Promise<Uid> {
    return this.use('recent', async ({ index }) => this.#folder.row(index).recent as Uid);
  }

  firstUnseen(): Promise<Uid | undefined> {
    return this.use('first unseen', async ({ index }) => {
      if (this.#folder.row(index).unseen === 0) return undefined;
      return (await this.#folder.refresh(index)).firstWithout(Flag.seen) as Uid | undefined;
    });
  }

  status(): Promise<MailboxStatus> {
    return this.use('status', async ({ index }) => {
      const row = this.#folder.row(index);
      const recent = await countRecent(index, this.#folder, row);
      await index.barrier(row.id, row.modSeq);
      return {
        messages: row.messages,
        recent,
        unseen: row.unseen,
        deleted: row.deleted,
        uidNext: row.uidNext,
        uidValidity: row.uidValidity,
        highestModSeq: row.modSeq as ModSeq,
        sizeBytes: row.bytes,
      };
    });
  }

  rows(uids: Uint32Array): Promise<MessageRows> {
    return this.use('rows', async ({ index }) => {
      return (await this.#folder.refresh(index)).select(uids, this.#folder.flagMask);
    });
  }

  changesSince(modSeq: ModSeq): Promise<MailboxChanges> {
    return this.use('changes', async ({ index }) => {
      const columns = await this.#folder.refresh(index);
      const changed = columns.selectChanged(modSeq, this.#folder.flagMask);
      const { modSeq: highest, uidNext } = columns;
      const expunged = await expungedSince(index, this.#folder, columns, modSeq, highest);
      return { changed, expunged, highestModSeq: highest as ModSeq, uidNext };
    });
  }

  structures(
    uids: Uint32Array,
    limits: MimeLimits,
    columns?: readonly StructureColumn[],
  ): Promise<(MessageStructure | undefined)[]> {
    return this.use('structures', (access) => readStructures(access, uids, limits, columns));
  }

  header(uid: Uid, limits: MimeLimits): Promise<Buffer | undefined> {
    return this.use('header', (access) => readHeader(access, uid, limits));
  }

  read(uid: Uid, start: number, end: number): Promise<Buffer> {
    return this.use('read', (access) => readMessage(access, uid, start, end));
  }

  searchText(
    uids: Uint32Array,
    needle: string,
    includeHeader: boolean,
    limits: MimeLimits,
  ): Promise<Uint32Array> {
    return this.use('search', (access) => searchMessages(access, uids, needle, includeHeader, limits));
  }

  searchHeader(uids: Uint32Array, field: string, needle: string, limits: MimeLimits): Promise<Uint32Array> {
    return this.use('search header', (access) => searchHeaderField(access, uids, field, needle, limits));
  }

  sentDates(uids: Uint32Array, limits: MimeLimits): Promise<SentDates> {
    return this.use('sent dates', (access) => readSentDates(access, uids, limits));
  }

  sortKeys(uids: Uint32Array, key: SortKey, limits: MimeLimits): Promise<string[]> {
    return this.use('sort keys', (access) => readSortKeys(access, uids, key, limits));
  }

  threadFacts(uids: Uint32Array, limits: MimeLimits): Promise<ThreadFacts[]> {
    return this.use('thread facts', (access) => readThreadFacts(access, uids, limits));
  }

  saveDates(uids: Uint32Array): Promise<Float64Array> {
    return this.use('save dates', (access) => readSaveDates(access, uids));
  }

  objectIds(uids: Uint32Array, limits: MimeLimits): Promise<(ObjectIds | undefined)[]> {
    return this.use('object ids', (access) => readObjectIds(access, uids, limits));
  }

  previews(uids: Uint32Array, limits: MimeLimits): Promise<(string | undefined)[]> {
    return this.use('previews', (access) => readPreviews(access, uids, limits, previewText));
  }

  storeFlags(
    uids: Uint32Array,
    change: FlagChange,
    flags: readonly string[],
    unchangedSince: ModSeq = Number.POSITIVE_INFINITY as ModSeq,
  ): Promise<StoreFlagsResult> {
    return this.use('store flags', ({ index }) =>
      changeFlags(this.#account, index, this.#folder, { uids, change, flags, unchangedSince }),
    );
  }

  expunge(uids?: Uint32Array): Promise<Uint32Array> {
    return this.use('expunge', ({ index }) =>
      expungeDeleted(this.#account, this.#ref(), index, this.#folder, uids),
    );
  }

  copyTo(uids: Uint32Array, destination: MailboxName, whole = false): Promise<CopyResult> {
    return this.use('copy', (access) => copyMessages(access, this.#ref(), { uids, destination, whole }));
  }

  moveTo(uids: Uint32Array, destination: MailboxName): Promise<CopyResult> {
    return this.use('move', (access) => moveMessages(access, uids, destination));
  }

  close(): void {
    // Columns belong to the worker's cache, the index handle to its pool: nothing is held per session.
  }
}

/** Counted in the index only where they are few at most: it would read every row. */
async function countRecent(index: AccountIndex, folder: FolderState, row: MailboxRow): Promise<number> {
  if (row.recent <= 1) return row.messages;
  if (row.uidNext - row.recent <= index.readRows) return index.messages.countFrom(row.id, row.recent);
  return (await folder.refresh(index)).countFrom(row.recent);
}
