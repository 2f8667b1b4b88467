// Turns what the system and SQLite report into the outcomes that the port promises.
//
// No space is 'store.full', a busy index is 'store.busy', everything else that is not already an Outcome of ours and
// carries an errno or SQLite code is 'store.io'. Unknown exceptions pass unchanged: they are bugs and must show a stack.

import { Outcome, Permanent, Transient } from '../../base/outcome.ts';

const fullCodes = new Set(['ENOSPC', 'EDQUOT', 'SQLITE_FULL']);

/** The `code` of a system or SQLite error, '' when there is none. */
export function errorCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** True when a file or directory was not there. */
export const isMissing = (error: unknown): boolean => errorCode(error) === 'ENOENT';

/** True when SQLite says that the index file itself cannot be used any more. */
export function isIndexBroken(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'store.damaged' || code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB');
}

/** True when the index refuses writes until it is opened anew (host/sqlite.ts). */
export const isSyncFailed = (error: unknown): boolean => errorCode(error) === 'store.sync_failed';

/** The outcome to throw for `error`, which happened while doing `what` (a few English words). */
export function storeFailure(error: unknown, what: string): unknown {
  if (isIndexBroken(error)) {
    // The next use sets the index aside and builds it again, so trying later helps.
    return new Transient('store.io', `index is damaged: ${what}`, { cause: error });
  }
  if (error instanceof Outcome) return error;
  const code = errorCode(error);
  if (fullCodes.has(code)) {
    return new Transient('store.full', `no space left: ${what}`, { cause: error, detail: { code } });
  }
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return new Transient('store.busy', `index is busy: ${what}`, { cause: error, detail: { code } });
  }
  if (/^E[A-Z0-9]+$/.test(code) || code.startsWith('SQLITE_')) {
    return new Transient('store.io', `${what} failed: ${code}`, { cause: error, detail: { code } });
  }
  return error;
}

/** The outcome for a bare errno number out of a batch (see file-io.ts). */
export function errnoFailure(errno: number, what: string): Transient {
  // ENOSPC 28 and EDQUOT 122 on every Linux architecture we build for (MIPS, where EDQUOT differs, is not one).
  if (errno === 28 || errno === 122)
    return new Transient('store.full', `no space left: ${what}`, { detail: { errno } });
  return new Transient('store.io', `${what} failed: errno ${errno}`, { detail: { errno } });
}

/** Errno numbers that decide a course of action. */
export const Errno = { notFound: 2, exists: 17, crossDevice: 18, tooManyLinks: 31, notPermitted: 1 } as const;

/** The mailbox does not exist (IMAP: NO [TRYCREATE] or [NONEXISTENT]). */
export const noMailbox = (name: string): Permanent =>
  new Permanent('store.no_mailbox', `mailbox does not exist: ${name}`);

/** The message is gone. */
export const expungedMessage = (uid: number): Permanent =>
  new Permanent('store.expunged', `message ${uid} has been expunged`, { detail: { uid } });

/** Two programs keep changing the same files; trying later helps. */
export const busyMailbox = (what: string): Transient =>
  new Transient('store.busy', `mailbox is busy: ${what}`);

/** Runs `fn` and translates what it throws. */
export async function translate<T>(what: string, fn: () => Promise<T>): Promise<T> {
  try {
    return await fn();
  } catch (error) {
    throw storeFailure(error, what);
  }
}
