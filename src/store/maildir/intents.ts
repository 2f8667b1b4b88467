// Finishes or undoes what a worker that died had begun (intent-table.ts). Called with the account lock, before anything else.
//
//  files    written and synced before a MULTIAPPEND renames its files into cur/. Its index rows never came: the files
//           are removed again, so that the messages appear all or not at all (RFC 3502 3).
//  folders  written and synced before a RENAME moves directories: the rest is moved, names and subscriptions follow.
//  drop     rows of a removed mailbox; not undone work but a to-do list, cleared in the background (trash.ts).

import { join } from 'node:path';
import { unlinkMany } from '../../native/file-io.ts';
import type { AccountIndex } from './account-index.ts';
import type { AccountState } from './account-state.ts';
import { errnoFailure } from './failures.ts';
import { finishRename } from './folder-rename.ts';
import type { FilesIntent } from './intent-table.ts';

/** Leaves no intent but `drop` behind. */
export async function finishIntents(account: AccountState, index: AccountIndex): Promise<void> {
  for (const { id, intent } of index.intents.all()) {
    if (intent.kind === 'drop') continue;
    account.context.log.warn('store.intent_recovered', { account: account.address, kind: intent.kind });
    if (intent.kind === 'folders') await finishRename(account, index, id, intent);
    else await undoFiles(account, index, id, intent);
  }
}

/** Removes the files of an unfinished group; lock held. */
export async function undoFiles(
  account: AccountState,
  index: AccountIndex,
  id: number,
  intent: FilesIntent,
): Promise<void> {
  const row = index.boxes.byId(intent.mailbox);
  if (row !== undefined) {
    const cur = join(account.paths.maildir, row.dir, 'cur');
    const paths = intent.names.map((name) => join(cur, name));
    const failed = (await unlinkMany(paths, [cur])).find((errno) => errno !== 0);
    if (failed !== undefined) throw errnoFailure(failed, 'removing an unfinished append');
  }
  await index.write((transaction) => transaction.intents.remove(id));
}
