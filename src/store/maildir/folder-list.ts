// The folders of an account as the directory Maildir/ shows them.
//
// A folder is a real directory (never a symbolic link: it could lead into another account) whose name decodes and which
// has a cur/. The list is kept until the mtime of Maildir/ moves, and read again while that is too recent to trust.

import { lstat, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { MailboxName } from '../../base/brands.ts';
import { syncDirectory } from '../../native/file-io.ts';
import { mapBounded } from './bounded.ts';
import { isMissing } from './failures.ts';
import { directoryOfName, inbox, nameOfDirectory } from './folder-name.ts';
import type { StoreContext } from './options.ts';

/** Mailbox name → directory below Maildir/. */
export type FolderList = ReadonlyMap<MailboxName, string>;

/** Cached listing of one account. */
export class FolderLister {
  readonly #maildir: string;
  readonly #context: Omit<StoreContext, 'shares'>;
  #known: { readonly mtime: bigint; readonly list: FolderList } | undefined;

  constructor(maildir: string, context: Omit<StoreContext, 'shares'>) {
    this.#maildir = maildir;
    this.#context = context;
  }

  /** All folders, INBOX included. */
  async list(): Promise<FolderList> {
    const { mtimeNs } = await stat(this.#maildir, { bigint: true });
    if (this.#known?.mtime === mtimeNs) return this.#known.list;
    const startedMs = this.#context.clock.nowMs();
    const list = await this.#read();
    const settled =
      startedMs - Number(mtimeNs / 1_000_000n) > this.#context.settings.get('store.racyMtimeMs');
    this.#known = settled ? { mtime: mtimeNs, list } : undefined;
    return list;
  }

  async #read(): Promise<FolderList> {
    const entries = await readdir(this.#maildir, { withFileTypes: true });
    const candidates = entries.filter((entry) => entry.isDirectory() && entry.name.startsWith('.'));
    const concurrency = this.#context.settings.get('store.fileConcurrency');
    const isFolder = await mapBounded(candidates, concurrency, ({ name }) =>
      isRealDirectory(join(this.#maildir, name, 'cur')),
    );
    const list = new Map<MailboxName, string>([[inbox, '']]);
    const skipped: string[] = [];
    for (const [at, { name: directory }] of candidates.entries()) {
      if (!isFolder[at]) continue;
      const name = nameOfDirectory(directory);
      if (name === undefined || list.has(name)) skipped.push(directory);
      else list.set(name, directory);
    }
    if (skipped.length > 0) {
      this.#context.log.warn('store.folders_left_out', {
        path: this.#maildir,
        directories: skipped.join(' '),
      });
    }
    return list;
  }

  /** Directory of a mailbox; undefined when there is none. */
  async find(name: MailboxName): Promise<string | undefined> {
    const directory = directoryOfName(name);
    if (await isRealDirectory(join(this.#maildir, directory, 'cur'))) {
      if (directory === '' || (await isRealDirectory(join(this.#maildir, directory)))) return directory;
      return undefined;
    }
    // Another program may have spelt the name in its own way.
    return (await this.list()).get(name);
  }
}

/** True for a directory that is not reached through a symbolic link in its last element. */
export async function isRealDirectory(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Makes missing cur/, new/ and tmp/ of a folder that is there, durably; false when the folder itself is gone. */
export async function restoreDirectories(folder: string): Promise<boolean> {
  let isChanged = false;
  for (const part of ['tmp', 'new', 'cur']) {
    try {
      await mkdir(join(folder, part), { mode: 0o700 });
      isChanged = true;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ENOENT') return false;
      if (code !== 'EEXIST') throw error;
    }
  }
  if (isChanged) await syncDirectory(folder);
  return true;
}
