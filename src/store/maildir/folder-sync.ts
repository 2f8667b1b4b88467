// Mailbox.sync(): notices what other programs did, cheaply. Two stat calls when nothing changed; a scan only when a
// directory's mtime moved (M05), and of cur/ not more often than the folder's size allows.
//
// new/ is looked at whenever it changed: that is where mail arrives. Our own flag changes touch cur/ as well, and only a
// scan could tell them from another program's; so cur/ waits at least `store.rescanMinMs` and `store.rescanCostFactor`
// times what its last scan took, which bounds the cost to a few per cent of one core however large the folder is.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { renameMany } from '../../native/file-io.ts';
import { type AccountIndex, removeMailbox } from './account-index.ts';
import type { AccountState } from './account-state.ts';
import { isMissing, noMailbox } from './failures.ts';
import { formatInfo } from './file-name.ts';
import { restoreDirectories } from './folder-list.ts';
import type { FolderState } from './folder-state.ts';
import { filePath } from './message-file.ts';
import { type MessageRecord, Place } from './message-table.ts';
import { nextTurn } from './options.ts';
import { reconcileLocked } from './reconcile.ts';

interface Mtimes {
  readonly fresh: string;
  readonly cur: string;
}

/** Looks for changes; `takeNew` also moves mail from new/ to cur/ (a session that may change the mailbox has it open). */
export async function syncFolder(
  account: AccountState,
  index: AccountIndex,
  folder: FolderState,
  takeNew: boolean,
): Promise<void> {
  await account.assertCurrent(index);
  const wanted = await neededScan(account, index, folder);
  const movable = takeNew && index.messages.inNew(folder.id, 1).length > 0;
  if (wanted === 'none' && !movable) {
    await folder.loadKeywords(index, false);
    return;
  }
  const changed = await account.locked(index, () => scanLocked(account, index, folder, takeNew));
  if (changed) account.changed(folder.name);
}

/** The locked part of sync: whoever had the lock before may have done the work already. */
async function scanLocked(
  account: AccountState,
  index: AccountIndex,
  folder: FolderState,
  takeNew: boolean,
): Promise<boolean> {
  const wanted = await neededScan(account, index, folder);
  let changed = false;
  if (wanted !== 'none') changed = await scanOrDrop(account, index, folder, wanted === 'all');
  if (takeNew) await takeNewLocked(index, folder);
  return changed;
}

/** A full scan now, whatever the mtimes say: somebody met a file that is not where the index has it. Lock held. */
export async function forceScanLocked(
  account: AccountState,
  index: AccountIndex,
  folder: FolderState,
): Promise<void> {
  if (await scanOrDrop(account, index, folder, true)) account.changed(folder.name);
}

async function neededScan(
  account: AccountState,
  index: AccountIndex,
  folder: FolderState,
): Promise<'none' | 'new' | 'all'> {
  const row = folder.row(index);
  const now = await readMtimes(folder);
  // A missing directory is for the scan to judge.
  if (now === undefined) return 'all';
  if (now.cur !== row.curMtime && performance.now() >= nextCurScanMs(account, folder)) return 'all';
  return now.fresh === row.newMtime ? 'none' : 'new';
}

function nextCurScanMs(account: AccountState, folder: FolderState): number {
  const { settings } = account.context;
  const byCost = folder.curScanCostMs * settings.get('store.rescanCostFactor');
  return folder.curScannedMs + Math.max(settings.get('store.rescanMinMs'), byCost);
}

async function readMtimes(folder: FolderState): Promise<Mtimes | undefined> {
  try {
    const [fresh, cur] = await Promise.all([
      stat(join(folder.path, 'new'), { bigint: true }),
      stat(join(folder.path, 'cur'), { bigint: true }),
    ]);
    return { fresh: String(fresh.mtimeNs), cur: String(cur.mtimeNs) };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Reconciles; a folder that another program removed leaves the index too. */
async function scanOrDrop(
  account: AccountState,
  index: AccountIndex,
  folder: FolderState,
  withCur: boolean,
): Promise<boolean> {
  try {
    return await reconcileLocked(account, index, folder, withCur);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  if (await restoreDirectories(folder.path)) return await reconcileLocked(account, index, folder, true);
  const row = folder.row(index);
  await index.write((transaction) => removeMailbox(transaction, row));
  account.changed();
  throw noMailbox(row.name);
}

/**
 * Moves files from new/ to cur/ (M04). Not synced: after a crash a file may be in either place, and a scan knows it by
 * its base name. Lock held.
 */
async function takeNewLocked(index: AccountIndex, folder: FolderState): Promise<void> {
  for (;;) {
    const records = index.messages.inNew(folder.id, index.sliceRows);
    if (records.length === 0) return;
    const moved = await moveToCur(index, folder, records);
    // What could not be moved (renamed by another program meanwhile) is for the next scan.
    if (moved < records.length) return;
    await nextTurn();
  }
}

async function moveToCur(
  index: AccountIndex,
  folder: FolderState,
  records: MessageRecord[],
): Promise<number> {
  const targets = records.map(({ base, info, flags }) => ({
    base,
    info: formatInfo(info, flags),
    place: Place.cur,
    flags,
  }));
  const pairs = records.flatMap((record, at) => [
    filePath(folder.path, record),
    filePath(folder.path, targets[at] as (typeof targets)[number]),
  ]);
  const errnos = await renameMany(pairs, []);
  let moved = 0;
  await index.cache((transaction) => {
    moved = 0;
    const writer = transaction.writer(folder.id);
    for (const [at, record] of records.entries()) {
      const current = writer.get(record.uid);
      if (errnos[at] !== 0 || current === undefined || current.base !== record.base) continue;
      writer.update(current, targets[at] as (typeof targets)[number]);
      moved++;
    }
  });
  return moved;
}
