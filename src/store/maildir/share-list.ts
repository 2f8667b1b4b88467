// `tegu.shares` in the store's root: which mailboxes of which accounts name an identifier in their access lists.
//
// It answers "who shares with me" without opening every account. A hint only: the `dovecot-acl` files decide. Rows are added
// before a right is given and removed after it was taken, so a crash leaves at most a row too many. Lost, or with lists that
// came from elsewhere (an adopted tree), it is built again from the files: by `rebuild`, and by itself when it is new.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { MailboxName } from '../../base/brands.ts';
import { type DurableDatabase, openDurableDatabase } from '../../host/sqlite.ts';
import { forgetFailure, syncData, syncDirectory } from '../../native/file-io.ts';
import type { Share } from '../mail-store.ts';
import { AccountLock } from './account-lock.ts';
import { accountPaths, addressOfPath } from './account-path.ts';
import { readAcl } from './acl-file.ts';
import { isMissing } from './failures.ts';
import { FolderLister } from './folder-list.ts';
import type { StoreContext } from './options.ts';

const schema: readonly string[] = [
  `
  CREATE TABLE shares (
    identifier TEXT NOT NULL,               -- without sign, as on the wire
    account TEXT NOT NULL,
    mailbox TEXT NOT NULL,
    PRIMARY KEY (identifier, account, mailbox)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX shares_account ON shares (account);
  CREATE TABLE state (built INTEGER NOT NULL) STRICT;
  INSERT INTO state VALUES (0);
  `,
];
const cacheBytes = 256 * 1024;
/** Rows of one transaction while an account's shares are replaced. */
const maxRowsPerWrite = 1000;

/** Shared by all accounts of a store; opened at the first use. */
export class ShareList {
  readonly #context: Omit<StoreContext, 'shares'>;
  readonly #lock: AccountLock;
  #opening: Promise<DurableDatabase> | undefined;
  #building: Promise<number> | undefined;

  constructor(context: Omit<StoreContext, 'shares'>) {
    this.#context = context;
    const waitMs = (): number => context.settings.get('store.lockWaitMs');
    this.#lock = new AccountLock(join(context.root, 'tegu.shares.lock'), waitMs);
  }

  /** Mailboxes that name one of `identifiers`, in account and name order. */
  async sharedWith(identifiers: readonly string[]): Promise<readonly Share[]> {
    const database = await this.#open();
    const marks = identifiers.map(() => '?').join(', ');
    const rows = database.db
      .prepare(`SELECT DISTINCT account, mailbox FROM shares WHERE identifier IN (${marks}) ORDER BY 1, 2`)
      .raw()
      .all(...identifiers) as [string, string][];
    return rows.map(([account, mailbox]) => ({ account, mailbox: mailbox as MailboxName }));
  }

  /** True when some mailbox of the account may be shared. */
  async knows(account: string): Promise<boolean> {
    const database = await this.#open();
    return database.db.prepare('SELECT 1 FROM shares WHERE account = ? LIMIT 1').get(account) !== undefined;
  }

  /** Before a right is given; the account lock is held. */
  async add(account: string, mailbox: MailboxName, identifier: string): Promise<void> {
    const database = await this.#open();
    const name = identifier.startsWith('-') ? identifier.slice(1) : identifier;
    await database.write((db) => {
      db.prepare('INSERT OR IGNORE INTO shares VALUES (?, ?, ?)').run(name, account, mailbox);
    });
  }

  /**
   * Makes the rows of an account what its lists say now; call after rights were taken or folders changed names. The account
   * lock is held: a list that changes meanwhile would lose its rows.
   */
  async refresh(account: string, maildir: string): Promise<number> {
    const rows = await this.#readLists(account, maildir);
    const database = await this.#open();
    const found = new Set(rows.map(([, mailbox]) => mailbox)).size;
    await database.write((db) => {
      db.prepare('DELETE FROM shares WHERE account = ?').run(account);
      const insert = db.prepare('INSERT OR IGNORE INTO shares VALUES (?, ?, ?)');
      for (const [identifier, mailbox] of rows.slice(0, maxRowsPerWrite))
        insert.run(identifier, account, mailbox);
    });
    for (let from = maxRowsPerWrite; from < rows.length; from += maxRowsPerWrite) {
      await database.write((db) => {
        const insert = db.prepare('INSERT OR IGNORE INTO shares VALUES (?, ?, ?)');
        for (const [identifier, mailbox] of rows.slice(from, from + maxRowsPerWrite))
          insert.run(identifier, account, mailbox);
      });
    }
    return found;
  }

