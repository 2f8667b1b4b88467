// A SQLite database whose acknowledged writes survive a power cut, without a sync on the event loop.
//
// WAL with synchronous=NORMAL: COMMIT only writes to the page cache; `write` then waits for one fdatasync of the -wal
// file, shared by everybody who committed meanwhile. Whatever syncs inside SQLite (creating, migrating, starting a WAL,
// checkpoints, the last close) happens in a thread. SQLITE_BUSY is retried from a timer up to a limit.
// Owns a descriptor on the -wal file: allowed, because SQLite takes no POSIX locks there. It never opens the database
// or -shm file by hand: closing such a descriptor would drop the locks of the whole process.
// A failed sync makes the handle refuse writes until the database is opened anew (see group-sync.ts). What the log holds
// then may be in memory only, and everything behind it in the log would be lost with it: so it is folded back at once,
// while the kernel still has it, and again when the database is opened anew.

import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { assert, Bug, Transient } from '../base/outcome.ts';
import { GroupSync } from './group-sync.ts';
import { counter, histogram } from './metrics.ts';
import { databaseOutcome, isBusy } from './sqlite-errors.ts';
import { askThread, newHold } from './sqlite-maintenance.ts';

/** How octets reach the disk; src/native/file-io.ts has both. */
export interface SyncFunctions {
  /** fdatasync of an open descriptor. */
  syncData(fd: number): Promise<void>;
  /** fsync of a directory. */
  syncDirectory(dir: string): Promise<void>;
  /** The file behind `fd` holds nothing any more of what a sync once failed for: it may be synced again. */
  forgetFailure?(fd: number): void;
}

export interface DurableDatabaseOptions {
  /** Migrations: script n brings user_version from n to n + 1, in a transaction of its own. Absent: left as it is. */
  readonly schema?: readonly string[];
  /** Page cache of the connection; default 2 MiB. */
  readonly cacheBytes?: number;
}

/** Limits of all databases of the process; see `limitDatabases`. */
export interface DatabaseLimits {
  /** How long one write waits for a lock that another process holds, then Transient('store.busy'). */
  readonly busyLimitMs: number;
  /** Octets in the WAL that start a checkpoint; at four times that, writers are held back for it. */
  readonly checkpointBytes: number;
}

export interface DurableDatabase {
  /** The connection, for preparing statements. Change data only inside `write` and `writeCache`. */
  readonly db: Database.Database;
  /** Runs `fn` in one read transaction: all its statements see the same state. Inside `write` it sees the writes. */
  read<T>(fn: (db: Database.Database) => T): T;
  /**
   * Runs `fn`, which must be synchronous, between BEGIN IMMEDIATE and COMMIT; resolves with its result once the commit
   * is on the disk. When `fn` throws, everything it did is undone and the promise rejects with its error.
   */
  write<T>(fn: (db: Database.Database) => T): Promise<T>;
  /** Like `write`, for what may be lost: resolves after COMMIT without waiting for the disk. */
  writeCache<T>(fn: (db: Database.Database) => T): Promise<T>;
  /** Waits for writes under way, refuses new ones, closes. Harmless when called again. */
  close(): Promise<void>;
}

const syncSeconds = histogram(
  'tegu_database_sync_seconds',
  'Time of one shared sync of a write-ahead log',
  [],
  [0.0005, 0.002, 0.005, 0.02, 0.1, 0.5, 2],
);
const busyRetries = counter('tegu_database_busy_total', 'Write attempts put off because of a lock');

let limits: DatabaseLimits = { busyLimitMs: 10_000, checkpointBytes: 4 * 1024 * 1024 };

/** Sets the limits of all databases of this process, those that are open included. */
export function limitDatabases(next: DatabaseLimits): void {
  limits = next;
}

/** Longest time that queued writes run before other work of the loop gets a turn. */
const sliceMs = 4;
/** Shortest and longest pause before a locked database is tried again. */
const backoffMinMs = 1;
const backoffMaxMs = 50;
/** Shortest time between two checkpoints of one database, so that a reader who blocks one does not cause a storm. */
const checkpointPauseMs = 250;

/** Files whose sync failed in this process: the next open begins a new WAL. */
const failedFiles = new Set<string>();

/**
 * Opens `path`, creating it with mode 0600. Rejects with Permanent('store.damaged' | 'store.schema_newer') or
 * Transient('store.busy' | 'store.io' | 'store.full').
 */
export async function openDurableDatabase(
  path: string,
  sync: SyncFunctions,
  options: DurableDatabaseOptions = {},
): Promise<DurableDatabase> {
  const file = resolve(path);
  const hold = newHold();
  try {
    await createOnce(file);
    await askThread(file, {
      kind: 'open',
      path: file,
      hold,
      schema: options.schema,
      reset: failedFiles.has(file),
    });
    try {
      return await connect(file, sync, options);
    } finally {
      // From here on our own connection keeps the -wal alive; if there is none, this close folds it back.
      await askThread(file, { kind: 'release', hold });
    }
  } catch (error) {
    throw asFileError(error, file);
  }
}

