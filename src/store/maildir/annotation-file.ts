// `tegu.metadata`: annotations (RFC 5464) of a mailbox in its folder's directory, of the account in its home. It travels with
// the folder and survives a lost index.
//
// One JSON array a line: entry name, user whose private entry it is ('' for shared ones), value as base64. The file is small
// by its limits and replaced as a whole, so a change of several entries happens wholly or not at all. Writing needs the
// account lock. Lines that cannot be read are dropped by the next change.

import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Permanent } from '../../base/outcome.ts';
import { syncDirectory } from '../../native/file-io.ts';
import type { AnnotationLimits, Annotations } from '../mail-store.ts';
import { isMissing } from './failures.ts';
import { maxSmallFileBytes, readSmallFile, replaceSmallFile } from './small-file.ts';

const fileName = 'tegu.metadata';

interface Row {
  readonly entry: string;
  readonly user: string;
  readonly value: string;
}

const isPrivate = (entry: string): boolean => entry.startsWith('/private/');
const ownerOf = (entry: string, user: string): string => (isPrivate(entry) ? user : '');

async function readRows(directory: string): Promise<Row[]> {
  const file = await readSmallFile(join(directory, fileName));
  const rows: Row[] = [];
  for (const line of file?.octets.toString('utf8').split('\n') ?? []) {
    const row = parseRow(line);
    if (row !== undefined) rows.push(row);
  }
  return rows;
}

function parseRow(line: string): Row | undefined {
  if (!line.startsWith('[')) return undefined;
  try {
    const [entry, user, value] = JSON.parse(line) as unknown[];
    if (typeof entry !== 'string' || typeof user !== 'string' || typeof value !== 'string') return undefined;
    return { entry, user, value };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** All entries that `user` may see: the shared ones and that user's private ones. */
export async function readAnnotations(directory: string, user: string): Promise<Annotations> {
  const rows = await readRows(directory);
  const seen = rows.filter((row) => row.user === '' || row.user === user);
  return new Map(seen.map(({ entry, value }) => [entry, Buffer.from(value, 'base64')]));
}

/**
 * Sets or removes (undefined) entries for `user`; durable when it resolves. Throws Permanent('store.annotation_too_long' |
 * 'store.annotation_too_many') and changes nothing then. Entries of all users count.
 */
export async function changeAnnotations(
  directory: string,
  tmpDirectory: string,
  user: string,
  changes: ReadonlyMap<string, Buffer | undefined>,
  limits: AnnotationLimits,
): Promise<void> {
  const rows = await readRows(directory);
  const kept = rows.filter((row) => !(changes.has(row.entry) && row.user === ownerOf(row.entry, user)));
  for (const [entry, value] of changes) {
    if (value === undefined) continue;
    if (value.length > limits.maxValueBytes)
      throw new Permanent('store.annotation_too_long', `the value of ${entry} is too long`);
    kept.push({ entry, user: ownerOf(entry, user), value: value.toString('base64') });
  }
  const text = kept
    .map(({ entry, user: owner, value }) => `${JSON.stringify([entry, owner, value])}\n`)
    .join('');
  // What shrinks a set that is too large (the limits were lowered) is allowed.
  const grows = kept.length > rows.length;
  if ((grows && kept.length > limits.maxEntries) || Buffer.byteLength(text) > maxSmallFileBytes)
    throw new Permanent('store.annotation_too_many', 'the set of annotations is full');
  await writeRows(directory, tmpDirectory, text);
}

async function writeRows(directory: string, tmpDirectory: string, text: string): Promise<void> {
  const path = join(directory, fileName);
  if (text !== '') return await replaceSmallFile(path, text, tmpDirectory);
  try {
    await unlink(path);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  await syncDirectory(directory);
}

/** RFC 5464 4.1: renaming INBOX leaves its annotations there and gives a copy to the new mailbox. Lock held. */
export async function copyAnnotations(from: string, to: string): Promise<void> {
  const file = await readSmallFile(join(from, fileName));
  if (file !== undefined) await writeRows(to, join(to, 'tmp'), file.octets.toString('utf8'));
}
