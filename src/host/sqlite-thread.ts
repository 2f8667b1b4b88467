// Worker thread that does what SQLite can only do with blocking syncs: creating and migrating a database, starting a
// fresh WAL, checkpoints, and the close that folds the WAL back. One thread serves all databases of a process.
//
// Each request names a file and uses a connection of this thread's own. Locks: all connections of a process go through
// one copy of the SQLite library, which is what POSIX locks demand. Here a busy handler may sleep.

import { parentPort } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { sqliteCode } from './sqlite-errors.ts';

/** What the event loop asks for. */
export type ThreadTask =
  /** Create or open, WAL mode, migrate; the connection is kept under `hold` so that a later close folds nothing yet. */
  | {
      readonly kind: 'open';
      readonly path: string;
      readonly hold: number;
      readonly schema: readonly string[] | undefined;
      /** A sync failed on this file before: fold everything back and begin a new WAL. */
      readonly reset: boolean;
    }
  /** Take a connection before the loop closes its own, so that the last close happens here. */
  | { readonly kind: 'hold'; readonly path: string; readonly hold: number }
  | { readonly kind: 'release'; readonly hold: number }
  /** Begin a new WAL if the old one is folded back, so that its header is synced here and not on the loop. */
  | { readonly kind: 'freshen'; readonly path: string }
  | { readonly kind: 'checkpoint'; readonly path: string; readonly truncate: boolean };

export interface ThreadAnswer {
  /** SQLite code and text when it failed; code 'schema_newer' for a database of a later version. */
  readonly failure?: { readonly code: string; readonly message: string };
  /** Frames left in the WAL after a checkpoint. */
  readonly framesLeft?: number;
}

interface Checkpoint {
  readonly busy: number;
  readonly log: number;
  readonly checkpointed: number;
}

/** How long this thread sleeps for a lock; the loop meanwhile retries from timers. */
const busyTimeoutMs = 5000;

const held = new Map<number, Database.Database>();

const port = parentPort;
if (port !== null) {
  port.on('message', ({ id, task }: { readonly id: number; readonly task: ThreadTask }) => {
    let answer: ThreadAnswer;
    try {
      answer = perform(task);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      answer = { failure: { code: sqliteCode(error) ?? errorCode(error), message } };
    }
    port.postMessage({ id, answer });
  });
}

function errorCode(error: unknown): string {
  return error instanceof SchemaNewer ? 'schema_newer' : 'error';
}

function perform(task: ThreadTask): ThreadAnswer {
  switch (task.kind) {
    case 'open': {
      const db = prepare(task.path, task.schema, task.reset);
      held.set(task.hold, db);
      return {};
    }
    case 'hold':
      held.set(task.hold, connect(task.path));
      return {};
    case 'release':
      held.get(task.hold)?.close();
      held.delete(task.hold);
      return {};
    case 'freshen':
      using(task.path, freshen);
      return {};
    case 'checkpoint':
      return { framesLeft: using(task.path, (db) => checkpoint(db, task.truncate)) };
  }
}

function connect(path: string): Database.Database {
  const db = new Database(path, { timeout: busyTimeoutMs });
  db.pragma('synchronous = NORMAL');
  db.pragma('wal_autocheckpoint = 0');
  db.pragma('trusted_schema = OFF');
  return db;
}

/** Runs `work` with a connection of its own, the held one if there is any. */
function using<T>(path: string, work: (db: Database.Database) => T): T {
  const db = connect(path);
  try {
    return work(db);
  } finally {
    db.close();
  }
}

class SchemaNewer extends Error {}

function prepare(path: string, schema: readonly string[] | undefined, reset: boolean): Database.Database {
  const db = connect(path);
  try {
    const mode = db.pragma('journal_mode = WAL', { simple: true });
    // A file system without shared memory (some network mounts) silently keeps the rollback journal.
    if (mode !== 'wal') throw new Error(`cannot use write-ahead logging here (journal mode is ${mode})`);
    if (schema !== undefined) migrate(db, schema);
    if (reset && checkpoint(db, true) > 0)
      throw new Error('the log of a failed sync could not be folded back');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Brings user_version from n to n + 1 with the n-th script, each in a transaction of its own. */
function migrate(db: Database.Database, schema: readonly string[]): void {
  // Two processes may start at once: the version is read under the write lock.
  for (let done = false; !done; ) {
    if (userVersion(db) === schema.length) return;
    db.exec('BEGIN IMMEDIATE');
    try {
      const version = userVersion(db);
      if (version > schema.length) {
        throw new SchemaNewer(`the schema has version ${version}, this program knows ${schema.length}`);
      }
      const script = schema[version];
      if (script === undefined) done = true;
      else {
        db.exec(script);
        db.pragma(`user_version = ${version + 1}`);
      }
      db.exec('COMMIT');
    } catch (error) {
      if (db.inTransaction) db.exec('ROLLBACK');
      throw error;
    }
  }
}

function userVersion(db: Database.Database): number {
  return db.pragma('user_version', { simple: true }) as number;
}

/** Writes one page if the WAL is folded back wholly: the writer that begins a WAL syncs its header (and directory). */
function freshen(db: Database.Database): void {
  const [state] = db.pragma('wal_checkpoint(NOOP)') as Checkpoint[];
  if (state !== undefined && state.log > state.checkpointed) return;
  db.exec('BEGIN IMMEDIATE');
  db.pragma(`user_version = ${userVersion(db)}`);
  db.exec('COMMIT');
}

/** Folds the WAL back; with `truncate` waits for readers and gives the disk space back. Returns the frames left. */
function checkpoint(db: Database.Database, truncate: boolean): number {
  // PASSIVE first: it does the long work without keeping writers out.
  let [state] = db.pragma('wal_checkpoint(PASSIVE)') as Checkpoint[];
  if (truncate) [state] = db.pragma('wal_checkpoint(TRUNCATE)') as Checkpoint[];
  const left = state === undefined || state.busy !== 0 ? 1 : state.log - state.checkpointed;
  if (left === 0) freshen(db);
  return left;
}
