// Keys of authorised URLs (RFC 4467 2): one random key a mailbox, kept as an annotation that no client sees.
//
// Lost or reset, all URLs made with it stop working. The token is HMAC-SHA-256 over the URL up to the access identifier,
// with an octet in front that says so, and is compared in constant time.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { MailboxName } from '../base/brands.ts';
import type { MailAccount } from '../store/mail-store.ts';

/** Entry names below this are the server's own. */
export const hiddenEntries = '/private/vendor/tegu/';
const keyEntry = `${hiddenEntries}urlauth-key`;
const keyBytes = 32;
/** Keys are the server's and do not count against what users may keep. */
const limits = { maxValueBytes: keyBytes, maxEntries: Number.MAX_SAFE_INTEGER };
/** RFC 4467 9: the first octet names the algorithm; 01 is taken by HMAC-SHA-1. */
const algorithm = '02';

/** The key of a mailbox of the account; made when there is none and `make` is set. Throws what the store throws. */
export async function urlKey(
  mail: MailAccount,
  name: MailboxName,
  make: boolean,
): Promise<Buffer | undefined> {
  const known = (await mail.annotations(name)).get(keyEntry);
  if (known?.length === keyBytes || !make) return known;
  const key = randomBytes(keyBytes);
  await mail.setAnnotations(name, new Map([[keyEntry, key]]), limits);
  return (await mail.annotations(name)).get(keyEntry);
}

/** RESETKEY of one mailbox. */
export async function resetUrlKey(mail: MailAccount, name: MailboxName): Promise<void> {
  await mail.setAnnotations(name, new Map([[keyEntry, undefined]]), limits);
}

export const urlToken = (key: Buffer, rump: string): string =>
  `${algorithm}${createHmac('sha256', key).update(rump, 'latin1').digest('hex')}`;

/** True when `token` belongs to `rump`. */
export function isUrlToken(key: Buffer, rump: string, token: string): boolean {
  const right = Buffer.from(urlToken(key, rump));
  const given = Buffer.from(token.toLowerCase());
  return right.length === given.length && timingSafeEqual(right, given);
}
