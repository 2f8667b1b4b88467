// Makes the index of one folder agree with its files: what sync() does when a directory has changed.
//
// Runs with the account lock, so no other worker renames, unlinks or scans meanwhile; other programs and our own
// lock-free deliveries and appends may. Rules that keep that safe:
//  - a base name gets one UID: whoever inserts looks the base up in the same transaction (appends do, too);
//  - rows changed after the scan began (MODSEQ above the one read before) are left alone: the scan is older than they;
//  - "not seen" is no proof: before an expunge the directories are read a second time and the last known path is tried;
//  - a directory's mtime is remembered only when the scan is certainly newer than the last change it stands for; when
//    anything was left undecided it is not remembered, and the next sync scans again.

import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '../../native/file-io.ts';
import type { AccountIndex, Transaction } from './account-index.ts';
import type { AccountState } from './account-state.ts';
import { mapBounded } from './bounded.ts';
import { isMissing } from './failures.ts';
import { type FileEntry, FolderScan } from './folder-scan.ts';
import type { FolderState } from './folder-state.ts';
import { filePath, inspectFile } from './message-file.ts';
import type { NameTuple } from './message-table.ts';
import { nextTurn } from './options.ts';

/** What a scan and the index do not agree on. */
interface Difference {
  /** Entry numbers of files without a row. */
  readonly unknown: number[];
  readonly renamed: { readonly row: NameTuple; readonly entry: FileEntry }[];
  readonly missing: NameTuple[];
}

/** Facts of one reconciliation. */
interface Pass {
  readonly account: AccountState;
  readonly index: AccountIndex;
  readonly folder: FolderState;
  /** MODSEQ of the mailbox before the scan. */
  readonly modSeq: number;
  readonly startedMs: number;
  /** False once something was left undecided. */
  complete: boolean;
}

/**
 * Scans new/ and, when `withCur`, cur/, and brings the index up to date. Returns whether anything changed. Rejects with
 * ENOENT when the folder is gone. Lock held.
 */
export async function reconcileLocked(
  account: AccountState,
  index: AccountIndex,
  folder: FolderState,
  withCur: boolean,
): Promise<boolean> {
  const row = folder.row(index);
  await folder.loadKeywords(index, true);
  const startedMs = account.context.clock.nowMs();
  const pass: Pass = { account, index, folder, modSeq: row.modSeq, startedMs, complete: true };
  const began = performance.now();
  let scan = await FolderScan.read(folder.path, withCur);
  let difference = withCur ? await compareAll(pass, scan) : await compareNew(pass, scan);
  if (!withCur && difference.missing.length > 0) {
    // Another program took files out of new/: where they went only cur/ can tell.
    scan = await FolderScan.read(folder.path, true);
    difference = await compareAll(pass, scan);
  }
  if (scan.curMtime !== undefined) {
    folder.curScannedMs = performance.now();
    folder.curScanCostMs = folder.curScannedMs - began;
  }
  warnAboutNames(pass, scan);
  await applyRenamed(pass, difference.renamed);
  await applyMissing(pass, difference.missing);
  await admitFiles(pass, scan, difference.unknown);
  await rememberMtimes(pass, scan);
  return folder.row(index).modSeq !== row.modSeq;
}

/** Nobody sees a mailbox before it is published, and that transaction is synced: until then nothing needs to be. */
function commit<T>({ index, folder }: Pass, fn: (transaction: Transaction) => T): Promise<T> {
  return folder.uidValidity === 0 ? index.cache(fn) : index.write(fn);
}

/** Every file against every row, both in order of base names. */
async function compareAll(pass: Pass, scan: FolderScan): Promise<Difference> {
  const { index, folder } = pass;
  const difference: Difference = { unknown: [], renamed: [], missing: [] };
  const keys = scan.keys();
  let file = keys.next().value;
  const unknownUpTo = (base: string | undefined): void => {
    while (file && (base === undefined || file.base < base)) {
      difference.unknown.push(file.key);
      file = keys.next().value;
    }
  };
  for (let after = ''; ; ) {
    const rows = index.messages.byBase(folder.id, after, index.readRows);
    for (const row of rows) {
      unknownUpTo(row[1]);
      if (file && file.base === row[1]) {
        noteIfRenamed(difference, row, scan.entry(file.key));
        file = keys.next().value;
      } else difference.missing.push(row);
    }
    after = rows.at(-1)?.[1] ?? after;
    await nextTurn();
    if (rows.length < index.readRows) break;
  }
  for (let slice = 0; file; ) {
    difference.unknown.push(file.key);
    file = keys.next().value;
    if (++slice % index.readRows === 0) await nextTurn();
  }
  return difference;
}

/** Files of new/ only; rows that the index has in new/ but the scan has not are `missing`. */
async function compareNew(pass: Pass, scan: FolderScan): Promise<Difference> {
  const { index, folder } = pass;
  const difference: Difference = { unknown: [], renamed: [], missing: [] };
  const seen = new Set<number>();
  let slice = 0;
  for (const { key, base } of scan.keys()) {
    const uid = index.messages.uidOfBase(folder.id, base);
    const record = uid === undefined ? undefined : index.messages.get(folder.id, uid);
    if (record === undefined) difference.unknown.push(key);
    else {
      seen.add(record.uid);
      const { uid: known, info, place, flags, modSeq } = record;
      noteIfRenamed(difference, [known, base, info, place, flags, modSeq], scan.entry(key));
    }
    if (++slice % index.sliceRows === 0) await nextTurn();
  }
  for (let after = 0; ; ) {
    const rows = index.messages.inNew(folder.id, index.sliceRows, after);
    for (const { uid, base, info, place, flags, modSeq } of rows) {
      if (!seen.has(uid)) difference.missing.push([uid, base, info, place, flags, modSeq]);
      after = uid;
    }
    if (rows.length < index.sliceRows) return difference;
    await nextTurn();
  }
}

