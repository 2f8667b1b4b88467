// SEARCH TEXT and BODY over a mailbox: from the full-text index where it can answer, by reading files where not.
//
// Both give the same answer (native/mime/text-search.h says what matches). Left to the files: needles of which the index
// knows nothing (under three characters, or with characters that stand for something else there), messages that are not
// indexed yet or too large, and searches of a few messages, for which no index is worth making.

import { foldForSearch, type MimeLimits, searchFile } from '../../native/mime.ts';
import { mapBounded } from './bounded.ts';
import { type Access, isLfFile, withFile } from './message-access.ts';
import { sizesOf } from './text-index.ts';
import { ascending } from './uid-order.ts';

/** Up to so many messages are searched in their files. */
export const fewMessages = 16;
/** Characters of a needle that the index is asked for; of a longer one it finds the messages that may match. */
const maxIndexedChars = 128;
/** Separators of the index, and what SQLite reads as U+FFFD. */
const unindexable = /[\u0000\u0001\ufffd-\uffff]/;

/** UIDs of `uids` whose text holds `needle`, ascending. */
export async function searchMessages(
  access: Access,
  uids: Uint32Array,
  needle: string,
  includeHeader: boolean,
  limits: MimeLimits,
): Promise<Uint32Array> {
  const { account, index, folder } = access;
  const scan = (asked: Uint32Array): Promise<Uint32Array> =>
    searchFiles(access, asked, needle, includeHeader, limits);
  const characters = [...foldForSearch(needle)];
  const isIndexable = characters.length >= 3 && !unindexable.test(characters.join(''));
  if (!isIndexable || uids.length <= fewMessages || !account.context.settings.get('store.searchIndex')) {
    return await scan(uids);
  }
  const sorted = ascending(uids);
  const asked = { uids: sorted, sizes: await sizesOf(folder, index, sorted) };
  const indexed = characters.slice(0, maxIndexedChars).join('');
  const answer = await account.texts.query(folder, index.birth, asked, indexed, !includeHeader, limits);
  const isWhole = characters.length <= maxIndexedChars;
  const found = isWhole ? answer.found : await scan(answer.found);
  return joinSorted(found, await scan(answer.unknown));
}

/** By reading the messages. */
async function searchFiles(
  access: Access,
  uids: Uint32Array,
  needle: string,
  includeHeader: boolean,
  limits: MimeLimits,
): Promise<Uint32Array> {
  const concurrency = access.account.context.settings.get('store.fileConcurrency');
  const found = await mapBounded([...uids], concurrency, (uid) =>
    withFile(access, uid, (path, record) =>
      searchFile(path, isLfFile(record), limits, needle, includeHeader),
    ),
  );
  return uids.filter((_, at) => found[at] === true).sort();
}

function joinSorted(left: Uint32Array, right: Uint32Array): Uint32Array {
  if (right.length === 0) return left;
  const all = new Uint32Array(left.length + right.length);
  all.set(left);
  all.set(right, left.length);
  return all.sort();
}