  async #readLists(account: string, maildir: string): Promise<[identifier: string, mailbox: MailboxName][]> {
    const domain = account.slice(account.lastIndexOf('@') + 1);
    const rows: [string, MailboxName][] = [];
    for (const [mailbox, directory] of await new FolderLister(maildir, this.#context).list()) {
      const folder = directory === '' ? maildir : join(maildir, directory);
      const { entries, isReadable } = await readAcl(folder, domain);
      if (!isReadable) this.#context.log.warn('store.acl_unreadable', { path: folder });
      for (const { identifier } of entries) rows.push([identifier.replace(/^-/, ''), mailbox]);
    }
    return rows;
  }

  /** Reads the lists of all accounts; resolves with the number of shared mailboxes. One run at a time. */
  rebuild(): Promise<number> {
    this.#building ??= this.#open()
      .then((database) => this.#lock.run(() => this.#buildAll(database)))
      .finally(() => {
        this.#building = undefined;
      });
    return this.#building;
  }

  async #buildAll(database: DurableDatabase): Promise<number> {
    const { root, log } = this.#context;
    let found = 0;
    for (const domain of await directoriesOf(root)) {
      for (const local of await directoriesOf(join(root, domain))) {
        const maildir = join(root, domain, local, 'Maildir');
        const account = addressOfPath(domain, local);
        if (account === undefined) log.warn('store.shares_skipped', { path: maildir });
        else found += await this.#refreshIfShared(database, account, maildir);
      }
    }
    await database.write((db) => db.prepare('UPDATE state SET built = 1').run());
    return found;
  }

  /** Most accounts share nothing: they cost no transaction. */
  async #refreshIfShared(database: DurableDatabase, account: string, maildir: string): Promise<number> {
    try {
      const rows = await this.#readLists(account, maildir);
      const known = database.db.prepare('SELECT 1 FROM shares WHERE account = ? LIMIT 1').get(account);
      if (rows.length === 0 && known === undefined) return 0;
      return await this.#refreshAlone(account, maildir);
    } catch (error) {
      if (isMissing(error)) return 0;
      throw error;
    }
  }

  async #refreshAlone(account: string, maildir: string): Promise<number> {
    const waitMs = (): number => this.#context.settings.get('store.lockWaitMs');
    const lock = new AccountLock(accountPaths(this.#context.root, account).lock, waitMs);
    try {
      return await lock.run(() => this.refresh(account, maildir));
    } finally {
      lock.closeIdle();
    }
  }

  #open(): Promise<DurableDatabase> {
    this.#opening ??= this.#openFile().catch((error) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #openFile(): Promise<DurableDatabase> {
    const path = join(this.#context.root, 'tegu.shares');
    const database = await openDurableDatabase(
      path,
      { syncData, syncDirectory, forgetFailure },
      { schema, cacheBytes },
    );
    if (database.db.prepare('SELECT built FROM state').pluck().get() === 0) this.#buildInBackground();
    return database;
  }

  #buildInBackground(): void {
    setImmediate(() => {
      this.rebuild().catch((error: Error) =>
        this.#context.log.warn('store.shares_not_built', { error: error.message }),
      );
    });
  }

  /** Waits for a build under way and closes. */
  async close(): Promise<void> {
    const opening = this.#opening;
    await this.#building?.catch(() => {});
    this.#opening = undefined;
    this.#lock.closeIdle();
    await (await opening?.catch(() => undefined))?.close();
  }
}

/** Names of the directories in a directory, none when it is not there. */
async function directoriesOf(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
