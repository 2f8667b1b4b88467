// FUZZY (RFC 6203): a text is found when all its words are, in whatever form; the score says how literally.
//
// Words are cut to their stems (word-stem.ts) and looked for as parts of words, so the full-text index of the
// store answers here too. 100: the text stands there as typed; else the share of words that stand there as typed.

import { foldForSearch, type MimeLimits } from '../../native/mime.ts';
import type { Mailbox } from '../../store/mail-store.ts';
import type { LeafKey } from './search-program.ts';
import { wordStem } from './word-stem.ts';

export type FuzzyKey = Extract<LeafKey, { kind: 'fuzzy' }>;

export interface FuzzyMatches {
  /** Ascending. */
  readonly uids: Uint32Array;
  /** 1 to 100 for each. */
  readonly relevancies: Uint8Array;
}

/** Words of one text that are looked for; further ones are left out. */
const maxWords = 16;
const exactScore = 100;
const lowestScore = 20;
const highestFuzzyScore = 90;

/** The messages of `uids` (ascending) that hold all words of the key. */
export async function fuzzySearch(
  mailbox: Mailbox,
  uids: Uint32Array,
  { field, text }: FuzzyKey,
  limits: MimeLimits,
): Promise<FuzzyMatches> {
  const search = (among: Uint32Array, needle: string): Promise<Uint32Array> =>
    field === 'body' || field === 'message'
      ? mailbox.searchText(among, needle, field === 'message', limits)
      : mailbox.searchHeader(among, field.toLowerCase(), needle, limits);
  const folded = foldForSearch(text).trim();
  const words = [...new Set(folded.match(/[\p{L}\p{N}]+/gu) ?? [])].slice(0, maxWords);
  // Signs alone have no other form.
  if (words.length === 0) return allExact(await search(uids, text));
  let found = uids;
  for (const word of words) {
    if (found.length === 0) break;
    found = await search(found, wordStem(word));
  }
  if (found.length === 0) return allExact(found);
  const asTyped = new Set(await search(found, text));
  const literal = new Map<number, number>();
  for (const word of words) {
    for (const uid of await search(found, word)) literal.set(uid, (literal.get(uid) ?? 0) + 1);
  }
  const span = highestFuzzyScore - lowestScore;
  const score = (uid: number): number =>
    asTyped.has(uid) ? exactScore : lowestScore + Math.round((span * (literal.get(uid) ?? 0)) / words.length);
  return { uids: found, relevancies: Uint8Array.from(found, score) };
}

const allExact = (uids: Uint32Array): FuzzyMatches => ({
  uids,
  relevancies: new Uint8Array(uids.length).fill(exactScore),
});
