// `Maildir/subscriptions` in Dovecot's format 2: header `V<TAB>2`, an empty line, then one mailbox a line, its levels in
// modified UTF-7 and separated by TAB. The older format (one name a line, separator `.` or `/`) is read, too.
//
// Writing needs the account lock; the file is replaced as a whole.

import { join } from 'node:path';
import type { MailboxName } from '../../base/brands.ts';
import { decodeModifiedUtf7, encodeModifiedUtf7 } from '../../proto/imap/mailbox-name.ts';
import type { AccountPaths } from './account-path.ts';
import { canonicalName, compareNames, nameOfDirectory } from './folder-name.ts';
import { readSmallFile, replaceSmallFile } from './small-file.ts';

const header = 'V\t2';
const pathOf = (paths: AccountPaths): string => join(paths.maildir, 'subscriptions');

/** Dovecot's escapes inside a field. */
const escapes: readonly (readonly [string, string])[] = [
  ['\u0001', '\u00011'],
  ['\u0000', '\u00010'],
  ['\t', '\u0001t'],
  ['\r', '\u0001r'],
  ['\n', '\u0001n'],
];

function unescapeField(field: string): string {
  return field.replaceAll(/\u0001(.)/gu, (all, code: string) => {
    return escapes.find(([, escaped]) => escaped === `\u0001${code}`)?.[0] ?? all;
  });
}

function escapeField(field: string): string {
  return field.replaceAll(/[\u0000\u0001\t\r\n]/gu, (character) => {
    return escapes.find(([plain]) => plain === character)?.[1] ?? character;
  });
}

/** Subscribed names in name order. */
export async function readSubscriptions(paths: AccountPaths): Promise<MailboxName[]> {
  const file = await readSmallFile(pathOf(paths));
  const lines = (file?.octets.toString('utf8') ?? '').split('\n');
  const names = new Set<MailboxName>();
  const isCurrent = lines[0] === header;
  for (const line of isCurrent ? lines.slice(2) : lines) {
    if (line === '') continue;
    const name = isCurrent ? line.split('\t').map(decodeLevel).join('/') : oldName(line);
    if (name !== undefined) names.add(canonicalName(name));
  }
  return [...names].sort(compareNames);
}

/** A level that is no canonical modified UTF-7 is taken as it stands: better an odd name than a lost subscription. */
function decodeLevel(field: string): string {
  const level = unescapeField(field);
  return decodeModifiedUtf7(level) ?? level;
}

/** A line of the old format names a Maildir++ folder without its leading dot, or a path with `/`. */
function oldName(line: string): string | undefined {
  if (line.includes('/')) return decodeModifiedUtf7(line);
  return nameOfDirectory(`.${line}`) ?? canonicalName(line);
}

/** Replaces the list; durable when it resolves. */
export async function writeSubscriptions(paths: AccountPaths, names: Iterable<MailboxName>): Promise<void> {
  const lines = [...new Set(names)].sort(compareNames).map(
    (name) =>
      `${name
        .split('/')
        .map((level) => escapeField(encodeModifiedUtf7(level)))
        .join('\t')}\n`,
  );
  await replaceSmallFile(pathOf(paths), `${header}\n\n${lines.join('')}`, join(paths.maildir, 'tmp'));
}

/** The list after `from` and everything below it became `to` (I15). */
export function renameSubscriptions(
  names: readonly MailboxName[],
  from: MailboxName,
  to: MailboxName,
): MailboxName[] {
  return names.map((name) =>
    name === from || name.startsWith(`${from}/`) ? (`${to}${name.slice(from.length)}` as MailboxName) : name,
  );
}
