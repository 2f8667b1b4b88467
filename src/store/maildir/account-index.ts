// The opened `tegu.index` of one account: tables, durable transactions, and what is known to be on the disk.
//
// A commit that was not synced yet may be seen by other connections. Before a session shows such a state to a client it
// must survive a power cut, or a MODSEQ or UID that a client has seen could be given again; `barrier` waits for that and
// costs nothing when this worker itself has synced that state.

import { rename, stat } from 'node:fs/promises';
import { type DurableDatabase, openDurableDatabase } from '../../host/sqlite.ts';
import { forgetFailure, syncData, syncDirectory } from '../../native/file-io.ts';
import type { AccountLock } from './account-lock.ts';
import type { AccountPaths } from './account-path.ts';
import { isIndexBroken, isMissing } from './failures.ts';
import { indexSchema } from './index-schema.ts';
import { IntentTable } from './intent-table.ts';
import { type MailboxRow, MailboxTable } from './mailbox-table.ts';
import { MailboxWriter, type WriterTables } from './mailbox-writer.ts';
import { MessageTable } from './message-table.ts';
import type { StoreContext } from './options.ts';
import { PrivateSeenTable } from './private-seen-table.ts';
import { StructureTable } from './structure-table.ts';

const sqliteSuffixes = ['', '-wal', '-shm'] as const;
/** Index pages of one account in memory; the kernel's page cache holds the rest. */
const pageCacheBytes = 512 * 1024;

/** What a transaction works with. */
export interface Transaction extends WriterTables {
  readonly intents: IntentTable;
  readonly privateSeen: PrivateSeenTable;
  /** Changes to the messages of a mailbox; finished when the transaction function returns. */
  writer(mailbox: number): MailboxWriter;
}

/** One open handle; owned by AccountState, which reopens it when the file was replaced. */
export class AccountIndex {
  readonly boxes: MailboxTable;
  readonly messages: MessageTable;
  readonly structures: StructureTable;
  readonly intents: IntentTable;
  readonly privateSeen: PrivateSeenTable;
  /** Random, made with the file: ids that come from a lost index are never given again. */
  readonly birth: string;
  /** Hears of messages that left a mailbox, once that is so. */
  onRemoved: (mailbox: number, uids: Uint32Array) => void = () => {};
  /** Inode of the file behind the handle. */
  readonly inode: bigint;
  readonly #durable: DurableDatabase;
  readonly #context: StoreContext;
  readonly #synced = new Map<number, number>();

  private constructor(durable: DurableDatabase, context: StoreContext, inode: bigint) {
    this.#durable = durable;
    this.#context = context;
    this.inode = inode;
    this.boxes = new MailboxTable(durable.db);
    this.messages = new MessageTable(durable.db);
    this.structures = new StructureTable(durable.db);
    this.intents = new IntentTable(durable.db);
    this.privateSeen = new PrivateSeenTable(durable.db);
    this.birth = String(durable.db.prepare('SELECT birth FROM identity').pluck().get());
  }

  /**
   * Opens or creates the index. One that SQLite cannot read, or that turned out damaged while open (`damagedInode`), is
   * set aside first, by one worker only.
   */
  static async open(
    paths: AccountPaths,
    context: StoreContext,
    lock: AccountLock,
    damagedInode?: bigint,
  ): Promise<AccountIndex> {
    try {
      const index = await AccountIndex.#openFile(paths, context);
      if (index.inode !== damagedInode) return index;
      await index.close();
    } catch (error) {
      if (!isIndexBroken(error)) throw error;
    }
    return await lock.run(async () => {
      try {
        const index = await AccountIndex.#openFile(paths, context);
        if (index.inode !== damagedInode) return index;
        await index.close();
      } catch (error) {
        if (!isIndexBroken(error)) throw error;
      }
      context.log.error('store.index_set_aside', { path: paths.index });
      await setAside(paths, context.clock.nowMs());
      return await AccountIndex.#openFile(paths, context);
    });
  }

