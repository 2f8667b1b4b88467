// Access lists and annotations of one account's mailboxes: the files in the folders, and the rows of the share list.
//
// All of it works on directories, never on index rows, so that a lost index loses none of it. The account lock is held
// while a file is replaced.

import { join } from 'node:path';
import type { MailboxName } from '../../base/brands.ts';
import { Permanent } from '../../base/outcome.ts';
import { type AclEntry, normalIdentifier, type RightsChange } from '../acl.ts';
import type { AnnotationLimits, Annotations } from '../mail-store.ts';
import type { AccountIndex } from './account-index.ts';
import type { AccountState } from './account-state.ts';
import { changeAcl, readAcl, writeAcl } from './acl-file.ts';
import { changeAnnotations, copyAnnotations, readAnnotations } from './annotation-file.ts';
import { noMailbox } from './failures.ts';
import { inbox, parentsOf } from './folder-name.ts';

/** `user@domain` → `domain`. */
const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);

async function folderPath(account: AccountState, name: MailboxName): Promise<string> {
  const directory = await account.lister.find(name);
  if (directory === undefined) throw noMailbox(name);
  return directory === '' ? account.paths.maildir : join(account.paths.maildir, directory);
}

/** The list of a mailbox; an unreadable one is empty and warned of. Throws Permanent('store.no_mailbox'). */
export async function mailboxAcl(account: AccountState, name: MailboxName): Promise<readonly AclEntry[]> {
  const path = await folderPath(account, name);
  const { entries, isReadable } = await readAcl(path, domainOf(account.address));
  if (!isReadable) account.context.log.warn('store.acl_unreadable', { path });
  return entries;
}

/** SETACL and DELETEACL; tells all sessions. `identifier` as on the wire. */
export async function setMailboxAcl(
  account: AccountState,
  index: AccountIndex,
  name: MailboxName,
  identifier: string,
  change: RightsChange,
): Promise<void> {
  const normal = normalIdentifier(identifier);
  if (normal === undefined) throw new Permanent('store.bad_identifier', 'no identifier of an access list');
  const { shares } = account.context;
  await account.locked(index, async () => {
    const folder = await folderPath(account, name);
    // The hint first: a right that was given must be found.
    if (change !== undefined) await shares.add(account.address, name, normal);
    const entries = await changeAcl(folder, domainOf(account.address), normal, change);
    if (!entries.some(({ identifier: kept }) => kept === normal))
      await shares.refresh(account.address, account.paths.maildir);
  });
  account.changed();
}

/** RFC 4314 4: a new mailbox takes the list of its nearest superior. Lock held, the folder is there. */
export async function inheritAcl(account: AccountState, name: MailboxName): Promise<void> {
  const domain = domainOf(account.address);
  for (const parent of parentsOf(name).reverse()) {
    const directory = await account.lister.find(parent);
    if (directory === undefined) continue;
    const path = directory === '' ? account.paths.maildir : join(account.paths.maildir, directory);
    const { entries } = await readAcl(path, domain);
    if (entries.length === 0) return;
    for (const { identifier } of entries) await account.context.shares.add(account.address, name, identifier);
    await writeAcl(await folderPath(account, name), entries);
    return;
  }
}

/** After folders changed their names or went away. Lock held. */
export async function refreshShares(account: AccountState): Promise<void> {
  const { shares } = account.context;
  if (await shares.knows(account.address)) await shares.refresh(account.address, account.paths.maildir);
}

/** Annotations of a mailbox or, without a name, of the account, as `user` sees them. */
export async function mailboxAnnotations(
  account: AccountState,
  name: MailboxName | undefined,
  user: string,
): Promise<Annotations> {
  return await readAnnotations(
    name === undefined ? account.paths.home : await folderPath(account, name),
    user,
  );
}

/** Changes annotations and tells all sessions which mailbox it was. */
export async function setMailboxAnnotations(
  account: AccountState,
  index: AccountIndex,
  name: MailboxName | undefined,
  user: string,
  changes: ReadonlyMap<string, Buffer | undefined>,
  limits: AnnotationLimits,
): Promise<void> {
  await account.locked(index, async () => {
    const directory = name === undefined ? account.paths.home : await folderPath(account, name);
    await changeAnnotations(directory, join(account.paths.maildir, 'tmp'), user, changes, limits);
  });
  account.annotated(name ?? '', [...changes.keys()], user);
}

/** What INBOX keeps and its renamed mail gets (RFC 5464 4.1); its list stays with INBOX. */
export async function copyInboxAnnotations(
  account: AccountState,
  index: AccountIndex,
  target: MailboxName,
): Promise<void> {
  await account.locked(index, async () =>
    copyAnnotations(await folderPath(account, inbox), await folderPath(account, target)),
  );
}
