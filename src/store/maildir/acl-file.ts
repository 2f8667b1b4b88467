// `dovecot-acl` in a folder's directory: who else may do what with the mailbox, in Dovecot's format, so that a list travels
// with its folder (RENAME, DELETE, backups), survives a lost index, and a Dovecot tree brings its lists along.
//
// One line an identifier: `user=<address>`, `group=<name>`, `anyone`, `authenticated`, `owner`, with `-` before it for
// rights taken away; a space; the letters of RFC 4314; perhaps ` :` and named rights, which mean nothing here and are kept.
// A file with a line that cannot be read gives nobody anything: what it may have meant to take away must not be given.
// Writing needs the account lock; the file is replaced as a whole.

import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Permanent } from '../../base/outcome.ts';
import { syncDirectory } from '../../native/file-io.ts';
import {
  type AclEntry,
  formatRights,
  normalIdentifier,
  parseRights,
  type RightsChange,
  withEntry,
} from '../acl.ts';
import { isMissing } from './failures.ts';
import { readSmallFile, replaceSmallFile } from './small-file.ts';

const fileName = 'dovecot-acl';
/** Entries of one list; more is a group. */
const maxEntries = 1000;

/** A list as a folder has it. */
export interface FolderAcl {
  readonly entries: readonly AclEntry[];
  /** False when a line could not be understood: `entries` is empty then. */
  readonly isReadable: boolean;
}

const emptyAcl: FolderAcl = { entries: [], isReadable: true };

/** `folder`: absolute path of the folder; `domain`: completes user names without one, as Dovecot trees have them. */
export async function readAcl(folder: string, domain: string): Promise<FolderAcl> {
  const file = await readSmallFile(join(folder, fileName));
  return file === undefined ? emptyAcl : parseAcl(file.octets.toString('utf8'), domain);
}

/** Reads the text of a `dovecot-acl` file. Pure. */
export function parseAcl(text: string, domain: string): FolderAcl {
  const entries: AclEntry[] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const entry = parseLine(line, domain);
    if (entry === undefined || entries.length >= maxEntries) return { entries: [], isReadable: false };
    entries.push(entry);
  }
  return { entries, isReadable: true };
}

function parseLine(line: string, domain: string): AclEntry | undefined {
  const match = /^("(?:[^"\\]|\\.)*"|[^" ][^ ]*)(?: ([a-z]*))?(?: ?:.*)?\r?$/u.exec(line);
  if (match === null) return undefined;
  const name = match[1]!.startsWith('"') ? match[1]!.slice(1, -1).replaceAll(/\\(.)/gu, '$1') : match[1]!;
  const identifier = fromFile(name, domain);
  const rights = parseRights(match[2] ?? '');
  return identifier === undefined || rights === undefined ? undefined : { identifier, rights };
}

/** `-user=bob` → `-bob@domain`. */
function fromFile(name: string, domain: string): string | undefined {
  const sign = name.startsWith('-') ? '-' : '';
  const plain = name.slice(sign.length);
  if (plain.startsWith('group=')) return normalIdentifier(`${sign}$${plain.slice('group='.length)}`);
  if (plain.startsWith('user=')) {
    const user = plain.slice('user='.length);
    return normalIdentifier(`${sign}${user.includes('@') ? user : `${user}@${domain}`}`);
  }
  return plain.includes('=') || plain.includes('@') || plain.startsWith('$')
    ? undefined
    : normalIdentifier(name);
}

function toFile(identifier: string): string {
  const sign = identifier.startsWith('-') ? '-' : '';
  const name = identifier.slice(sign.length);
  if (name.startsWith('$')) return `${sign}group=${name.slice(1)}`;
  return name.includes('@') ? `${sign}user=${name}` : identifier;
}

/** The text of a list. */
export function formatAcl(entries: readonly AclEntry[]): string {
  return entries.map(({ identifier, rights }) => `${toFile(identifier)} ${formatRights(rights)}\n`).join('');
}

/**
 * Changes one entry of a folder's list; durable when it resolves. Throws
 * Permanent('store.acl_unreadable') rather than overwrite lines it does not understand, Permanent('store.acl_too_long').
 */
export async function changeAcl(
  folder: string,
  domain: string,
  identifier: string,
  change: RightsChange,
): Promise<readonly AclEntry[]> {
  const acl = await readAcl(folder, domain);
  if (!acl.isReadable) {
    throw new Permanent('store.acl_unreadable', `${join(folder, fileName)} has lines of an unknown kind`);
  }
  const entries = withEntry(acl.entries, identifier, change);
  if (entries.length > maxEntries) throw new Permanent('store.acl_too_long', 'the access list is full');
  await writeAcl(folder, entries);
  return entries;
}

/** Writes a list, or removes the file of an empty one; durable when it resolves. */
export async function writeAcl(folder: string, entries: readonly AclEntry[]): Promise<void> {
  const path = join(folder, fileName);
  if (entries.length > 0) return await replaceSmallFile(path, formatAcl(entries), join(folder, 'tmp'));
  try {
    await unlink(path);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  await syncDirectory(folder);
}
