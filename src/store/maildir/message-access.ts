// Reading messages: octets, header, parsed structure; finding files that another program has renamed.

import { readLfRange, readRange } from '../../native/file-io.ts';
import { measureFile } from '../../native/maildir-names.ts';
import { describeFile, type MimeLimits } from '../../native/mime.ts';
import type { MessageStructure, StructureColumn } from '../mail-store.ts';
import type { AccountIndex } from './account-index.ts';
import type { AccountState } from './account-state.ts';
import { mapBounded } from './bounded.ts';
import { errorCode, expungedMessage, isMissing, storeFailure } from './failures.ts';
import type { FolderState } from './folder-state.ts';
import { forceScanLocked } from './folder-sync.ts';
import { type HeaderFacts, headerFacts } from './header-facts.ts';
import { filePath, repairName } from './message-file.ts';
import type { MessageRecord } from './message-table.ts';
import { nextTurn } from './options.ts';
import { allColumns } from './structure-table.ts';

/** Upper bound of one read (the port says 16 MiB). */
export const maxReadBytes = 16 * 1024 * 1024;
/** Renames by another program that one read follows before it believes that the file is gone. */
const maxAttempts = 3;

/** UIDs a run may span for each message asked for, so that no slice reads many rows in vain. */
const maxRunGaps = 3;

/** What reading needs. */
export interface Access {
  readonly account: AccountState;
  readonly index: AccountIndex;
  readonly folder: FolderState;
}

/** True when the file has LF line ends and is read as CRLF text. */
export const isLfFile = (record: MessageRecord): boolean => record.vsize !== record.size;

/** Runs `work` on a message's file; undefined when the message is gone. */
export async function withFile<T>(
  { account, index, folder }: Access,
  uid: number,
  work: (path: string, record: MessageRecord) => Promise<T>,
): Promise<T | undefined> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    folder.row(index);
    const record = index.messages.get(folder.id, uid);
    if (record === undefined) return undefined;
    try {
      return await work(filePath(folder.path, record), record);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    await account.locked(index, () => forceScanLocked(account, index, folder));
  }
  return undefined;
}

/** Octets [start, end) of the message, clamped. Permanent('store.expunged') when it is gone. */
export async function readMessage(access: Access, uid: number, start: number, end: number): Promise<Buffer> {
  const octets = await withFile(access, uid, async (path, record) => {
    const from = Math.max(0, start);
    const to = Math.min(end, record.vsize, from + maxReadBytes);
    // One octet more than there should be tells a file that grew from one whose size is right, without a stat call.
    const probe = to === record.vsize ? 1 : 0;
    const read = isLfFile(record) ? readLfRange : readRange;
    const found = await read(path, from, Math.max(0, to - from) + probe);
    if (probe === 1 && found.length !== to - from && from <= record.vsize) await resize(access, path, record);
    return found.subarray(0, Math.max(0, to - from));
  });
  if (octets === undefined) throw expungedMessage(uid);
  return octets;
}

/** M02: the file is not as long as recorded (somebody edited it): records and names the truth for the next FETCH. */
async function resize(access: Access, path: string, record: MessageRecord): Promise<void> {
  const { account, index, folder } = access;
  const { sizeBytes: size, virtualSizeBytes: vsize } = await measureFile(path);
  account.context.log.warn('store.size_repaired', { path, recorded: record.vsize, found: vsize });
  await account.locked(index, async () => {
    const current = index.messages.get(folder.id, record.uid);
    if (current === undefined || current.base !== record.base) return;
    const base = await repairName(folder.path, current, { size, vsize });
    await index.write((transaction) => transaction.writer(folder.id).resize(current, base, size, vsize));
  });
}

/** What parsing a message gives. */
interface Parsed {
  readonly structure: MessageStructure;
  readonly facts: HeaderFacts;
}

/** Parsed structures in the order of `uids`, from the cache or by parsing; undefined where the message is gone. */
export async function readStructures(
  access: Access,
  uids: Uint32Array,
  limits: MimeLimits,
  columns: readonly StructureColumn[] = allColumns,
): Promise<(MessageStructure | undefined)[]> {
  const results = await keptStructures(access, uids, limits, columns);
  const toParse = Array.from(results.keys()).filter((at) => results[at] === undefined);
  await parseMessages(
    access,
    Uint32Array.from(toParse, (at) => uids[at] ?? 0),
    limits,
    (position, parsed) => {
      results[toParse[position] ?? 0] = parsed.structure;
    },
  );
  return results;
}

