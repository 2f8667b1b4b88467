// Changes users.json: read, change, write a temporary file, sync, rename, sync the directory. A reader sees the old or the
// new file, a power cut leaves one of them.
//
// Two writers are kept apart by `users.json.lock`, created exclusively and holding the writer's pid; a lock whose process is
// gone is taken over. Used by the command line and the control socket, not on the hot path.

import { type FileHandle, open, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Permanent, Transient } from '../../base/outcome.ts';
import { fileVersion, readUsers } from './table-thread.ts';
import { findIssue, type UserRecord } from './user-record.ts';

/** How long a writer waits for another one. */
const lockTimeoutMs = 10_000;
const lockRetryMs = 20;

/** Reads all users; Permanent('directory.broken_file') names line and field. A missing file is an empty one. */
export async function readUserFile(path: string): Promise<readonly UserRecord[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new Permanent('directory.broken_file', `cannot read ${path}: ${error.message}`, { cause: error });
  });
  if (text === undefined) return [];
  const users = readUsers(text);
  if (typeof users === 'string') throw new Permanent('directory.broken_file', `${path}:${users}`);
  return users;
}

/**
 * Applies `change` to all users and stores the result durably; resolves with what `change` returned as second member.
 * Throws what `change` throws, Transient('directory.locked'), or Permanent('directory.bad_user') for an invalid result.
 */
export async function editUserFile<T>(
  path: string,
  change: (
    users: readonly UserRecord[],
  ) => readonly [readonly UserRecord[], T] | Promise<readonly [readonly UserRecord[], T]>,
): Promise<T> {
  const release = await lock(`${path}.lock`);
  try {
    const [users, result] = await change(await readUserFile(path));
    checkUsers(users);
    await replaceFile(path, formatUsers(users));
    return result;
  } finally {
    await release();
  }
}

/** One user a line: a diff of the file shows who changed, and an error's line names one user. */
function formatUsers(users: readonly UserRecord[]): string {
  const lines = users.map((user) => `  ${JSON.stringify(user)}`);
  return `{"version": ${fileVersion}, "users": [\n${lines.join(',\n')}\n]}\n`;
}

function checkUsers(users: readonly UserRecord[]): void {
  const owners = new Map<string, string>();
  for (const user of users) {
    const issue = findIssue(user);
    if (issue !== undefined) {
      throw new Permanent(
        'directory.bad_user',
        `${user.address}: ${issue.field}: expected ${issue.expected}`,
      );
    }
    for (const address of new Set([user.address, ...(user.aliases ?? [])])) {
      const owner = owners.get(address);
      if (owner !== undefined) {
        throw new Permanent(
          'directory.bad_user',
          `${address} would belong to both ${owner} and ${user.address}`,
        );
      }
      owners.set(address, user.address);
    }
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(text);
    await keepOwner(file, path);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** A file that root writes belongs to the owner of the old one, or of the directory: the server must be able to read it. */
async function keepOwner(file: FileHandle, path: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(path).catch(() => stat(dirname(path)));
  await file.chown(uid, gid);
}

async function lock(path: string): Promise<() => Promise<void>> {
  const deadline = performance.now() + lockTimeoutMs;
  for (;;) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.writeFile(String(process.pid));
      await file.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (await isStale(path)) await unlink(path).catch(() => {});
    else if (performance.now() > deadline) {
      throw new Transient('directory.locked', `another program is changing the users (${path}); try again`);
    } else await sleep(lockRetryMs);
  }
}

async function isStale(path: string): Promise<boolean> {
  const pid = Number(await readFile(path, 'utf8').catch(() => ''));
  if (pid === process.pid) return false;
  if (!(pid > 0)) {
    // Its maker may be about to write its pid, or died before it did.
    const facts = await stat(path).catch(() => undefined);
    return facts !== undefined && Date.now() - facts.mtimeMs > lockTimeoutMs / 2;
  }
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
