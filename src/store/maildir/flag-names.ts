// Flag names ↔ bits: system flags with backslash, keywords through the folder's table.

import { Flag } from '../mail-store.ts';
import { keywordShift } from './file-name.ts';
import { positionOf } from './keyword-file.ts';

const systemFlags: ReadonlyMap<string, number> = new Map([
  ['\\answered', Flag.answered],
  ['\\flagged', Flag.flagged],
  ['\\deleted', Flag.deleted],
  ['\\seen', Flag.seen],
  ['\\draft', Flag.draft],
]);

/** A flag list taken apart. */
export interface ParsedFlags {
  readonly system: number;
  /** Keywords as given, without repetition. */
  readonly keywords: readonly string[];
}

/** Sorts names into system bits and keywords. \Recent and unknown system flags cannot be stored and are left out. */
export function parseFlags(names: readonly string[]): ParsedFlags {
  let system = 0;
  const keywords: string[] = [];
  for (const name of names) {
    if (name.startsWith('\\')) system |= systemFlags.get(name.toLowerCase()) ?? 0;
    else if (positionOf(keywords, name) < 0) keywords.push(name);
  }
  return { system, keywords };
}

/** Bits of those keywords that the table knows. */
export function keywordBits(table: readonly string[], keywords: readonly string[]): number {
  let bits = 0;
  for (const keyword of keywords) {
    const position = positionOf(table, keyword);
    if (position >= 0) bits |= 1 << (keywordShift + position);
  }
  return bits;
}

/** Names of the keyword bits in `flags`. */
export function keywordNames(table: readonly string[], flags: number): string[] {
  return table.filter((name, position) => name !== '' && (flags & (1 << (keywordShift + position))) !== 0);
}
