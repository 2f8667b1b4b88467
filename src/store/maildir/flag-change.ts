// STORE: flags live in file names, so a change is a batch of renames, the sync of cur/, then the index rows with a new
// MODSEQ; all of it is on the disk before the caller hears of it.
//
// Crash between the steps: the rename without the row is found by the next scan, which gives the new flags a MODSEQ;
// the row cannot come without the rename, because the directory is synced first. A file that another program renamed
// meanwhile (M01, ENOENT) is looked up again by base name and tried again; one that is gone is an expunged message.

import { join } from 'node:path';
import { renameMany } from '../../native/file-io.ts';
import type { FlagChange, MessageRows, StoreFlagsResult } from '../mail-store.ts';
import type { AccountIndex } from './account-index.ts';
import type { AccountState } from './account-state.ts';
import { busyMailbox, Errno, errnoFailure } from './failures.ts';
import { formatInfo } from './file-name.ts';
import { keywordBits, type ParsedFlags, parseFlags } from './flag-names.ts';
import type { FolderState } from './folder-state.ts';
import { forceScanLocked } from './folder-sync.ts';
import { flagBitsLocked } from './keyword-letters.ts';
import type { FileState } from './mailbox-writer.ts';
import { filePath } from './message-file.ts';
import { type MessageRecord, Place } from './message-table.ts';
import { nextTurn } from './options.ts';
import { ascending } from './uid-order.ts';

/** How often one batch follows another program's renames before giving up. */
const maxAttempts = 5;

/** What a STORE asks for. */
export interface FlagRequest {
  readonly uids: Uint32Array;
  readonly change: FlagChange;
  readonly flags: readonly string[];
  /** Infinity when not conditional. */
  readonly unchangedSince: number;
}

interface Planned {
  readonly record: MessageRecord;
  readonly target: FileState;
}

/** Applies a request in slices; each slice has the account lock for itself. */
export async function changeFlags(
  account: AccountState,
  index: AccountIndex,
  folder: FolderState,
  request: FlagRequest,
): Promise<StoreFlagsResult> {
  const parsed = parseFlags(request.flags);
  const uids = ascending(request.uids);
  const modified: number[] = [];
  let changed = false;
  for (let from = 0; from < uids.length; from += index.sliceRows) {
    const slice = uids.subarray(from, from + index.sliceRows);
    const outcome = await account.locked(index, () =>
      changeSlice(account, index, folder, { ...request, uids: slice }, parsed),
    );
    for (const uid of outcome.modified) modified.push(uid);
    changed ||= outcome.changed;
    await nextTurn();
  }
  if (changed) account.changed(folder.name);
  const refused = new Set(modified);
  const columns = await folder.refresh(index);
  const rows: MessageRows = columns.select(
    refused.size === 0 ? uids : uids.filter((uid) => !refused.has(uid)),
    folder.flagMask,
  );
  return { rows, modified: Uint32Array.from(modified) };
}

async function changeSlice(
  account: AccountState,
  index: AccountIndex,
  folder: FolderState,
  request: FlagRequest,
  parsed: ParsedFlags,
): Promise<{ modified: number[]; changed: boolean }> {
  const bits =
    request.change === 'remove'
      ? parsed.system | keywordBits(folder.keywords.names, parsed.keywords)
      : await flagBitsLocked(index, folder, parsed);
  const modified: number[] = [];
  let pending = [...request.uids];
  let changed = false;
  for (let attempt = 0; pending.length > 0; attempt++) {
    if (attempt === maxAttempts) throw busyMailbox('another program keeps renaming its files');
    if (attempt > 0) await forceScanLocked(account, index, folder);
    const planned: Planned[] = [];
    folder.row(index);
    for (const uid of pending) {
      const record = index.messages.get(folder.id, uid);
      if (record === undefined) continue;
      // RFC 7162 3.1.3: a message changed after UNCHANGEDSINCE is left alone and reported.
      if (attempt === 0 && record.modSeq > request.unchangedSince) modified.push(uid);
      else planned.push(plan(record, request.change, bits));
    }
    const outcome = await renameAndRecord(index, folder, planned.filter(isChange));
    changed ||= outcome.changed;
    pending = outcome.missing;
  }
  return { modified, changed };
}

function plan(record: MessageRecord, change: FlagChange, bits: number): Planned {
  const flags = newFlags(record.flags, change, bits);
  return {
    record,
    target: { base: record.base, info: formatInfo(record.info, flags), place: Place.cur, flags },
  };
}

function newFlags(old: number, change: FlagChange, bits: number): number {
  if (change === 'add') return old | bits;
  if (change === 'remove') return old & ~bits;
  return bits;
}

const isChange = ({ record, target }: Planned): boolean => record.flags !== target.flags;

/** One batch of renames and the transaction that records those which worked. */
async function renameAndRecord(
  index: AccountIndex,
  folder: FolderState,
  planned: readonly Planned[],
): Promise<{ changed: boolean; missing: number[] }> {
  if (planned.length === 0) return { changed: false, missing: [] };
  const pairs = planned.flatMap(({ record, target }) => [
    filePath(folder.path, record),
    filePath(folder.path, target),
  ]);
  // new/ needs no sync of its own: a file found in both places after a crash has one base name, and cur/ counts.
  const errnos = await renameMany(pairs, [join(folder.path, 'cur')]);
  const done = planned.filter((_, at) => errnos[at] === 0);
  if (done.length > 0) {
    await index.write((transaction) => {
      const writer = transaction.writer(folder.id);
      for (const { record, target } of done) {
        const current = writer.get(record.uid);
        if (current !== undefined) writer.update(current, target);
      }
    });
  }
  const missing: number[] = [];
  for (const [at, { record }] of planned.entries()) {
    const errno = errnos[at] ?? 0;
    if (errno === Errno.notFound) missing.push(record.uid);
    else if (errno !== 0) throw errnoFailure(errno, 'renaming a message file');
  }
  return { changed: done.length > 0, missing };
}
