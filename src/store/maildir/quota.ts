// Maildir++ quota: the file `maildirsize` (first line `<bytes>S,<count>C`, then lines `<bytes> <count>` to be summed).
//
// Read at each check, a line appended (O_APPEND, one write) for every change, so that any program that follows Maildir++
// agrees with us. It is calculated anew from file names when it is missing, larger than 5,120 octets, names another
// limit, or says "over quota" and is older than 15 minutes. Accounts without limit have no such file. Not synced: what a
// crash loses is counted again. Two deliveries at once may pass the check together; the Maildir++ rules allow that.

import { appendFile, lstat, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Permanent } from '../../base/outcome.ts';
import type { AccountRef, QuotaUsage } from '../mail-store.ts';
import type { AccountPaths } from './account-path.ts';
import { mapBounded } from './bounded.ts';
import { isMissing } from './failures.ts';
import { FolderLister } from './folder-list.ts';
import { FolderScan } from './folder-scan.ts';
import { filePath } from './message-file.ts';
import { nextTurn, type StoreContext } from './options.ts';
import { readSmallFile, replaceSmallFile } from './small-file.ts';

/** Maildir++: a longer file is calculated anew. */
const maxFileBytes = 5120;
/** Maildir++: an "over quota" that is younger is believed. */
const believedMs = 15 * 60 * 1000;
/** Entries summed before the event loop gets a turn. */
const entriesPerTurn = 5000;

interface Usage {
  readonly bytes: number;
  readonly messages: number;
}

const fileOf = (paths: AccountPaths): string => join(paths.maildir, 'maildirsize');

export const hasQuota = (ref: AccountRef): boolean => ref.quotaBytes > 0 || ref.quotaMessages > 0;

function headerOf(ref: AccountRef): string {
  const parts = [];
  if (ref.quotaBytes > 0) parts.push(`${ref.quotaBytes}S`);
  if (ref.quotaMessages > 0) parts.push(`${ref.quotaMessages}C`);
  return parts.join(',');
}

/** Usage as the file tells it; undefined when it must be calculated. */
async function readUsage(paths: AccountPaths, ref: AccountRef): Promise<Usage | undefined> {
  const file = await readSmallFile(fileOf(paths));
  if (file === undefined || file.octets.length > maxFileBytes) return undefined;
  const [header, ...lines] = file.octets.toString('latin1').split('\n');
  if (header !== headerOf(ref)) return undefined;
  let bytes = 0;
  let messages = 0;
  for (const line of lines) {
    const match = /^\s*(-?\d{1,15})\s+(-?\d{1,15})\s*$/.exec(line);
    if (match === null) continue;
    bytes += Number(match[1]);
    messages += Number(match[2]);
  }
  // Negative sums mean that somebody else deleted what we never counted.
  return bytes < 0 || messages < 0 ? undefined : { bytes, messages };
}

/** Sums the sizes of all message files: from S= in their names, else from the files. */
async function measureUsage(paths: AccountPaths, context: StoreContext): Promise<Usage> {
  const folders = await new FolderLister(paths.maildir, context).list();
  let bytes = 0;
  let messages = 0;
  for (const directory of folders.values()) {
    const folder = directory === '' ? paths.maildir : join(paths.maildir, directory);
    const scan = await FolderScan.read(folder, true);
    const unsized: string[] = [];
    for (const { key } of scan.keys()) {
      const entry = scan.entry(key);
      messages++;
      if (entry.nameSize >= 0) bytes += entry.nameSize;
      else unsized.push(filePath(folder, entry));
      if (messages % entriesPerTurn === 0) await nextTurn();
    }
    const sizes = await mapBounded(unsized, context.settings.get('store.fileConcurrency'), sizeOrNothing);
    bytes += sizes.reduce((sum, size) => sum + size, 0);
  }
  return { bytes, messages };
}

async function sizeOrNothing(path: string): Promise<number> {
  try {
    return (await lstat(path)).size;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

async function recalculate(paths: AccountPaths, ref: AccountRef, context: StoreContext): Promise<Usage> {
  const usage = await measureUsage(paths, context);
  const text = `${headerOf(ref)}\n${usage.bytes} ${usage.messages}\n`;
  await replaceSmallFile(fileOf(paths), text, join(paths.maildir, 'tmp'));
  return usage;
}

const fits = (ref: AccountRef, usage: Usage, bytes: number, messages: number): boolean =>
  (ref.quotaBytes === 0 || usage.bytes + bytes <= ref.quotaBytes) &&
  (ref.quotaMessages === 0 || usage.messages + messages <= ref.quotaMessages);

/** Throws Permanent('store.over_quota') unless so much more fits. An account that has no Maildir yet holds nothing. */
export async function assertQuota(
  paths: AccountPaths,
  ref: AccountRef,
  context: StoreContext,
  bytes: number,
  messages: number,
): Promise<void> {
  if (!hasQuota(ref)) return;
  let usage: Usage = { bytes: 0, messages: 0 };
  try {
    usage = (await readUsage(paths, ref)) ?? (await recalculate(paths, ref, context));
    if (fits(ref, usage, bytes, messages)) return;
    const { mtimeMs } = await stat(fileOf(paths));
    if (context.clock.nowMs() - mtimeMs > believedMs) usage = await recalculate(paths, ref, context);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  if (fits(ref, usage, bytes, messages)) return;
  throw new Permanent('store.over_quota', `account is over quota: ${ref.address}`, {
    detail: { usedBytes: usage.bytes, usedMessages: usage.messages, moreBytes: bytes },
  });
}

/** Notes a change of usage (negative for removals). A failure is logged only: the file is calculated again some day. */
export async function addUsage(
  paths: AccountPaths,
  ref: AccountRef,
  context: StoreContext,
  bytes: number,
  messages: number,
): Promise<void> {
  if (messages === 0 && bytes === 0) return;
  try {
    if (!hasQuota(ref)) await forgetQuota(paths);
    // A file that this makes has no header, so the next check calculates it.
    else await appendFile(fileOf(paths), `${bytes} ${messages}\n`, { mode: 0o600 });
  } catch (error) {
    context.log.warn('store.quota_not_noted', { path: fileOf(paths), error: (error as Error).message });
  }
}

/** Removes the file: the next check calculates. */
export async function forgetQuota(paths: AccountPaths): Promise<void> {
  try {
    await unlink(fileOf(paths));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Usage and limits now. */
export async function readQuota(
  paths: AccountPaths,
  ref: AccountRef,
  context: StoreContext,
): Promise<Omit<QuotaUsage, 'usedMailboxes' | 'limitMailboxes'>> {
  const known = hasQuota(ref)
    ? ((await readUsage(paths, ref)) ?? (await recalculate(paths, ref, context)))
    : await measureUsage(paths, context);
  return {
    usedBytes: known.bytes,
    usedMessages: known.messages,
    limitBytes: ref.quotaBytes,
    limitMessages: ref.quotaMessages,
  };
}
