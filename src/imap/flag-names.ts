// Flags as the client sees them: names for the bits of the store, and the FLAGS and PERMANENTFLAGS answers.

import { allRights, type Rights } from '../store/acl.ts';
import { Flag, maxKeywords } from '../store/mail-store.ts';
import { mayChange } from '../store/shared/flag-rights.ts';

/** First bit of the keywords. */
export const firstKeywordBit = 5;
/** \Recent beside the bits of the store, as native flag rows want it. */
export const recentBit = 0x8000_0000;

/** System flags in the order in which they are announced. */
export const systemFlags: readonly (readonly [string, number])[] = [
  ['\\Answered', Flag.answered],
  ['\\Flagged', Flag.flagged],
  ['\\Deleted', Flag.deleted],
  ['\\Seen', Flag.seen],
  ['\\Draft', Flag.draft],
];
const systemBits: ReadonlyMap<string, number> = new Map(
  systemFlags.map(([name, bit]) => [name.toLowerCase(), bit]),
);

/**
 * RFC 9051 9, atom: names that another program wrote into the keyword file and that are none must not break or forge an
 * answer (I06). Native flag rows leave out the same ones.
 */
const atomPattern = /^[\x21\x23\x24\x26\x27\x2b-\x5b\x5e-\x7a\x7c-\x7e]+$/;
const isShown = (keyword: string): boolean => atomPattern.test(keyword);

/** `(\Answered … keyword)`: all flags that the mailbox knows (RFC 9051 7.3.5). */
export function knownFlags(keywords: readonly string[]): string {
  return `(${[...systemFlags.map(([name]) => name), ...keywords.filter(isShown)].join(' ')})`;
}

/**
 * The list of PERMANENTFLAGS: what the rights allow (RFC 4314 5.1.1), `\*` while the mailbox takes new keywords (RFC 9051
 * 7.1).
 */
export function permanentFlags(
  keywords: readonly string[],
  readOnly: boolean,
  rights: Rights = allRights,
): string {
  if (readOnly) return '()';
  const system = systemFlags.map(([name]) => name).filter((name) => mayChange(rights, name));
  if (!rights.has('w')) return `(${system.join(' ')})`;
  const more = keywords.length < maxKeywords ? ['\\*'] : [];
  return `(${[...system, ...keywords.filter(isShown), ...more].join(' ')})`;
}

/** `(\Seen keyword)` for the bits of one message, \Recent included when set. */
export function flagList(bits: number, keywords: readonly string[]): string {
  const names: string[] = [];
  for (const [name, bit] of systemFlags) if ((bits & bit) !== 0) names.push(name);
  const limit = Math.min(keywords.length, maxKeywords);
  for (let i = 0; i < limit; i++) {
    if ((bits & (1 << (firstKeywordBit + i))) !== 0 && isShown(keywords[i]!)) names.push(keywords[i]!);
  }
  if ((bits & recentBit) !== 0) names.push('\\Recent');
  return `(${names.join(' ')})`;
}

/** Bit of a system flag or keyword (no case), 0 when the mailbox does not know it. */
export function flagBit(name: string, keywords: readonly string[]): number {
  const wanted = name.toLowerCase();
  const system = systemBits.get(wanted);
  if (system !== undefined) return system;
  const index = keywords.findIndex((keyword) => keyword.toLowerCase() === wanted);
  return index < 0 ? 0 : 1 << (firstKeywordBit + index);
}