const creating = new Map<string, Promise<void>>();

/** Who opens a file that is being created here waits: closing our descriptor drops every lock the process has on it. */
function createOnce(file: string): Promise<void> {
  const running = creating.get(file) ?? createPrivate(file).finally(() => creating.delete(file));
  creating.set(file, running);
  return running;
}

/** Creates the file itself so that it never has wider permissions; SQLite gives -wal and -shm the same mode. */
async function createPrivate(file: string): Promise<void> {
  try {
    // Exclusive creation: a file that exists may be open in this process, and closing our descriptor would unlock it.
    const handle = await open(file, 'wx', 0o600);
    try {
      await giveToOwner(handle, dirname(file));
    } finally {
      await handle.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** What root creates (a command run by an administrator) belongs to the owner of the directory, who runs the server. */
async function giveToOwner(handle: FileHandle, dir: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(dir);
  await handle.chown(uid, gid);
}

function asFileError(error: unknown, path: string): unknown {
  const outcome = databaseOutcome(error, path);
  if (outcome !== error || !(error instanceof Error) || !('syscall' in error)) return outcome;
  return new Transient('store.io', `cannot open the database: ${error.message}`, {
    cause: error,
    detail: { path },
  });
}

async function connect(
  file: string,
  sync: SyncFunctions,
  options: DurableDatabaseOptions,
): Promise<DurableDatabase> {
  const db = new Database(file, { timeout: 0, fileMustExist: true });
  try {
    db.pragma('synchronous = NORMAL');
    db.pragma('wal_autocheckpoint = 0');
    db.pragma('foreign_keys = ON');
    db.pragma('trusted_schema = OFF');
    db.pragma(`cache_size = -${Math.ceil((options.cacheBytes ?? 2 * 1024 * 1024) / 1024)}`);
    // The first read takes the shared lock of WAL mode: from now on nobody can remove the -wal file.
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    const wal = await open(`${file}-wal`, 'r');
    // Names of the database and the -wal: whoever created them may not have come to its own directory sync yet.
    await sync.syncDirectory(dirname(file));
    // The thread has folded everything back and begun a new log.
    if (failedFiles.delete(file)) sync.forgetFailure?.(wal.fd);
    return new OpenDatabase(file, db, wal, sync);
  } catch (error) {
    db.close();
    throw error;
  }
}

interface WriteTask {
  readonly fn: (db: Database.Database) => unknown;
  readonly durable: boolean;
  readonly enqueuedMs: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface WalState {
  readonly log: number;
  readonly checkpointed: number;
}

class OpenDatabase implements DurableDatabase {
  readonly db: Database.Database;
  readonly #path: string;
  readonly #wal: FileHandle;
  readonly #group: GroupSync;
  readonly #begin: Database.Statement;
  readonly #beginRead: Database.Statement;
  readonly #commit: Database.Statement;
  readonly #rollback: Database.Statement;
  readonly #walState: Database.Statement<[], WalState>;
  readonly #pageBytes: number;
  readonly #queue: WriteTask[] = [];
  /** True while a timer, a slice or the thread will call #pump; then nobody else does. */
  #pumpPromised = false;
  #backoffMs = backoffMinMs;
  #checkpoint: Promise<void> | undefined;
  #nextCheckpointMs = 0;
  #failure: Transient | undefined;
  #closing: Promise<void> | undefined;

  constructor(path: string, db: Database.Database, wal: FileHandle, sync: SyncFunctions) {
    this.#path = path;
    this.db = db;
    this.#wal = wal;
    this.#group = new GroupSync(
      () => this.#timedSync(sync),
      (error) => this.#syncFailed(error),
    );
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#beginRead = db.prepare('BEGIN');
    this.#commit = db.prepare('COMMIT');
    this.#rollback = db.prepare('ROLLBACK');
    this.#walState = db.prepare('PRAGMA wal_checkpoint(NOOP)');
    this.#pageBytes = db.pragma('page_size', { simple: true }) as number;
  }

  read<T>(fn: (db: Database.Database) => T): T {
    if (this.db.inTransaction) return fn(this.db);
    try {
      this.#beginRead.run();
      const value = fn(this.db);
      this.#commit.run();
      return value;
    } catch (error) {
      if (this.db.inTransaction) this.#rollback.run();
      throw databaseOutcome(error, this.#path);
    }
  }

  write<T>(fn: (db: Database.Database) => T): Promise<T> {
    return this.#enqueue(fn, true);
  }

  writeCache<T>(fn: (db: Database.Database) => T): Promise<T> {
    return this.#enqueue(fn, false);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #enqueue<T>(fn: (db: Database.Database) => T, durable: boolean): Promise<T> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#closing !== undefined) return Promise.reject(new Bug(`${this.#path} is written after close`));
    if (this.db.inTransaction)
      return Promise.reject(new Bug(`${this.#path}: a write is started inside another`));
    return new Promise<T>((resolve, reject) => {
      const enqueuedMs = performance.now();
      this.#queue.push({ fn, durable, enqueuedMs, resolve: resolve as (value: unknown) => void, reject });
      if (!this.#pumpPromised) this.#pump();
    });
  }

  /** Runs queued writes in order until the queue is empty, the slice is used up, or the database is locked. */
  #pump(): void {
    this.#pumpPromised = false;
    const sliceEndsMs = performance.now() + sliceMs;
    for (let task = this.#queue[0]; task !== undefined; task = this.#queue[0]) {
      if (this.#failure !== undefined) {
        this.#queue.shift()?.reject(this.#failure);
        continue;
      }
      const now = performance.now();
      if (now > sliceEndsMs) {
        this.#pumpLater(0);
        return;
      }
      const began = this.#tryBegin(task, now);
      if (began === 'later') return;
      if (began === 'failed') continue;
      this.#queue.shift();
      this.#run(task);
    }
  }

  #pumpLater(delayMs: number): void {
    this.#pumpPromised = true;
    if (delayMs === 0) setImmediate(() => this.#pump());
    else setTimeout(() => this.#pump(), delayMs);
  }

  /** Takes the write lock for the first task; on a lock or a WAL that must be started first, comes back later. */
  #tryBegin(task: WriteTask, now: number): 'begun' | 'later' | 'failed' {
    try {
      const state = this.#walState.get();
      if (state !== undefined && state.log <= state.checkpointed) {
        this.#freshen();
        return 'later';
      }
      this.#begin.run();
      this.#backoffMs = backoffMinMs;
      return 'begun';
    } catch (error) {
      if (isBusy(error) && now - task.enqueuedMs < limits.busyLimitMs) {
        busyRetries.inc();
        // Jitter: processes that wait for the same lock must not wake in step.
        this.#pumpLater(this.#backoffMs * (0.5 + Math.random()));
        this.#backoffMs = Math.min(this.#backoffMs * 2, backoffMaxMs);
        return 'later';
      }
      this.#queue.shift();
      task.reject(databaseOutcome(error, this.#path));
      return 'failed';
    }
  }

  /** A folded-back WAL is restarted by its next writer with a synced header: lets the thread be that writer. */
  #freshen(): void {
    this.#pumpPromised = true;
    askThread(this.#path, { kind: 'freshen', path: this.#path }).then(
      () => this.#pump(),
      (error: unknown) => {
        this.#queue.shift()?.reject(error);
        this.#pump();
      },
    );
  }

  #run(task: WriteTask): void {
    let value: unknown;
    try {
      value = task.fn(this.db);
      assert(!(value instanceof Promise), 'a database transaction must be synchronous');
      this.#commit.run();
    } catch (error) {
      if (this.db.inTransaction) this.#rollback.run();
      task.reject(databaseOutcome(error, this.#path));
      return;
    }
    if (task.durable) this.#group.wait().then(() => task.resolve(value), task.reject);
    else task.resolve(value);
    this.#considerCheckpoint();
  }

  async #timedSync(sync: SyncFunctions): Promise<void> {
    const stop = syncSeconds.startTimer();
    try {
      await sync.syncData(this.#wal.fd);
    } catch (error) {
      throw new Transient('store.sync_failed', 'the disk did not take what was written', {
        cause: error,
        detail: { path: this.#path },
      });
    } finally {
      stop();
    }
  }

  #syncFailed(error: unknown): void {
    this.#failure = error as Transient;
    failedFiles.add(this.#path);
    const before = this.#checkpoint ?? Promise.resolve();
    this.#checkpoint = before.then(() => this.#fold(true));
  }

  #considerCheckpoint(): void {
    if (this.#checkpoint !== undefined) return;
    const walBytes = this.#walFrames() * this.#pageBytes;
    if (walBytes < limits.checkpointBytes || performance.now() < this.#nextCheckpointMs) return;
    this.#checkpoint = this.#fold(walBytes >= 4 * limits.checkpointBytes).finally(() => {
      this.#checkpoint = undefined;
      this.#nextCheckpointMs = performance.now() + checkpointPauseMs;
    });
  }

  #walFrames(): number {
    try {
      return this.#walState.get()?.log ?? 0;
    } catch {
      // The commit before it has its own answer; whoever begins the next write is told.
      return 0;
    }
  }

  /** A checkpoint that fails costs disk space only; the next commit, or the next open after a failed sync, asks again. */
  #fold(truncate: boolean): Promise<void> {
    return askThread(this.#path, { kind: 'checkpoint', path: this.#path, truncate }).then(
      () => {},
      () => {},
    );
  }

  async #close(): Promise<void> {
    while (this.#queue.length > 0 || this.#pumpPromised) await new Promise((done) => setTimeout(done, 2));
    await this.#group.idle();
    await this.#checkpoint;
    // The thread's connection is the last one then, and folds the WAL back off the loop. If it cannot be had (the
    // directory is gone, no memory), the close here does it.
    const hold = newHold();
    const held = await askThread(this.#path, { kind: 'hold', path: this.#path, hold }).then(
      () => true,
      () => false,
    );
    this.db.close();
    await this.#wal.close();
    if (held) await askThread(this.#path, { kind: 'release', hold });
  }
}
