// Takes over what Dovecot knew about a folder: UIDVALIDITY, UIDs and next UID out of `dovecot-uidlist`.
//
// The list is believed once. After its UIDs are in the index it is renamed to `dovecot-uidlist.adopted`: had the index
// been lost later, adopting the old list again would give its UIDs to other messages. (Keywords stay in
// `dovecot-keywords`, which both servers share.) A list whose UIDVALIDITY is not larger than one that the name already
// had here is not adopted, for the same reason.

import { access, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '../../native/file-io.ts';
import { parseUidList, type UidList } from '../../native/maildir-names.ts';
import type { AccountIndex } from './account-index.ts';
import type { AccountState } from './account-state.ts';
import { mapBounded } from './bounded.ts';
import { isMissing } from './failures.ts';
import { FolderScan } from './folder-scan.ts';
import type { FolderState } from './folder-state.ts';
import { inspectFile } from './message-file.ts';
import { nextTurn } from './options.ts';

const listName = 'dovecot-uidlist';

/** The folder's list if it may be adopted; `former` is the largest UIDVALIDITY that the name had here. */
export async function readUidListFor(
  account: AccountState,
  folder: string,
  former: number,
): Promise<UidList | undefined> {
  const path = join(folder, listName);
  let list: UidList;
  try {
    list = parseUidList(await readFile(path));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  if (list.errorLine < 0 && list.uidValidity > former) return list;
  // A damaged list hides which UIDs were given: numbering anew is safe, guessing is not.
  account.context.log.warn('store.uidlist_refused', {
    path,
    line: list.errorLine,
    uidValidity: list.uidValidity,
  });
  return undefined;
}

/** True while the folder has a list that is neither adopted nor refused. */
export async function hasUidList(folder: string): Promise<boolean> {
  try {
    await access(join(folder, listName));
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Renames an adopted (or useless) list; harmless when there is none. */
export async function setUidListAside(folder: string): Promise<void> {
  try {
    await rename(join(folder, listName), join(folder, `${listName}.adopted`));
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  await syncDirectory(folder);
}

/** Inserts the messages of the list that still have a file, under their UIDs. Lock held, mailbox not published. */
export async function adoptUidList(
  account: AccountState,
  index: AccountIndex,
  folder: FolderState,
  list: UidList,
): Promise<void> {
  const scan = await FolderScan.read(folder.path, true);
  const keyOfBase = new Map<string, number>();
  for (const { key, base } of scan.keys()) {
    keyOfBase.set(base, key);
    if (keyOfBase.size % index.readRows === 0) await nextTurn();
  }
  const concurrency = account.context.settings.get('store.fileConcurrency');
  for (let from = 0; from < list.uids.length; from += index.sliceRows) {
    const slice: { uid: number; key: number }[] = [];
    for (let at = from; at < Math.min(from + index.sliceRows, list.uids.length); at++) {
      const base = list.names.toString('latin1', list.nameOffsets[at] ?? 0, list.nameOffsets[at + 1] ?? 0);
      const key = keyOfBase.get(base);
      if (key !== undefined) slice.push({ uid: list.uids[at] ?? 0, key });
    }
    const found = await mapBounded(slice, concurrency, ({ key }) =>
      inspectFile(folder.path, scan.entry(key), account.context),
    );
    await index.cache((transaction) => {
      const writer = transaction.writer(folder.id);
      for (const [at, message] of found.entries()) {
        if (message === undefined || writer.uidOfBase(message.base) !== undefined) continue;
        writer.insert(message, slice[at]?.uid);
      }
    });
    await nextTurn();
  }
  // New mail continues where Dovecot would have, also when its newest messages are gone.
  await index.cache((transaction) => transaction.boxes.raiseUidNext(folder.id, list.uidNext));
}
