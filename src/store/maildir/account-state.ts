// One account as a worker holds it: paths, lock, open index handle, folders in use. Shared by all sessions on it.
//
// The index handle is opened when needed and may be closed between uses to keep to `store.openIndexes`; `use` pins it.
// When the file was replaced or deleted under us (set aside by another worker, removed by an administrator), the handle
// is dropped and the next use opens what is there; SQLite itself leaves files alone that the path no longer names.

import type { Transient } from '../../base/outcome.ts';
import { AccountIndex, removeMailbox } from './account-index.ts';
import { AccountLock } from './account-lock.ts';
import { type AccountPaths, accountPaths } from './account-path.ts';
import type { ColumnCache } from './column-cache.ts';
import { busyMailbox, isIndexBroken, isSyncFailed, storeFailure } from './failures.ts';
import { FolderLister } from './folder-list.ts';
import { FolderState } from './folder-state.ts';
import type { IndexPool } from './index-pool.ts';
import { finishIntents } from './intents.ts';
import type { MailboxRow } from './mailbox-table.ts';
import { UidsExhausted } from './mailbox-writer.ts';
import type { StoreContext } from './options.ts';
import { TextIndex } from './text-index.ts';

interface Handle {
  readonly index: AccountIndex;
  pins: number;
  /** Close when the last pin goes. */
  dropped: boolean;
}

/** Created by the store; `users` counts open MailAccount objects. */
export class AccountState {
  readonly address: string;
  readonly paths: AccountPaths;
  readonly context: StoreContext;
  readonly lock: AccountLock;
  readonly lister: FolderLister;
  readonly columns: ColumnCache;
  readonly folders = new Map<number, FolderState>();
  readonly texts: TextIndex;
  users = 0;
  /** Leftovers of crashes have been looked for. */
  isTended = false;
  readonly #pool: IndexPool;
  #handle: Handle | undefined;
  #opening: Promise<Handle> | undefined;
  #damagedInode: bigint | undefined;
  readonly #background = new Set<Promise<void>>();

  constructor(address: string, context: StoreContext, pool: IndexPool, columns: ColumnCache) {
    this.address = address;
    this.context = context;
    this.paths = accountPaths(context.root, address);
    this.lock = new AccountLock(this.paths.lock, () => context.settings.get('store.lockWaitMs'));
    this.lister = new FolderLister(this.paths.maildir, context);
    this.#pool = pool;
    this.columns = columns;
    this.texts = new TextIndex(this);
  }

  /** Runs `fn` with the open index. Errors come out as outcomes of the port. */
  async use<T>(what: string, fn: (index: AccountIndex) => Promise<T>): Promise<T> {
    try {
      const handle = await this.#pin();
      try {
        return await fn(handle.index);
      } catch (error) {
        if (isIndexBroken(error)) {
          this.#damagedInode = handle.index.inode;
          this.#drop(handle);
        } else if (isSyncFailed(error)) this.#drop(handle);
        if (error instanceof UidsExhausted) throw await this.#startOver(handle.index, error.mailbox);
        throw error;
      } finally {
        handle.pins--;
        if (handle.dropped) this.#closeIfFree(handle);
        else this.#pool.touch(this);
      }
    } catch (error) {
      throw storeFailure(error, what);
    }
  }

  /** Runs `fn` with the account lock; what a dead holder left half done is finished first. */
  locked<T>(index: AccountIndex, fn: () => Promise<T>): Promise<T> {
    return this.lock.run(async () => {
      await this.assertCurrent(index);
      await finishIntents(this, index);
      return await fn();
    });
  }

