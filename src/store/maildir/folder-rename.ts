// RENAME and DELETE of folders on disk.
//
// RENAME moves one directory per folder, which no file system does in one step: an intent row, synced first, lets the
// next holder of the account lock finish after a crash. Index rows keep their UIDs; the UIDVALIDITY is kept too unless
// the new name once had one as large (RFC 9051 2.3.1.1). DELETE moves the directory out of the tree in one rename; its
// files are unlinked afterwards in the background.

import { randomBytes } from 'node:crypto';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { MailboxName } from '../../base/brands.ts';
import { Permanent, Transient } from '../../base/outcome.ts';
import { syncDirectory } from '../../native/file-io.ts';
import { type AccountIndex, removeMailbox } from './account-index.ts';
import type { AccountState } from './account-state.ts';
import { errorCode, noMailbox } from './failures.ts';
import { makeParentsLocked } from './folder-create.ts';
import { isRealDirectory } from './folder-list.ts';
import { directoryOfName, inbox } from './folder-name.ts';
import type { FolderMove, FoldersIntent } from './intent-table.ts';
import type { MailboxRow } from './mailbox-table.ts';
import { forgetQuota } from './quota.ts';
import { readSpecialUses, writeSpecialUses } from './special-use.ts';
import { readSubscriptions, renameSubscriptions, writeSubscriptions } from './subscription-file.ts';
import { nextUidValidity } from './uid-validity.ts';

/** Errors of rename(2) that no waiting cures: another program put something in the way, or changed the permissions. */
const obstacles: ReadonlySet<string> = new Set([
  'EACCES',
  'EBUSY',
  'EEXIST',
  'EINVAL',
  'EISDIR',
  'ENOTDIR',
  'ENOTEMPTY',
  'EPERM',
  'EXDEV',
]);

/** RENAME of anything but INBOX. Lock held. */
export async function renameFolderLocked(
  account: AccountState,
  index: AccountIndex,
  from: MailboxName,
  to: MailboxName,
): Promise<void> {
  const moves = await planMoves(account, from, to);
  await makeParentsLocked(account, index, to);
  const intent: FoldersIntent = { kind: 'folders', from, to, moves };
  const id = await index.write((transaction) => transaction.intents.add(intent));
  const obstructed = await finishRename(account, index, id, intent);
  if (obstructed.length === 0) return;
  throw new Transient('store.io', `could not be renamed: ${obstructed.join(', ')}`);
}

async function planMoves(account: AccountState, from: MailboxName, to: MailboxName): Promise<FolderMove[]> {
  if (from === to || to.startsWith(`${from}/`)) {
    throw new Permanent('store.bad_mailbox_name', `mailbox cannot move below itself: ${to}`);
  }
  const list = await account.lister.list();
  const moves: FolderMove[] = [];
  for (const [name, directory] of list) {
    if (name !== from && !name.startsWith(`${from}/`)) continue;
    const toName = `${to}${name.slice(from.length)}` as MailboxName;
    moves.push({ fromName: name, fromDir: directory, toName, toDir: directoryOfName(toName) });
  }
  if (moves.length === 0) throw noMailbox(from);
  for (const { toName, toDir } of [...moves, { toName: to, toDir: directoryOfName(to) }]) {
    if (list.has(toName) || (await isRealDirectory(join(account.paths.maildir, toDir)))) {
      throw new Permanent('store.mailbox_exists', `mailbox exists already: ${toName}`);
    }
  }
  return moves;
}

/**
 * Does what an intent says, from wherever it stopped; every step may be repeated. Returns the mailboxes whose directories
 * cannot be moved: they keep their names. Lock held.
 */