  static async #openFile(paths: AccountPaths, context: StoreContext): Promise<AccountIndex> {
    const options = { schema: indexSchema, cacheBytes: pageCacheBytes };
    const durable = await openDurableDatabase(
      paths.index,
      { syncData, syncDirectory, forgetFailure },
      options,
    );
    try {
      const { ino } = await stat(paths.index, { bigint: true });
      return new AccountIndex(durable, context, ino);
    } catch (error) {
      await durable.close().catch(() => {});
      throw error;
    }
  }

  /** Rows that one slice of work may change. */
  get sliceRows(): number {
    return this.#context.settings.get('store.sliceRows');
  }

  /** The same for reading, which costs about a quarter. */
  get readRows(): number {
    return this.sliceRows * 4;
  }

  /** A consistent synchronous read over several statements. */
  read<T>(fn: () => T): T {
    return this.#durable.read(() => fn());
  }

  /** One write transaction; durable when it resolves. `fn` may run again after a busy answer and must not await. */
  async write<T>(fn: (transaction: Transaction) => T): Promise<T> {
    const writers = new Map<number, MailboxWriter>();
    const result = await this.#durable.write(() => this.#run(fn, writers));
    for (const [mailbox, { row }] of writers) this.#markSynced(mailbox, row.modSeq);
    this.#tellRemoved(writers);
    return result;
  }

  /** Like write(), but does not wait for the disk: for caches and for what is found again anyhow. */
  async cache<T>(fn: (transaction: Transaction) => T): Promise<T> {
    const writers = new Map<number, MailboxWriter>();
    const result = await this.#durable.writeCache(() => this.#run(fn, writers));
    this.#tellRemoved(writers);
    return result;
  }

  #tellRemoved(writers: ReadonlyMap<number, MailboxWriter>): void {
    for (const [mailbox, { removed }] of writers) {
      if (removed.length > 0) this.onRemoved(mailbox, Uint32Array.from(removed));
    }
  }

  #run<T>(fn: (transaction: Transaction) => T, writers: Map<number, MailboxWriter>): T {
    writers.clear();
    const result = fn({
      boxes: this.boxes,
      messages: this.messages,
      structures: this.structures,
      intents: this.intents,
      privateSeen: this.privateSeen,
      writer: (mailbox) => {
        const writer = writers.get(mailbox) ?? new MailboxWriter(this, mailbox);
        writers.set(mailbox, writer);
        return writer;
      },
    });
    const logRows = this.#context.settings.get('store.expungeLogRows');
    for (const writer of writers.values()) writer.finish(logRows);
    return result;
  }

  /** Waits until the state `modSeq` of a mailbox, which was read from the index, is on the disk. */
  async barrier(mailbox: number, modSeq: number): Promise<void> {
    if ((this.#synced.get(mailbox) ?? 0) >= modSeq) return;
    await this.#durable.write(() => {});
    this.#markSynced(mailbox, modSeq);
  }

  #markSynced(mailbox: number, modSeq: number): void {
    this.#synced.set(mailbox, Math.max(this.#synced.get(mailbox) ?? 0, modSeq));
  }

  /** True while the path still names the file that is open here. */
  async isCurrent(path: string): Promise<boolean> {
    try {
      return (await stat(path, { bigint: true })).ino === this.inode;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#durable.close();
  }
}

/**
 * Takes a mailbox out of the index: its name keeps the memory of its UIDVALIDITY, its rows go later, in slices (trash.ts).
 * Nobody can reach them meanwhile, because ids are never given twice.
 */
export function removeMailbox({ boxes, intents }: Transaction, row: MailboxRow): void {
  if (row.uidValidity > 0) boxes.rememberName(row.name, row.uidValidity);
  boxes.remove(row.id);
  intents.add({ kind: 'drop', mailbox: row.id });
}

/** Renames a damaged index and its companions so that the administrator can look at them. */
async function setAside(paths: AccountPaths, nowMs: number): Promise<void> {
  for (const suffix of sqliteSuffixes) {
    await rename(`${paths.index}${suffix}`, `${paths.index}.broken-${nowMs}${suffix}`).catch((error) => {
      if (!isMissing(error)) throw error;
    });
  }
  await syncDirectory(paths.home);
}
