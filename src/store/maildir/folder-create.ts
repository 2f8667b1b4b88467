// Makes accounts and folders on disk: directories first in the order that leaves no half folder visible, then a sync of
// the parent, so that a crash loses either everything or nothing that was acknowledged.

import { mkdir, open, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { MailboxName } from '../../base/brands.ts';
import { Permanent } from '../../base/outcome.ts';
import { syncDirectory } from '../../native/file-io.ts';
import type { SpecialUse } from '../mail-store.ts';
import { type AccountIndex, removeMailbox } from './account-index.ts';
import type { AccountPaths } from './account-path.ts';
import { inheritAcl } from './account-sharing.ts';
import type { AccountState } from './account-state.ts';
import { isRealDirectory, restoreDirectories } from './folder-list.ts';
import { canonicalName, directoryOfName, inbox, parentsOf } from './folder-name.ts';
import { openFolderLocked } from './folder-open.ts';
import { isSpecialUse, readSpecialUses, writeSpecialUses } from './special-use.ts';
import { readSubscriptions, writeSubscriptions } from './subscription-file.ts';

/** Only the server's own user may read mail. */
const directoryMode = 0o700;

async function makeDirectory(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: directoryMode });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Makes one folder's directories, cur/ last: without it the folder does not exist for us. */
async function makeFolder(folder: string): Promise<void> {
  await makeDirectory(folder);
  await makeDirectory(join(folder, 'tmp'));
  await makeDirectory(join(folder, 'new'));
  await makeDirectory(join(folder, 'cur'));
}

/** Makes the account's home and INBOX if they are not there. Not synced: see SyncedWays, which every user asks next. */
export async function makeAccount(paths: AccountPaths): Promise<void> {
  if (await isRealDirectory(join(paths.maildir, 'cur'))) {
    await restoreDirectories(paths.maildir);
    return;
  }
  for (const directory of [paths.domain, paths.home, paths.maildir]) await makeDirectory(directory);
  await makeFolder(paths.maildir);
}

/** Makes a subfolder with the mark that Maildir++ asks for. Durable when it resolves. */
async function makeSubfolder(maildir: string, directory: string): Promise<void> {
  const folder = join(maildir, directory);
  await makeDirectory(folder);
  const mark = await open(join(folder, 'maildirfolder'), 'a', 0o600);
  await mark.close();
  await makeFolder(folder);
  // Who listed while the folder had no cur/ yet (its first maker was slow or died) goes by this mtime (folder-list.ts).
  const now = new Date();
  await utimes(maildir, now, now);
  await syncDirectory(folder);
  await syncDirectory(maildir);
}

/** CREATE: the folder, the parents it lacks (RFC 9051 6.3.4), its index row, and its use. Lock held. */
export async function createFolderLocked(
  account: AccountState,
  index: AccountIndex,
  name: MailboxName,
  specialUse: SpecialUse | undefined,
): Promise<void> {
  if (name === inbox || (await account.lister.find(name)) !== undefined) {
    throw new Permanent('store.mailbox_exists', `mailbox exists already: ${name}`);
  }
  // Checked before anything is made: the whole name must be possible.
  const directory = directoryOfName(name);
  await makeParentsLocked(account, index, name);
  await makeSubfolder(account.paths.maildir, directory);
  await inheritAcl(account, name);
  await numberAfresh(account, index, name);
  if (specialUse !== undefined) await setUse(account.paths, directory, specialUse);
}

/** Makes those superiors of `name` that are not there at all. */
export async function makeParentsLocked(
  account: AccountState,
  index: AccountIndex,
  name: MailboxName,
): Promise<void> {
  for (const parent of parentsOf(name)) {
    if ((await account.lister.find(parent)) !== undefined) continue;
    await makeSubfolder(account.paths.maildir, directoryOfName(parent));
    await inheritAcl(account, parent);
    await numberAfresh(account, index, parent);
  }
}

/** A row from before the folder went away (by another program, or in a crash) must not lend its UIDVALIDITY to the new one. */
async function numberAfresh(account: AccountState, index: AccountIndex, name: MailboxName): Promise<void> {
  const row = index.boxes.byName(name);
  if (row !== undefined) await index.write((transaction) => removeMailbox(transaction, row));
  await openFolderLocked(account, index, name);
}

/** Gives a directory a use, which no other directory keeps, or takes its use away. Lock held. */
export async function setUse(
  paths: AccountPaths,
  directory: string,
  use: SpecialUse | undefined,
): Promise<void> {
  const table = new Map(await readSpecialUses(paths));
  table.delete(directory);
  for (const [other, otherUse] of table) if (otherUse === use) table.delete(other);
  if (use !== undefined) table.set(directory, use);
  await writeSpecialUses(paths, table);
}

/** Makes the folders of `store.defaultFolders` (`Name:use` each) for an account that never had them. Lock held. */
export async function makeDefaultFoldersLocked(account: AccountState, index: AccountIndex): Promise<void> {
  const { paths, context } = account;
  if ((await readSpecialUses(paths)) !== undefined) return;
  const table = new Map<string, SpecialUse>();
  const subscribed = new Set(await readSubscriptions(paths));
  subscribed.add(inbox);
  for (const item of context.settings.get('store.defaultFolders')) {
    const colon = item.lastIndexOf(':');
    const name = canonicalName(colon < 0 ? item : item.slice(0, colon));
    const use = colon < 0 ? '' : item.slice(colon + 1);
    const directory = (await account.lister.find(name)) ?? directoryOfName(name);
    if (name !== inbox && !(await isRealDirectory(join(paths.maildir, directory, 'cur')))) {
      await createFolderLocked(account, index, name, undefined);
    }
    subscribed.add(name);
    if (isSpecialUse(use)) table.set(directory, use);
  }
  await writeSubscriptions(paths, subscribed);
  await writeSpecialUses(paths, table);
}
