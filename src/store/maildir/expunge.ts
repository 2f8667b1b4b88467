// EXPUNGE: unlink the files, sync the directories, then the rows leave the index and enter the expunge log.
//
// Crash between: a file that is gone while its row is there is expunged by the next scan; a row never goes before its
// file, or the message would come back under another UID.

import { join } from 'node:path';
import { unlinkMany } from '../../native/file-io.ts';
import { type AccountRef, Flag } from '../mail-store.ts';
import type { AccountIndex } from './account-index.ts';
import type { AccountState } from './account-state.ts';
import { errnoFailure } from './failures.ts';
import type { FolderState } from './folder-state.ts';
import { filePath } from './message-file.ts';
import type { MessageRecord } from './message-table.ts';
import { nextTurn } from './options.ts';
import { addUsage } from './quota.ts';
import { ascending } from './uid-order.ts';

/** Removes messages that carry \Deleted, of `uids` or all; returns the UIDs removed, ascending. */
export async function expungeDeleted(
  account: AccountState,
  ref: AccountRef,
  index: AccountIndex,
  folder: FolderState,
  uids: Uint32Array | undefined,
): Promise<Uint32Array> {
  folder.row(index);
  // From the columns: asked for the few that are deleted, SQLite would read the whole mailbox in one go.
  const wanted = uids === undefined ? (await folder.refresh(index)).uidsWith(Flag.deleted) : ascending(uids);
  const removed: number[] = [];
  const sliceRows = index.sliceRows;
  for (let from = 0; from < wanted.length; from += sliceRows) {
    const slice = [...wanted.subarray(from, from + sliceRows)];
    const gone = await account.locked(index, () =>
      expungeLocked(account, ref, index, folder, slice, ({ flags }) => (flags & Flag.deleted) !== 0),
    );
    for (const uid of gone) removed.push(uid);
    await nextTurn();
  }
  if (removed.length > 0) account.changed(folder.name);
  return Uint32Array.from(removed);
}

/** Removes those of `uids` for which `isWanted` still holds. Lock held. */
export async function expungeLocked(
  account: AccountState,
  ref: AccountRef,
  index: AccountIndex,
  folder: FolderState,
  uids: readonly number[],
  isWanted: (record: MessageRecord) => boolean,
): Promise<number[]> {
  folder.row(index);
  const records = uids
    .map((uid) => index.messages.get(folder.id, uid))
    .filter((record) => record !== undefined)
    .filter(isWanted);
  if (records.length === 0) return [];
  await unlinkFiles(folder, records);
  const removed = await index.write((transaction) => {
    const writer = transaction.writer(folder.id);
    const gone: MessageRecord[] = [];
    for (const { uid } of records) {
      const current = writer.get(uid);
      if (current === undefined) continue;
      writer.expunge(current);
      gone.push(current);
    }
    return gone;
  });
  const bytes = removed.reduce((sum, record) => sum + record.size, 0);
  await addUsage(account.paths, ref, account.context, -bytes, -removed.length);
  return removed.map((record) => record.uid);
}

async function unlinkFiles(folder: FolderState, records: readonly MessageRecord[]): Promise<void> {
  // Both: the move out of new/ is not synced (folder-sync.ts), and on some file systems a file that is unlinked in cur/ is
  // in new/ again after a power cut that comes before new/ was synced.
  const errnos = await unlinkMany(
    records.map((record) => filePath(folder.path, record)),
    [join(folder.path, 'cur'), join(folder.path, 'new')],
  );
  const failed = errnos.find((errno) => errno !== 0);
  if (failed !== undefined) throw errnoFailure(failed, 'removing a message file');
}
