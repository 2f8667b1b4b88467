// `tegu.specialuse`: which folders are Sent, Drafts, Trash … (RFC 6154), one line `<use> <directory>` each.
//
// A file and not index rows, so that it survives a lost index. Its existence also says that the account's default folders
// were made once: a user who deletes one of them does not get it back. Writing needs the account lock.

import { join } from 'node:path';
import type { SpecialUse } from '../mail-store.ts';
import type { AccountPaths } from './account-path.ts';
import { readSmallFile, replaceSmallFile } from './small-file.ts';

const uses: ReadonlySet<string> = new Set<SpecialUse>([
  'all',
  'archive',
  'drafts',
  'flagged',
  'junk',
  'sent',
  'trash',
]);

/** Directory → use. */
export type SpecialUses = ReadonlyMap<string, SpecialUse>;

/** True for an attribute that RFC 6154 knows. */
export const isSpecialUse = (text: string): text is SpecialUse => uses.has(text);

/** Undefined when the file was never written; unreadable lines are ignored. */
export async function readSpecialUses(paths: AccountPaths): Promise<SpecialUses | undefined> {
  const file = await readSmallFile(join(paths.home, 'tegu.specialuse'));
  if (file === undefined) return undefined;
  const found = new Map<string, SpecialUse>();
  for (const line of file.octets.toString('utf8').split('\n')) {
    const space = line.indexOf(' ');
    const use = line.slice(0, space);
    if (space > 0 && isSpecialUse(use)) found.set(line.slice(space + 1), use);
  }
  return found;
}

/** Replaces the table; durable when it resolves. */
export async function writeSpecialUses(paths: AccountPaths, table: SpecialUses): Promise<void> {
  const lines = [...table].map(([directory, use]) => `${use} ${directory}\n`).sort();
  await replaceSmallFile(join(paths.home, 'tegu.specialuse'), lines.join(''), join(paths.maildir, 'tmp'));
}
