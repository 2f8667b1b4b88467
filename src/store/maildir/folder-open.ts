// Finds or makes the index row of a mailbox: the first open of a folder, an adopted Dovecot folder, a lost index.
//
// The row is made with UIDVALIDITY 0, filled by a scan in slices, and published last, in one synced transaction; a crash
// in between starts over, and no session ever sees half a mailbox. UIDs come from `dovecot-uidlist` when there is one
// (adoption.ts), else in order of arrival under a new UIDVALIDITY.

import { join } from 'node:path';
import type { MailboxName } from '../../base/brands.ts';
import { type AccountIndex, removeMailbox } from './account-index.ts';
import type { AccountState } from './account-state.ts';
import { adoptUidList, hasUidList, readUidListFor, setUidListAside } from './adoption.ts';
import { noMailbox } from './failures.ts';
import { isRealDirectory, restoreDirectories } from './folder-list.ts';
import { FolderState } from './folder-state.ts';
import type { MailboxRow } from './mailbox-table.ts';
import { UidsExhausted } from './mailbox-writer.ts';
import { reconcileLocked } from './reconcile.ts';
import { nextUidValidity, noteUidValidity } from './uid-validity.ts';

/** The published row of an existing mailbox; Permanent('store.no_mailbox') when there is no such folder. */
export async function openFolder(
  account: AccountState,
  index: AccountIndex,
  name: MailboxName,
): Promise<FolderState> {
  const row = index.boxes.byName(name);
  if (row !== undefined && row.uidValidity > 0) {
    const known = account.folders.has(row.id);
    if (known && (await isRealDirectory(join(account.paths.maildir, row.dir, 'cur'))))
      return account.folder(row);
    if (!known && (await hasDirectories(account, row.dir))) {
      await finishAdoption(account, index, row);
      return account.folder(row);
    }
  }
  return await account.locked(index, () => openFolderLocked(account, index, name));
}

/** openFolder for who has the account lock. */
export async function openFolderLocked(
  account: AccountState,
  index: AccountIndex,
  name: MailboxName,
): Promise<FolderState> {
  const directory = await account.lister.find(name);
  if (directory === undefined || !(await restoreDirectories(join(account.paths.maildir, directory)))) {
    throw noMailbox(name);
  }
  const row = index.boxes.byName(name);
  if (row !== undefined && row.uidValidity > 0 && row.dir === directory) return account.folder(row);
  if (row !== undefined) await index.write((transaction) => removeMailbox(transaction, row));
  return await buildLocked(account, index, name, directory);
}

/** A crash may have come between publishing an adopted mailbox and setting its list aside. */
async function finishAdoption(account: AccountState, index: AccountIndex, row: MailboxRow): Promise<void> {
  const folder = join(account.paths.maildir, row.dir);
  if (!(await hasUidList(folder))) return;
  // Another worker may be waiting for the sync of that very row: the list must outlive everything but the index.
  await index.barrier(row.id, row.modSeq);
  await setUidListAside(folder);
}

async function hasDirectories(account: AccountState, dir: string): Promise<boolean> {
  const folder = join(account.paths.maildir, dir);
  const checks = ['', 'cur', 'new', 'tmp'].map((part) => isRealDirectory(join(folder, part)));
  return (await Promise.all(checks)).every(Boolean);
}

async function buildLocked(
  account: AccountState,
  index: AccountIndex,
  name: MailboxName,
  directory: string,
): Promise<FolderState> {
  const id = await index.cache((transaction) => transaction.boxes.insert(name, directory));
  const draft = index.boxes.byId(id) as MailboxRow;
  const folder = new FolderState(draft, account.paths.maildir, account.columns);
  const former = index.boxes.formerUidValidity(name);
  const list = await readUidListFor(account, folder.path, former);
  try {
    if (list !== undefined) await adoptUidList(account, index, folder, list);
    await reconcileLocked(account, index, folder, true);
  } catch (error) {
    if (!(error instanceof UidsExhausted)) throw error;
    // The foreign list left no UID for new mail: start over without it.
    await setUidListAside(folder.path);
    await index.write((transaction) => removeMailbox(transaction, draft));
    return await buildLocked(account, index, name, directory);
  }
  let uidValidity = list?.uidValidity;
  if (uidValidity === undefined)
    uidValidity = await nextUidValidity(account.paths, account.context.clock.nowMs(), former);
  else await noteUidValidity(account.paths, uidValidity);
  await publish(index, id, uidValidity);
  // Also when it was refused: it must not be found again.
  await setUidListAside(folder.path);
  if (list !== undefined) {
    account.context.log.info('store.uidlist_adopted', { path: folder.path, uidValidity });
  }
  const built = account.folder(index.boxes.byId(id) as MailboxRow);
  built.curScannedMs = folder.curScannedMs;
  built.curScanCostMs = folder.curScanCostMs;
  return built;
}

/** Makes the scanned mailbox visible; \Recent is what still lies in new/ behind everything that has been seen. */
async function publish(index: AccountIndex, id: number, uidValidity: number): Promise<void> {
  await index.write((transaction) => {
    transaction.boxes.publish(id, uidValidity);
    transaction.boxes.setRecent(id, transaction.messages.lastSeenUid(id) + 1);
  });
}