/** Those that are in the cache. Runs of UIDs are read as ranges, which costs a fraction of reading row by row. */
async function keptStructures(
  { index, folder }: Access,
  uids: Uint32Array,
  limits: MimeLimits,
  columns: readonly StructureColumn[],
): Promise<(MessageStructure | undefined)[]> {
  const results: (MessageStructure | undefined)[] = new Array(uids.length).fill(undefined);
  const sliceRows = index.sliceRows * 2;
  for (let from = 0; from < uids.length; from += sliceRows) {
    const slice = uids.subarray(from, from + sliceRows);
    const places = new Map(Array.from(slice, (uid, at) => [uid, from + at]));
    for (const [after, last] of rangesOf(slice)) {
      const found = index.structures.range(folder.id, after, last, limits, columns, last - after);
      for (const [uid, structure] of found) {
        const place = places.get(uid);
        if (place !== undefined) results[place] = structure;
      }
    }
    if (from + sliceRows < uids.length) await nextTurn();
  }
  return results;
}

/** (after, last] of few rows that hold all of `uids`: one range when they stand close together. */
function rangesOf(uids: Uint32Array): (readonly [after: number, last: number])[] {
  const first = uids.reduce((least, uid) => Math.min(least, uid), Number.POSITIVE_INFINITY);
  const last = uids.reduce((most, uid) => Math.max(most, uid), 0);
  if (last - first < uids.length * maxRunGaps) return [[first - 1, last]];
  return Array.from(uids, (uid) => [uid - 1, uid] as const);
}

/** Parses messages and keeps what was found, slice by slice; those that are gone are left out. */
export async function parseMessages(
  access: Access,
  uids: Uint32Array,
  limits: MimeLimits,
  take: (position: number, parsed: Parsed) => void = () => {},
): Promise<void> {
  const { account, index } = access;
  const concurrency = account.context.settings.get('store.fileConcurrency');
  // A parsed message is several rows.
  const sliceRows = Math.ceil(index.sliceRows / 4);
  for (let from = 0; from < uids.length; from += sliceRows) {
    const slice = [...uids.subarray(from, from + sliceRows)];
    const parsed = await mapBounded(slice, concurrency, (uid) => parseMessage(access, uid, limits));
    for (const [at, one] of parsed.entries()) if (one !== undefined) take(from + at, one);
    await keepParsed(access, slice, parsed, limits);
  }
}

/** Into the cache, if it has room: on a full disk mail stays readable, so that something can be deleted. */
async function keepParsed(
  { account, index, folder }: Access,
  uids: readonly number[],
  parsed: readonly (Parsed | undefined)[],
  limits: MimeLimits,
): Promise<void> {
  try {
    await index.cache(({ structures, messages }) => {
      for (const [at, uid] of uids.entries()) {
        const one = parsed[at];
        // Not for a message expunged meanwhile: its row would never be removed.
        if (one !== undefined && messages.get(folder.id, uid) !== undefined) {
          structures.put(folder.id, uid, limits, one.structure, one.facts);
        }
      }
    });
  } catch (error) {
    if (errorCode(storeFailure(error, 'keeping structures')) !== 'store.full') throw error;
    account.context.log.warn('store.cache_full', { account: account.address });
  }
}

function parseMessage(access: Access, uid: number, limits: MimeLimits): Promise<Parsed | undefined> {
  return withFile(access, uid, async (path, record) => {
    const { header, sizeBytes, ...described } = await describeFile(path, isLfFile(record), limits);
    // M03: RFC822.SIZE must be the length of BODY[], whatever the file name said.
    if (sizeBytes !== record.vsize) await resize(access, path, record);
    const { envelope, body, bodyStructure, parts, dateMs, dateZoneMinutes } = described;
    const structure = { envelope, body, bodyStructure, parts, dateMs, dateZoneMinutes };
    return { structure, facts: headerFacts(header, envelope) };
  });
}

/** The header with its empty line; undefined when the message is gone. */
export async function readHeader(
  access: Access,
  uid: number,
  limits: MimeLimits,
): Promise<Buffer | undefined> {
  const [structure] = await readStructures(access, Uint32Array.of(uid), limits);
  if (structure === undefined) return undefined;
  // Row 0, column bodyStart: where the message's own header ends.
  const headerEnd = Math.min(structure.parts[1] ?? 0, limits.maxHeaderBytes);
  return await withFile(access, uid, (path, record) => {
    const read = isLfFile(record) ? readLfRange : readRange;
    return read(path, 0, headerEnd);
  });
}
