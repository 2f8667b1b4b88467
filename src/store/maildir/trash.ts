// Clears what DELETE left: index rows of removed mailboxes and folder directories in `tegu.trash`. In the background, in
// slices; both may be interrupted and repeated at any time, also by two workers at once.

import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { unlinkMany } from '../../native/file-io.ts';
import type { AccountIndex } from './account-index.ts';
import type { AccountState } from './account-state.ts';
import { isMissing } from './failures.ts';
import { nextTurn } from './options.ts';

/** Files per native batch. */
const batchFiles = 1000;

/** Does all `drop` intents of the account and empties its trash directory. */
export async function clearTrash(account: AccountState, index: AccountIndex): Promise<void> {
  for (const { id, intent } of index.intents.all()) {
    if (intent.kind !== 'drop') continue;
    await dropRows(index, intent.mailbox);
    await index.cache((transaction) => transaction.intents.remove(id));
  }
  for (const name of await entriesOf(account.paths.trash))
    await removeFolder(join(account.paths.trash, name));
}

async function dropRows(index: AccountIndex, mailbox: number): Promise<void> {
  for (;;) {
    const removed = await index.cache(({ messages, structures }) => {
      const limit = index.sliceRows;
      return (
        messages.dropSome(mailbox, limit) +
        structures.dropSome(mailbox, limit) +
        messages.dropLog(mailbox, limit)
      );
    });
    if (removed === 0) return;
    await nextTurn();
  }
}

/** Unlinks the files of a folder natively, then what little remains. */
async function removeFolder(folder: string): Promise<void> {
  for (const part of ['cur', 'new', 'tmp']) {
    const directory = join(folder, part);
    const names = await entriesOf(directory);
    for (let from = 0; from < names.length; from += batchFiles) {
      await unlinkMany(
        names.slice(from, from + batchFiles).map((name) => join(directory, name)),
        [],
      );
    }
  }
  await rm(folder, { recursive: true, force: true });
}

async function entriesOf(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