function noteIfRenamed(difference: Difference, row: NameTuple, entry: FileEntry): void {
  if (row[2] !== entry.info || row[3] !== entry.place || row[4] !== entry.flags) {
    difference.renamed.push({ row, entry });
  }
}

function warnAboutNames(pass: Pass, scan: FolderScan): void {
  const { unreadableNames, duplicateNames } = scan;
  if (unreadableNames + duplicateNames === 0) return;
  const { account, folder } = pass;
  account.context.log.warn('store.files_left_out', { path: folder.path, unreadableNames, duplicateNames });
}

/** Cuts work into transactions of `store.sliceRows` rows. */
async function inSlices<T>(
  index: AccountIndex,
  items: readonly T[],
  work: (slice: T[]) => Promise<unknown>,
): Promise<void> {
  const rows = index.sliceRows;
  for (let from = 0; from < items.length; from += rows) {
    await work(items.slice(from, from + rows));
    await nextTurn();
  }
}

/** Flags that another program changed, and moves between new/ and cur/. */
async function applyRenamed(pass: Pass, renamed: Difference['renamed']): Promise<void> {
  const { index, folder } = pass;
  // Whoever gave a file its flags may have died before the sync. Once the index has them, a STORE of the same flags
  // changes nothing and is acknowledged: the names must be as durable as the rows.
  if (renamed.some(({ row, entry }) => row[4] !== entry.flags)) await syncDirectory(join(folder.path, 'cur'));
  await inSlices(index, renamed, (slice) =>
    commit(pass, (transaction) => {
      const writer = transaction.writer(folder.id);
      for (const { row, entry } of slice) {
        const record = writer.get(row[0]);
        if (record === undefined || record.modSeq > pass.modSeq) pass.complete = false;
        else writer.update(record, entry);
      }
    }),
  );
}

async function applyMissing(pass: Pass, missing: readonly NameTuple[]): Promise<void> {
  const candidates = missing.filter((row) => row[5] <= pass.modSeq);
  if (candidates.length < missing.length) pass.complete = false;
  if (candidates.length === 0) return;
  const { index, folder, account } = pass;
  const again = await FolderScan.read(folder.path, true);
  const seen = new Set<string>();
  for (const { base } of again.keys()) {
    seen.add(base);
    if (seen.size % index.readRows === 0) await nextTurn();
  }
  const absent = candidates.filter((row) => !seen.has(row[1]));
  if (absent.length < candidates.length) pass.complete = false;
  const gone = await mapBounded(
    absent,
    account.context.settings.get('store.fileConcurrency'),
    async (row) => {
      const [uid, base, info, place] = row;
      return (await isGone(filePath(folder.path, { base, info, place }))) ? uid : undefined;
    },
  );
  if (gone.includes(undefined)) pass.complete = false;
  await inSlices(
    index,
    gone.filter((uid) => uid !== undefined),
    (slice) =>
      commit(pass, (transaction) => {
        const writer = transaction.writer(folder.id);
        for (const uid of slice) {
          const record = writer.get(uid);
          if (record === undefined) continue;
          if (record.modSeq > pass.modSeq) pass.complete = false;
          else writer.expunge(record);
        }
      }),
  );
}

async function isGone(path: string): Promise<boolean> {
  try {
    await access(path);
    return false;
  } catch (error) {
    if (isMissing(error)) return true;
    throw error;
  }
}

/** Gives UIDs to files without one, in the order of their arrival. */
async function admitFiles(pass: Pass, scan: FolderScan, unknown: number[]): Promise<void> {
  const { index, folder, account } = pass;
  if (unknown.length === 0) return;
  const concurrency = account.context.settings.get('store.fileConcurrency');
  const ordered = await scan.sortByArrival(unknown, index.readRows);
  await inSlices(index, ordered, async (slice) => {
    const found = await mapBounded(slice, concurrency, (key) =>
      inspectFile(folder.path, scan.entry(key), account.context),
    );
    await commit(pass, (transaction) => {
      const writer = transaction.writer(folder.id);
      for (const message of found) {
        if (message === undefined) pass.complete = false;
        else if (writer.uidOfBase(message.base) === undefined) writer.insert(message);
      }
    });
  });
}

/** Stores the mtimes that later syncs compare with; '' where the next sync has to scan again. */
async function rememberMtimes(pass: Pass, scan: FolderScan): Promise<void> {
  const { index, folder, account } = pass;
  const racyMs = account.context.settings.get('store.racyMtimeMs');
  const settled = (mtime: bigint): string => {
    // A directory changed shortly before the scan may change again without its mtime moving.
    const ageMs = pass.startedMs - Number(mtime / 1_000_000n);
    return pass.complete && ageMs > racyMs ? String(mtime) : '';
  };
  const row = folder.row(index);
  const newMtime = settled(scan.newMtime);
  const curMtime = scan.curMtime === undefined ? row.curMtime : settled(scan.curMtime);
  if (newMtime === row.newMtime && curMtime === row.curMtime) return;
  await index.cache((transaction) => transaction.boxes.saveMtimes(folder.id, newMtime, curMtime));
}
