// Address → account home: `<root>/<domain>/<localpart>`, safe as file names and without loss.
//
// Percent-encodes what a file name cannot hold or what would mean something to a file system or an administrator's
// glob: NUL, controls, `/`, `%`, a leading dot. Longer than 200 octets: cut and a hash appended (`%~` never comes out of
// plain encoding, so nothing collides). An address can therefore never name anything outside its own folder.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { assert } from '../../base/outcome.ts';

/** Longest encoded element in octets; file systems allow 255. */
const maxElementBytes = 200;
const keptBytes = 150;

/** One path element for `text`; different texts give different elements. */
export function fileSafe(text: string): string {
  let out = '';
  let first = true;
  for (const character of text.toWellFormed()) {
    const code = character.codePointAt(0) ?? 0;
    const unsafe =
      code < 0x20 || code === 0x7f || character === '/' || character === '%' || (first && character === '.');
    out += unsafe ? `%${code.toString(16).toUpperCase().padStart(2, '0')}` : character;
    first = false;
  }
  const octets = Buffer.from(out);
  if (octets.length <= maxElementBytes) return out;
  let cut = keptBytes;
  while (((octets[cut] ?? 0) & 0xc0) === 0x80) cut--;
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 32);
  return `${octets.toString('utf8', 0, cut)}%~${digest}`;
}

/** The address whose files lie in `<root>/<domain>/<localpart>`; undefined for a cut name, which cannot be read back. */
export function addressOfPath(domain: string, localpart: string): string | undefined {
  const parts = [localpart, domain];
  if (parts.some((part) => part.includes('%~'))) return undefined;
  const decode = (part: string): string =>
    part.replaceAll(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return parts.map(decode).join('@');
}

/** Where files of one account lie. */
export interface AccountPaths {
  /** `<root>/<domain>`. */
  readonly domain: string;
  /** `<root>/<domain>/<localpart>`: our own files. */
  readonly home: string;
  /** `<home>/Maildir`: INBOX; other folders are dot directories in it. */
  readonly maildir: string;
  readonly index: string;
  /** Full-text index. */
  readonly search: string;
  readonly lock: string;
  readonly uidValidity: string;
  /** Deleted folders on their way out. */
  readonly trash: string;
}

/** Paths of the account with this address (`local@domain`). */
export function accountPaths(root: string, address: string): AccountPaths {
  const at = address.lastIndexOf('@');
  assert(at > 0 && at < address.length - 1, 'account address has no localpart or domain');
  const domain = join(root, fileSafe(address.slice(at + 1)));
  const home = join(domain, fileSafe(address.slice(0, at)));
  return {
    domain,
    home,
    maildir: join(home, 'Maildir'),
    index: join(home, 'tegu.index'),
    search: join(home, 'tegu.search'),
    lock: join(home, 'tegu.lock'),
    uidValidity: join(home, 'tegu.uidvalidity'),
    trash: join(home, 'tegu.trash'),
  };
}
