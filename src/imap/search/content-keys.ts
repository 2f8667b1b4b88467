// Search keys over what the message says: header fields, the Date field, text. The store answers them, for sets of messages.

import { dayOf } from '../../proto/imap/date.ts';
import { dayMatches } from './index-keys.ts';
import type { LeafKey } from './search-program.ts';

export type HeaderKey = Extract<LeafKey, { kind: 'header' }>;
export type SentDateKey = Extract<LeafKey, { kind: 'sent-date' }>;
export type TextKey = Extract<LeafKey, { kind: 'text' }>;

const minuteMs = 60_000;

/** Verdict of SENTBEFORE, SENTON or SENTSINCE: the Date field in its own zone, time disregarded (RFC 9051 6.4.4). */
export function sentDateMatches(dateMs: number, zoneMinutes: number, key: SentDateKey): boolean {
  // Without a readable Date field no day is the right one.
  if (Number.isNaN(dateMs)) return false;
  const zone = Number.isNaN(zoneMinutes) ? 0 : zoneMinutes;
  return dayMatches(dayOf(dateMs + zone * minuteMs), key.test, key.day);
}
