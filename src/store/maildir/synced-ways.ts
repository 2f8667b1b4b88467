// Makes sure that the directories on the way to a folder are on the disk before something in it is acknowledged.
//
// A folder that is there may have been made a moment ago by a worker that has not come to its syncs, or died before them; a
// file that is synced in it would be lost with the folder's own name. So each worker syncs the way to a folder once, before
// it first promises anything there, whoever made it. Remembers a bounded number of folders; forgetting costs syncs only.

import { dirname, join } from 'node:path';
import { syncDirectory } from '../../native/file-io.ts';
import type { AccountPaths } from './account-path.ts';

/** Folders remembered, about 100 octets each. */
const maxKnown = 50_000;

/** One per store. */
export class SyncedWays {
  /** Insertion order is order of use. */
  readonly #known = new Set<string>();

  /** Syncs what leads to cur/, new/ and tmp/ of the folder `directory` ('' for INBOX), unless done before. ENOENT when it is gone. */
  async ensure(paths: AccountPaths, directory = ''): Promise<void> {
    const folder = join(paths.maildir, directory);
    if (this.#known.delete(folder)) {
      this.#known.add(folder);
      return;
    }
    const way = new Set([dirname(paths.domain), paths.domain, paths.home, paths.maildir, folder]);
    await Promise.all([...way].map(syncDirectory));
    this.#known.add(folder);
    for (const oldest of this.#known) {
      if (this.#known.size <= maxKnown) break;
      this.#known.delete(oldest);
    }
  }

  /** Something on the way was missing and may be made again. */
  forget(paths: AccountPaths, directory = ''): void {
    this.#known.delete(join(paths.maildir, directory));
  }
}
