// Gives keywords their file-name letters in a folder: read the table, add what is missing, make it durable, then use it.

import type { AccountIndex } from './account-index.ts';
import { keywordBits, type ParsedFlags } from './flag-names.ts';
import type { FolderState } from './folder-state.ts';
import { readKeywords, withKeywords, writeKeywords } from './keyword-file.ts';

/** Bits of a flag list in this folder; new keywords get letters. Permanent('store.too_many_keywords'). Lock held. */
export async function flagBitsLocked(
  index: AccountIndex,
  folder: FolderState,
  flags: ParsedFlags,
): Promise<number> {
  if (flags.keywords.length === 0) return flags.system;
  await folder.loadKeywords(index, true);
  const before = folder.keywords.names;
  const names = withKeywords(before, flags.keywords);
  if (names.length !== before.length || names.some((name, position) => name !== before[position])) {
    await writeKeywords(folder.path, names);
    await folder.loadKeywords(index, true);
  }
  return flags.system | keywordBits(folder.keywords.names, flags.keywords);
}

/** The same for a delivery, which has no index: only the file counts. Lock held. */
export async function deliveryFlagBits(folder: string, flags: ParsedFlags): Promise<number> {
  if (flags.keywords.length === 0) return flags.system;
  const { names: before } = await readKeywords(folder);
  const names = withKeywords(before, flags.keywords);
  if (names.length !== before.length || names.some((name, position) => name !== before[position])) {
    await writeKeywords(folder, names);
  }
  return flags.system | keywordBits(names, flags.keywords);
}
