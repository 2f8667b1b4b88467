// `dovecot-keywords`: which keyword each file-name letter a..z of a folder stands for (lines `<position> <name>`).
//
// The file is the truth, so that flags survive a lost index and other programs understand them; a new letter is durable
// in it before the first file name uses it (docs/adr/0003). The index keeps a copy for the case that only this file is
// lost. Names compare without case. Writing needs the account lock.

import { join } from 'node:path';
import { Permanent } from '../../base/outcome.ts';
import { parseKeywords } from '../../native/maildir-names.ts';
import { maxKeywords } from '../mail-store.ts';
import { readSmallFile, replaceSmallFile } from './small-file.ts';

const fileName = 'dovecot-keywords';
/** Dovecot's own bound for a keyword. */
const maxKeywordBytes = 250;

/** Names by letter position; '' where a letter has no name. */
export interface KeywordTable {
  readonly names: readonly string[];
  readonly stamp: string;
}

export const noKeywords: KeywordTable = { names: [], stamp: '' };

/** Reads a folder's table, as far as it can be read. */
export async function readKeywords(folder: string): Promise<KeywordTable> {
  const file = await readSmallFile(join(folder, fileName));
  return file === undefined ? noKeywords : { names: parseKeywords(file.octets).names, stamp: file.stamp };
}

/** Writes a table; durable when it resolves. */
export async function writeKeywords(folder: string, names: readonly string[]): Promise<void> {
  const lines = names.map((name, position) => (name === '' ? '' : `${position} ${name}\n`));
  await replaceSmallFile(join(folder, fileName), lines.join(''), join(folder, 'tmp'));
}

/** Position of a keyword, -1 when the table has none. */
export function positionOf(names: readonly string[], keyword: string): number {
  const wanted = keyword.toLowerCase();
  return names.findIndex((name) => name.toLowerCase() === wanted);
}

/** `names` with all of `keywords` in it. Throws Permanent('store.too_many_keywords') when letters run out. */
export function withKeywords(names: readonly string[], keywords: readonly string[]): string[] {
  const result = [...names];
  for (const keyword of keywords) {
    if (positionOf(result, keyword) >= 0) continue;
    const free = result.indexOf('');
    const position = free >= 0 ? free : result.length;
    if (position >= maxKeywords || Buffer.byteLength(keyword) > maxKeywordBytes) {
      throw new Permanent('store.too_many_keywords', `mailbox cannot hold keyword ${keyword}`, {
        detail: { limit: maxKeywords },
      });
    }
    result[position] = keyword;
  }
  return result;
}
