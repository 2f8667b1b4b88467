// Removes files that crashed writers left in tmp/: the Maildir rule is "not touched for 36 hours" (`store.tmpMaxAgeSeconds`).

import { lstat, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { AccountState } from './account-state.ts';
import { isMissing } from './failures.ts';

/** Looks through tmp/ of all folders of an account. */
export async function removeOldTemporaries(account: AccountState): Promise<void> {
  const { lister, paths, context } = account;
  const oldestMs = context.clock.nowMs() - context.settings.get('store.tmpMaxAgeSeconds') * 1000;
  for (const directory of (await lister.list()).values()) {
    const tmp = join(paths.maildir, directory, 'tmp');
    for (const name of await namesIn(tmp)) await removeIfOld(join(tmp, name), oldestMs);
  }
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function removeIfOld(path: string, oldestMs: number): Promise<void> {
  try {
    const stat = await lstat(path);
    if (stat.isFile() && Math.max(stat.mtimeMs, stat.ctimeMs) < oldestMs) await unlink(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
