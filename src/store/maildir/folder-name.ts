// Mailbox name ↔ Maildir++ directory name: `A/Б` ↔ `.A.&BBE-` (modified UTF-7, `.` between the levels), INBOX ↔ ''.
//
// What Maildir++ cannot hold is escaped the way Dovecot's listescape plugin does it: `.` inside a level is `\2e`, a
// backslash `\5c`, a leading `~` `\7e`; so no legal name is refused and none is mapped twice. Refused with
// 'store.bad_mailbox_name': empty levels, control characters, names over 255 octets on disk or deeper than 64 levels.
// Directories that other programs made with raw UTF-8 names are shown under that name; undecodable ones are skipped.

import type { MailboxName } from '../../base/brands.ts';
import { Permanent } from '../../base/outcome.ts';
import { decodeModifiedUtf7, encodeModifiedUtf7 } from '../../proto/imap/mailbox-name.ts';

export const inbox = 'INBOX' as MailboxName;

/** File systems stop at 255 octets for a name. */
const maxDirectoryBytes = 255;
/** Real trees stay below ten; deeper ones only slow every LIST down. */
const maxLevels = 64;
const controls = /[\u0000-\u001f\u007f-\u009f\ud800-\udfff]/u;

const badName = (name: string, why: string): Permanent =>
  new Permanent('store.bad_mailbox_name', `mailbox name is not possible: ${why}`, { detail: { name } });

/** Puts a first level that is INBOX in any case into capitals (RFC 9051 5.1). */
export function canonicalName(name: string): MailboxName {
  const slash = name.indexOf('/');
  const first = slash < 0 ? name : name.slice(0, slash);
  if (first !== 'INBOX' && first.toUpperCase() === 'INBOX') {
    return `INBOX${slash < 0 ? '' : name.slice(slash)}` as MailboxName;
  }
  return name as MailboxName;
}

/** Directory below Maildir/ for a mailbox name; '' is INBOX. Throws Permanent('store.bad_mailbox_name'). */
export function directoryOfName(name: MailboxName): string {
  if (name === inbox) return '';
  if (controls.test(name)) throw badName(name, 'control character');
  const levels = name.split('/');
  if (levels.length > maxLevels) throw badName(name, 'too many levels');
  let directory = '';
  for (const [depth, level] of levels.entries()) {
    if (level === '') throw badName(name, 'empty level');
    let escaped = encodeModifiedUtf7(level).replaceAll('\\', '\\5c').replaceAll('.', '\\2e');
    if (depth === 0 && escaped.startsWith('~')) escaped = `\\7e${escaped.slice(1)}`;
    directory += `.${escaped}`;
  }
  if (Buffer.byteLength(directory) > maxDirectoryBytes) throw badName(name, 'too long');
  return directory;
}

/** The mailbox name of a directory entry, undefined when it is not a folder's name or cannot be decoded. */
export function nameOfDirectory(directory: string): MailboxName | undefined {
  if (directory === '') return inbox;
  if (!directory.startsWith('.')) return undefined;
  const levels: string[] = [];
  for (const level of directory.slice(1).split('.')) {
    const decoded = decodeLevel(level);
    if (decoded === undefined || decoded === '' || decoded.includes('/') || controls.test(decoded))
      return undefined;
    levels.push(decoded);
  }
  if (levels.length > maxLevels) return undefined;
  const name = canonicalName(levels.join('/'));
  return name === inbox ? undefined : name;
}

function decodeLevel(level: string): string | undefined {
  const unescaped = level.replaceAll(/\\(2e|5c|7e|2f)/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  // A directory made with Dovecot's UTF-8 layout: the name stands there as it is.
  if (/[^\u0000-\u007f]/.test(unescaped)) return unescaped.includes('\ufffd') ? undefined : unescaped;
  return decodeModifiedUtf7(unescaped);
}

/** All names above `name`, outermost first. */
export function parentsOf(name: MailboxName): MailboxName[] {
  const levels = name.split('/');
  return levels.slice(1).map((_, index) => levels.slice(0, index + 1).join('/') as MailboxName);
}

/** INBOX first, then by code point. */
export function compareNames(left: MailboxName, right: MailboxName): number {
  if (left === right) return 0;
  if (left === inbox) return -1;
  if (right === inbox) return 1;
  return left < right ? -1 : 1;
}
