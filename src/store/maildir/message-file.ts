// One message's file: its path, its true sizes, and finding it again when another program has renamed it.

import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { renameMany } from '../../native/file-io.ts';
import { measureFile } from '../../native/maildir-names.ts';
import { isMissing } from './failures.ts';
import { pathText, withSizes } from './file-name.ts';
import type { FileEntry } from './folder-scan.ts';
import type { NewMessage } from './mailbox-writer.ts';
import { Place } from './message-table.ts';
import type { StoreContext } from './options.ts';

/** What a path is made of. */
export interface FileName {
  readonly base: string;
  readonly info: string;
  readonly place: number;
}

/** Absolute path of a message file; the name is known to be text (folder-scan.ts lets no other in). */
export function filePath(folder: string, { base, info, place }: FileName): string {
  return join(folder, place === Place.new ? 'new' : 'cur', pathText(base + info) ?? '');
}

/** Size on disk and as CRLF text. */
export interface FileSizes {
  readonly size: number;
  readonly vsize: number;
}

/**
 * What the index needs to know of a file found by a scan; undefined when it is gone again or is not a plain file.
 * S= and W= are believed when S= is the true size. M02: when the name is wrong, the file is renamed to the truth here,
 * before it has a UID, so that nobody ever sees the wrong size. Call with the account lock held.
 */
export async function inspectFile(
  folder: string,
  entry: FileEntry,
  context: StoreContext,
): Promise<NewMessage | undefined> {
  const path = filePath(folder, entry);
  try {
    const stat = await lstat(path);
    if (!stat.isFile()) {
      context.log.warn('store.not_a_file', { path });
      return undefined;
    }
    const { base, sizes } = await trueSizes(folder, entry, path, stat.size);
    const { info, place, flags } = entry;
    return { base, info, place, flags, ...sizes, date: Math.floor(stat.mtimeMs) };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function trueSizes(
  folder: string,
  entry: FileEntry,
  path: string,
  sizeBytes: number,
): Promise<{ base: string; sizes: FileSizes }> {
  const { nameSize, nameVirtualSize } = entry;
  if (nameSize === sizeBytes && nameVirtualSize >= sizeBytes) {
    return { base: entry.base, sizes: { size: sizeBytes, vsize: nameVirtualSize } };
  }
  const measured = await measureFile(path);
  const sizes = { size: measured.sizeBytes, vsize: measured.virtualSizeBytes };
  const wrongSize = nameSize >= 0 && nameSize !== sizes.size;
  const wrongVirtual = nameVirtualSize >= 0 && nameVirtualSize !== sizes.vsize;
  if (!wrongSize && !wrongVirtual) return { base: entry.base, sizes };
  return { base: await repairName(folder, entry, sizes), sizes };
}

/**
 * Renames a file so that its name tells the true sizes; returns the base it has afterwards. Durable when it resolves: were
 * the name lost after its row is on the disk, the message would come back under another UID.
 */
export async function repairName(folder: string, name: FileName, sizes: FileSizes): Promise<string> {
  const base = withSizes(name.base, sizes.size, sizes.vsize);
  if (base === name.base) return base;
  const pair = [filePath(folder, name), filePath(folder, { ...name, base })];
  const [errno] = await renameMany(pair, [join(folder, name.place === Place.new ? 'new' : 'cur')]);
  return errno === 0 ? base : name.base;
}