  /**
   * A mailbox whose UIDs are used up leaves the index and is numbered anew, under a larger UIDVALIDITY, when it is
   * opened next (RFC 9051 2.3.1.1). Its files stay where they are. Returns what to tell the session.
   */
  async #startOver(index: AccountIndex, mailbox: number): Promise<Transient> {
    await this.lock.run(async () => {
      const row = index.boxes.byId(mailbox);
      if (row !== undefined) await index.write((transaction) => removeMailbox(transaction, row));
    });
    this.changed();
    return busyMailbox('it is numbered anew, its UIDs were used up');
  }

  /** Throws Transient('store.busy') and forgets the handle when the index file is not the one it was opened as. */
  async assertCurrent(index: AccountIndex): Promise<void> {
    if (await index.isCurrent(this.paths.index)) return;
    if (this.#handle?.index === index) this.#drop(this.#handle);
    throw busyMailbox('its index was replaced');
  }

  /** The shared state of a mailbox row. */
  folder(row: MailboxRow): FolderState {
    const known = this.folders.get(row.id);
    if (known !== undefined && known.uidValidity === row.uidValidity) {
      known.follow(row);
      return known;
    }
    const folder = new FolderState(row, this.paths.maildir, this.columns);
    this.folders.set(row.id, folder);
    return folder;
  }

  /** A mailbox that was deleted; who still holds its state gets 'store.no_mailbox' from the index. */
  forgetFolder(id: number): void {
    const folder = this.folders.get(id);
    if (folder === undefined) return;
    this.columns.forget(folder);
    this.folders.delete(id);
    this.texts.forget(id);
  }

  /** Starts work that nobody waits for; failures are logged, `close` waits for it. */
  background(event: string, work: () => Promise<void>): void {
    const task = work()
      .catch((error: unknown) => {
        this.context.log.warn(event, { account: this.address, error: (error as Error).message });
      })
      .finally(() => this.#background.delete(task));
    this.#background.add(task);
  }

  /** Tells other workers that something changed. */
  changed(mailbox?: string): void {
    const payload = mailbox === undefined ? { account: this.address } : { account: this.address, mailbox };
    this.context.bus.publish('mailbox.changed', payload);
  }

  /** Tells who asked for it that annotations changed; `mailbox` is '' for those of the account. */
  annotated(mailbox: string, entries: string[], user: string): void {
    this.context.bus.publish('mailbox.annotated', { account: this.address, mailbox, entries, user });
  }

  async #pin(): Promise<Handle> {
    for (;;) {
      this.#opening ??= this.#handle === undefined ? this.#open() : undefined;
      const handle = this.#handle ?? (await (this.#opening as Promise<Handle>));
      // Between the promise and here the handle may have been dropped by somebody else's failure.
      if (handle.dropped) continue;
      handle.pins++;
      return handle;
    }
  }

  async #open(): Promise<Handle> {
    try {
      const index = await AccountIndex.open(this.paths, this.context, this.lock, this.#damagedInode);
      this.#damagedInode = undefined;
      index.onRemoved = (mailbox, uids) => this.texts.forget(mailbox, uids);
      const handle = { index, pins: 0, dropped: false };
      this.#handle = handle;
      return handle;
    } finally {
      this.#opening = undefined;
    }
  }

  #drop(handle: Handle): void {
    this.#forgetFolders();
    this.#release(handle);
  }

  #forgetFolders(): void {
    for (const folder of this.folders.values()) this.columns.forget(folder);
    this.folders.clear();
  }

  #closeIfFree(handle: Handle): void {
    if (handle.pins === 0) this.background('store.index_close_failed', () => handle.index.close());
  }

  /** Parts with an idle handle; who is about to pin it sees `dropped` and opens another. */
  #release(handle: Handle): void {
    handle.dropped = true;
    if (this.#handle === handle) this.#handle = undefined;
    this.#closeIfFree(handle);
  }

  /** Closes the index if no operation uses it; false when one does. */
  closeIdle(): boolean {
    const handle = this.#handle;
    if (this.#opening !== undefined || (handle !== undefined && handle.pins > 0)) return false;
    if (handle !== undefined) this.#release(handle);
    this.lock.closeIdle();
    if (this.users === 0) this.#forgetFolders();
    return true;
  }

  /** Waits for work under way and closes everything. */
  async close(): Promise<void> {
    await this.texts.close();
    while (!this.closeIdle()) await new Promise((resolve) => setTimeout(resolve, 5));
    while (this.#background.size > 0) await Promise.all(this.#background);
    this.lock.closeIdle();
  }
}