export async function finishRename(
  account: AccountState,
  index: AccountIndex,
  id: number,
  whole: FoldersIntent,
): Promise<MailboxName[]> {
  const { paths } = account;
  const moves = await moveDirectories(account, whole.moves);
  const intent: FoldersIntent = { ...whole, moves };
  await syncDirectory(paths.maildir);
  const directories = new Map(intent.moves.map(({ fromDir, toDir }) => [fromDir, toDir]));
  const uses = await readSpecialUses(paths);
  if (uses !== undefined) {
    await writeSpecialUses(paths, new Map([...uses].map(([dir, use]) => [directories.get(dir) ?? dir, use])));
  }
  const names = await readSubscriptions(paths);
  const stayed = whole.moves.filter((move) => !moves.includes(move)).map(({ fromName }) => fromName);
  const renamed = renameSubscriptions(
    names.filter((name) => !stayed.includes(name)),
    intent.from,
    intent.to,
  );
  await writeSubscriptions(paths, [...renamed, ...names.filter((name) => stayed.includes(name))]);
  await renameRows(account, index, id, intent);
  return stayed;
}

/** Moves what can be moved; returns those whose directory is under the new name now. */
async function moveDirectories(account: AccountState, moves: readonly FolderMove[]): Promise<FolderMove[]> {
  const { paths, context } = account;
  const done: FolderMove[] = [];
  for (const move of moves) {
    try {
      await rename(join(paths.maildir, move.fromDir), join(paths.maildir, move.toDir));
      done.push(move);
    } catch (error) {
      const code = errorCode(error);
      // ENOENT: moved before the crash.
      if (code === 'ENOENT') done.push(move);
      else if (!obstacles.has(code)) throw error;
      // An intent that is kept would stop every change to the account until somebody clears the way.
      else context.log.error('store.rename_obstructed', { path: paths.maildir, ...move, code });
    }
  }
  return done;
}

async function renameRows(
  account: AccountState,
  index: AccountIndex,
  id: number,
  intent: FoldersIntent,
): Promise<void> {
  const rows: { row: MailboxRow; move: FolderMove; uidValidity: number }[] = [];
  for (const move of intent.moves) {
    const row = index.boxes.byName(move.fromName);
    if (row === undefined) continue;
    const stale = index.boxes.byName(move.toName)?.uidValidity ?? 0;
    const former = Math.max(stale, index.boxes.formerUidValidity(move.toName));
    const keeps = row.uidValidity > former || row.uidValidity === 0;
    const uidValidity = keeps
      ? row.uidValidity
      : await nextUidValidity(account.paths, account.context.clock.nowMs(), former);
    rows.push({ row, move, uidValidity });
  }
  await index.write((transaction) => {
    for (const { row, move, uidValidity } of rows) {
      // A row left under the new name belongs to a folder that is no longer there.
      const stale = transaction.boxes.byName(move.toName);
      if (stale !== undefined) removeMailbox(transaction, stale);
      if (row.uidValidity > 0) transaction.boxes.rememberName(move.fromName, row.uidValidity);
      transaction.boxes.rename(row.id, move.toName, move.toDir, uidValidity);
    }
    transaction.intents.remove(id);
  });
}

/** DELETE: the folder's directory leaves the tree, its row the index; both durable when it resolves. Lock held. */
export async function deleteFolderLocked(
  account: AccountState,
  index: AccountIndex,
  name: MailboxName,
): Promise<void> {
  const { paths } = account;
  if (name === inbox) throw new Permanent('store.bad_mailbox_name', 'INBOX cannot be deleted');
  const directory = await account.lister.find(name);
  if (directory === undefined) {
    const list = await account.lister.list();
    const isParent = [...list.keys()].some((other) => other.startsWith(`${name}/`));
    if (isParent)
      throw new Permanent('store.has_children', `mailbox only exists through its children: ${name}`);
    throw noMailbox(name);
  }
  await mkdir(paths.trash, { recursive: true, mode: 0o700 });
  await rename(join(paths.maildir, directory), join(paths.trash, randomBytes(12).toString('hex')));
  await syncDirectory(paths.maildir);
  const uses = await readSpecialUses(paths);
  if (uses?.has(directory))
    await writeSpecialUses(paths, new Map([...uses].filter(([dir]) => dir !== directory)));
  const row = index.boxes.byName(name);
  await index.write((transaction) => {
    if (row !== undefined) removeMailbox(transaction, row);
  });
  // Ids are never given twice: a session that makes and deletes folders for days would fill the memory.
  if (row !== undefined) account.forgetFolder(row.id);
  await forgetQuota(paths);
}
