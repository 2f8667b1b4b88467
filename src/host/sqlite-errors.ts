// What SQLite's result codes mean to the rest of the server: the four outcomes.

import { type Outcome, Permanent, Transient } from '../base/outcome.ts';

/** A result code such as `SQLITE_BUSY_SNAPSHOT`, or undefined when the error is not SQLite's. */
export function sqliteCode(error: unknown): string | undefined {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined;
}

/** True when somebody else holds the lock that was asked for; trying again later may succeed. */
export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  return (
    code !== undefined &&
    (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED') || code === 'SQLITE_PROTOCOL')
  );
}

/**
 * Translates an error of SQLite or of the file system about the database `path`. What is not about the state of the
 * database (a constraint, wrong SQL, an outcome of the caller's own) comes back unchanged.
 */
export function databaseOutcome(error: unknown, path: string): Outcome | unknown {
  const options = { cause: error, detail: { path } };
  if (isBusy(error)) return new Transient('store.busy', 'the database is locked by another process', options);
  const code = sqliteCode(error);
  if (code === 'SQLITE_FULL') return new Transient('store.full', 'the disk is full', options);
  if (code !== undefined && /^SQLITE_(CORRUPT|NOTADB)/.test(code))
    return new Permanent('store.damaged', 'the database file is damaged', options);
  if (code !== undefined && /^SQLITE_(CANTOPEN|IOERR|READONLY|PERM|AUTH|NOMEM|NOLFS)/.test(code))
    return new Transient('store.io', 'the database file cannot be read or written', options);
  return error;
}
