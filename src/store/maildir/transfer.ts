// COPY and MOVE between folders of one account, in slices, under the account lock.
//
// COPY makes hard links (a message file never changes in place), or copies where links are impossible; what was copied is
// taken back when a later slice fails, so that COPY happens wholly or not at all (RFC 9051 6.4.7). MOVE renames: at every
// instant each message is in exactly one folder (RFC 6851 3.3); a crash between rename and index leaves files that the
// next scans find. The destination gets new base names and its own keyword letters.

import { randomBytes } from 'node:crypto';
import { copyFile, open, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { MailboxName } from '../../base/brands.ts';
import { commitFile, linkMany, renameMany, unlinkMany } from '../../native/file-io.ts';
import type { AccountRef, CopyResult } from '../mail-store.ts';
import { expungeLocked } from './expunge.ts';
import { busyMailbox, Errno, errnoFailure, expungedMessage, isMissing } from './failures.ts';
import { formatInfo, keywordShift } from './file-name.ts';
import { keywordNames } from './flag-names.ts';
import { openFolder } from './folder-open.ts';
import type { FolderState } from './folder-state.ts';
import { forceScanLocked } from './folder-sync.ts';
import { flagBitsLocked } from './keyword-letters.ts';
import type { NewMessage } from './mailbox-writer.ts';
import type { Access } from './message-access.ts';
import { filePath } from './message-file.ts';
import { idStep, type MessageRecord, Place } from './message-table.ts';
import { nextTurn } from './options.ts';
import { addUsage, assertQuota, forgetQuota } from './quota.ts';

const maxAttempts = 5;
const systemFlags = (1 << keywordShift) - 1;
/** Errnos of link(2) that a copy gets around. */
const uncopyable: ReadonlySet<number> = new Set([Errno.crossDevice, Errno.tooManyLinks, Errno.notPermitted]);

interface Pair {
  readonly source: MessageRecord;
  readonly target: NewMessage;
}

/** Source and destination UIDs of what was done so far. */
interface Progress {
  readonly from: number[];
  readonly to: number[];
}

export interface CopyOrder {
  readonly uids: Uint32Array;
  readonly destination: MailboxName;
  /** A message that is gone fails the copy instead of being left out. */
  readonly whole: boolean;
}

/** COPY, all or nothing. */
export async function copyMessages(access: Access, ref: AccountRef, order: CopyOrder): Promise<CopyResult> {
  const { account, index } = access;
  const { uids, whole } = order;
  const destination = await openFolder(account, index, order.destination);
  const columns = await access.folder.refresh(index);
  const sizes = columns.select(uids, 0).sizes;
  const total = sizes.reduce((sum, size) => sum + size, 0);
  await assertQuota(account.paths, ref, account.context, total, sizes.length);
  const progress: Progress = { from: [], to: [] };
  try {
    await eachSlice(access, uids, (slice) =>
      transferLocked(access, destination, slice, progress, whole ? copyWhole : copyRest),
    );
  } catch (error) {
    await account.locked(index, () =>
      expungeLocked(account, ref, index, destination, progress.to, () => true),
    );
    // What was taken back had never been counted.
    await forgetQuota(account.paths);
    throw error;
  }
  await addUsage(account.paths, ref, account.context, total, progress.to.length);
  return finish(access, destination, progress);
}

/** MOVE. Messages that are gone are left out. */
export async function moveMessages(
  access: Access,
  uids: Uint32Array,
  destinationName: MailboxName,
): Promise<CopyResult> {
  const { account, index, folder } = access;
  const destination = await openFolder(account, index, destinationName);
  const progress: Progress = { from: [], to: [] };
  await eachSlice(access, uids, (slice) => transferLocked(access, destination, slice, progress, moveRest));
  if (progress.to.length > 0) account.changed(folder.name);
  return finish(access, destination, progress);
}

function finish({ account }: Access, destination: FolderState, { from, to }: Progress): CopyResult {
  if (to.length > 0) account.changed(destination.name);
  return {
    uidValidity: destination.uidValidity,
    sourceUids: Uint32Array.from(from),
    destinationUids: Uint32Array.from(to),
  };
}

async function eachSlice(
  { account, index }: Access,
  uids: Uint32Array,
  work: (slice: number[]) => Promise<void>,
): Promise<void> {
  const sorted = Uint32Array.from(new Set(uids)).sort();
  for (let from = 0; from < sorted.length; from += index.sliceRows) {
    const slice = [...sorted.subarray(from, from + index.sliceRows)];
    await account.locked(index, () => work(slice));
    await nextTurn();
  }
}

/** What a slice does with its files, and with messages that are gone. */
interface Manner {
  readonly files: (access: Access, destination: FolderState, pairs: readonly Pair[]) => Promise<Int32Array>;
  readonly isMove: boolean;
  readonly whole: boolean;
}

const copyWhole: Manner = { files: linkFiles, isMove: false, whole: true };
const copyRest: Manner = { files: linkFiles, isMove: false, whole: false };
const moveRest: Manner = { files: renameFiles, isMove: true, whole: false };

/** One slice: files first, then rows of both mailboxes in one transaction. */
async function transferLocked(
  access: Access,
  destination: FolderState,
  uids: readonly number[],
  progress: Progress,
  { files, isMove, whole }: Manner,
): Promise<void> {
  const { account, index, folder } = access;
  let pending = uids;
  for (let attempt = 0; pending.length > 0; attempt++) {
    if (attempt === maxAttempts) throw busyMailbox('another program keeps renaming its files');
    if (attempt > 0) await forceScanLocked(account, index, folder);
    folder.row(index);
    destination.row(index);
    const records: MessageRecord[] = [];
    for (const uid of pending) {
      const record = index.messages.get(folder.id, uid);
      if (record !== undefined) records.push(record);
      else if (whole) throw expungedMessage(uid);
    }
    const pairs = await makeTargets(access, destination, records);
    let errnos: Int32Array;
    try {
      errnos = await files(access, destination, pairs);
      const done = pairs.filter((_, at) => errnos[at] === 0);
      await recordSlice(access, destination, done, progress, isMove);
    } catch (error) {
      // RFC 9051 6.4.7: a failed COPY leaves the destination as it was. What a MOVE renamed stays: scans find it there.
      if (!isMove) await removeTargets(access, destination, pairs);
      throw error;
    }
    const failed = errnos.find((errno) => errno !== 0 && errno !== Errno.notFound);
    if (failed !== undefined) throw errnoFailure(failed, isMove ? 'moving messages' : 'copying messages');
    pending = pairs.filter((_, at) => errnos[at] === Errno.notFound).map(({ source }) => source.uid);
  }
}

/** Unlinks copies that have no rows; those never made count as removed. */
async function removeTargets(
  { account }: Access,
  destination: FolderState,
  pairs: readonly Pair[],
): Promise<void> {
  const paths = pairs.map(({ target }) => filePath(destination.path, target));
  try {
    const errnos = await unlinkMany(paths, [join(destination.path, 'cur')]);
    if (errnos.every((errno) => errno === 0)) return;
  } catch {
    // The failure that led here is the one to be told; the next scan finds what is left.
  }
  account.context.log.warn('store.copy_not_undone', { path: destination.path });
}

async function makeTargets(
  { account, index, folder }: Access,
  destination: FolderState,
  records: readonly MessageRecord[],
): Promise<Pair[]> {
  await folder.loadKeywords(index, true);
  const bitsOf = new Map<number, number>();
  const pairs: Pair[] = [];
  for (const source of records) {
    const own = source.flags & ~systemFlags;
    let letters = bitsOf.get(own);
    if (letters === undefined) {
      const keywords = keywordNames(folder.keywords.names, own);
      letters = await flagBitsLocked(index, destination, { system: 0, keywords });
      bitsOf.set(own, letters);
    }
    const flags = (source.flags & systemFlags) | letters;
    const { size, vsize, date } = source;
    const base = account.context.names.next(account.context.clock.nowMs(), size, vsize);
    pairs.push({
      source,
      target: {
        base,
        info: formatInfo('', flags),
        place: Place.cur,
        flags,
        size,
        vsize,
        date,
        emailId: source.emailId ?? folder.id * idStep + source.uid,
      },
    });
  }
  return pairs;
}

async function recordSlice(
  { index, folder }: Access,
  destination: FolderState,
  done: readonly Pair[],
  progress: Progress,
  isMove: boolean,
): Promise<void> {
  if (done.length === 0) return;
  const newUids = await index.write((transaction) => {
    const to = transaction.writer(destination.id);
    const from = transaction.writer(folder.id);
    return done.map(({ source, target }) => {
      const uid = to.insert(target);
      transaction.structures.copy(folder.id, source.uid, destination.id, uid);
      const current = isMove ? from.get(source.uid) : undefined;
      if (current !== undefined) from.expunge(current);
      return uid;
    });
  });
  for (const { source } of done) progress.from.push(source.uid);
  for (const uid of newUids) progress.to.push(uid);
}

const pathPairs = (folder: FolderState, destination: FolderState, pairs: readonly Pair[]): string[] =>
  pairs.flatMap(({ source, target }) => [filePath(folder.path, source), filePath(destination.path, target)]);

function renameFiles(
  { folder }: Access,
  destination: FolderState,
  pairs: readonly Pair[],
): Promise<Int32Array> {
  // A rename is one step for every journaling file system, so that the order of these syncs does not matter; but not
  // every one takes both directories to the disk when only one of them is synced.
  const directories = new Set([
    join(destination.path, 'cur'),
    join(folder.path, 'cur'),
    join(folder.path, 'new'),
  ]);
  return renameMany(pathPairs(folder, destination, pairs), [...directories]);
}

async function linkFiles(
  { folder }: Access,
  destination: FolderState,
  pairs: readonly Pair[],
): Promise<Int32Array> {
  const errnos = await linkMany(pathPairs(folder, destination, pairs), [join(destination.path, 'cur')]);
  for (const [at, { source, target }] of pairs.entries()) {
    if (!uncopyable.has(errnos[at] ?? 0)) continue;
    errnos[at] = await copyOne(filePath(folder.path, source), destination.path, target);
  }
  return errnos;
}

/** A copy with the source's time, durable; 0 or ENOENT as errno. */
async function copyOne(sourcePath: string, folder: string, target: NewMessage): Promise<number> {
  const tmpPath = join(folder, 'tmp', `${randomBytes(4).toString('hex')}.${target.base}`);
  try {
    await copyFile(sourcePath, tmpPath);
    await utimes(tmpPath, target.date / 1000, target.date / 1000);
    const file = await open(tmpPath, 'r+');
    try {
      await commitFile(file.fd, tmpPath, filePath(folder, target));
    } finally {
      await file.close();
    }
    return 0;
  } catch (error) {
    await unlink(tmpPath).catch(() => {});
    if (isMissing(error)) return Errno.notFound;
    throw error;
  }
}
