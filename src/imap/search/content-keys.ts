// Search keys that need the message: header fields, the Date field, text. Read only for messages that cheaper keys left open.

import type { Uid } from '../../base/brands.ts';
import { foldForSearch, headerValues, type MimeLimits } from '../../native/mime.ts';
import { dayOf } from '../../proto/imap/date.ts';
import type { Mailbox } from '../../store/mail-store.ts';
import { addressText } from './address-text.ts';
import { dayMatches } from './index-keys.ts';
import type { LeafKey } from './search-program.ts';

export type HeaderKey = Extract<LeafKey, { kind: 'header' }>;
export type SentDateKey = Extract<LeafKey, { kind: 'sent-date' }>;
export type TextKey = Extract<LeafKey, { kind: 'text' }>;

const addressFields: ReadonlySet<string> = new Set(['from', 'to', 'cc', 'bcc']);
const minuteMs = 60_000;

/** Matches a header against many keys; each field is decoded and folded once. */
export class HeaderMatcher {
  readonly #header: Buffer;
  readonly #fields = new Map<string, readonly string[]>();

  constructor(header: Buffer) {
    this.#header = header;
  }

  /** True when a field of that name contains the folded `needle`; any such field will do when the needle is empty. */
  matches(name: string, needle: string): boolean {
    const values = this.#valuesOf(name.toLowerCase());
    return needle === '' ? values.length > 0 : values.some((value) => value.includes(needle));
  }

  #valuesOf(name: string): readonly string[] {
    let values = this.#fields.get(name);
    if (values === undefined) {
      const decoded = headerValues(this.#header, name);
      const withAddresses = addressFields.has(name) ? decoded.flatMap(withAddressText) : decoded;
      values = withAddresses.map(foldForSearch);
      this.#fields.set(name, values);
    }
    return values;
  }
}

/** Verdict of SENTBEFORE, SENTON or SENTSINCE: the Date field in its own zone, time disregarded (RFC 9051 6.4.4). */
export function sentDateMatches(dateMs: number, zoneMinutes: number, key: SentDateKey): boolean {
  // Without a readable Date field no day is the right one.
  if (Number.isNaN(dateMs)) return false;
  const zone = Number.isNaN(zoneMinutes) ? 0 : zoneMinutes;
  return dayMatches(dayOf(dateMs + zone * minuteMs), key.test, key.day);
}

/** The header for matching; undefined when the message is gone. */
export async function openHeader(
  mailbox: Mailbox,
  uid: Uid,
  limits: MimeLimits,
): Promise<HeaderMatcher | undefined> {
  const header = await mailbox.header(uid, limits);
  return header === undefined ? undefined : new HeaderMatcher(header);
}

function withAddressText(value: string): string[] {
  const bare = addressText(value);
  return bare === value ? [value] : [value, bare];
}
