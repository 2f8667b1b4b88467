// Façade of native/maildir's I/O engine: durable file operations that never block the event loop.
//
// One engine per process environment, backend `uring` (raw ring) or `threads` (pool) with identical semantics; chosen by
// probing, or forced by TEGU_IO=uring|threads. Directory syncs and WAL syncs asked for while one is under way are
// shared (group commit). Every promise rejects with an Error whose `code` is the errno name (ENOENT, ENOSPC, EDQUOT …).

import { addon } from './addon.ts';

/** Which backend the engine runs on. */
export type IoBackend = 'uring' | 'threads';

/** One file to be made durable: created in `tmpPath`, written, fsynced, renamed to `finalPath`, directory synced. */
export interface DurableFile {
  /** Absolute path of a file that must not exist yet; removed again on failure. */
  readonly tmpPath: string;
  /** Absolute path on the same filesystem; its directory is synced after the rename. Must not exist (EEXIST) unless `replace`. */
  readonly finalPath: string;
  /** Replaces an existing `finalPath` atomically. For control files; a message is never overwritten. Default false. */
  readonly replace?: boolean;
  /** Written first, in order. Borrowed until the promise settles: the caller must not change them. */
  readonly buffers: readonly Uint8Array[];
  /** When given, this file's octets from `sourceOffset` to its end follow the buffers. */
  readonly sourcePath?: string;
  readonly sourceOffset?: number;
  /** Octets that the file must have in the end; another number (a source that was cut) rejects with EIO. Default: any. */
  readonly sizeBytes?: number;
  /** Permission bits; default 0o600. */
  readonly mode?: number;
}

/** Bounds of the engine. */
export interface IoLimits {
  /** Durable chains under way at a time, 1..1024; the others wait behind them. Default 64. */
  readonly maxInFlight: number;
  /** Threads for reads, scans and batches, 1..256, started when needed. Default 16. */
  readonly maxReaders: number;
}

interface Native {
  ioConfigure(maxInFlight: number, maxReaders: number): void;
  ioBackend(): IoBackend;
  ioDeliver(file: DurableFile): Promise<number>;
  ioSyncDirectory(path: string): Promise<void>;
  ioSyncData(fd: number): Promise<void>;
  ioForgetFailure(fd: number): void;
  ioCommitFile(fd: number, tmpPath: string, finalPath: string): Promise<void>;
  ioRenameMany(fromTo: string[], syncDirectories: string[]): Promise<Int32Array>;
  ioLinkMany(fromTo: string[], syncDirectories: string[]): Promise<Int32Array>;
  ioUnlinkMany(paths: string[], syncDirectories: string[]): Promise<Int32Array>;
  ioReadRange(path: string, offset: number, length: number): Promise<Buffer>;
  ioReadLfRange(path: string, offset: number, length: number): Promise<Buffer>;
  ioStats(): { inFlight: number; submitted: number; directorySyncs: number; dataSyncs: number };
}
const native = addon as unknown as Native;

/** Sets the bounds, at any time; what runs over a lowered bound ends normally. Throws a TypeError outside the ranges. */
export const configureIo = (limits: IoLimits): void =>
  native.ioConfigure(limits.maxInFlight, limits.maxReaders);

/** The backend in use, for the start-up log. */
export const ioBackend = (): IoBackend => native.ioBackend();

/**
 * Runs the whole durable chain; resolves with the octets written once the directory is synced. Many may be in flight. On
 * failure neither the tmp file (if this call created it) nor the final name is left behind.
 */
export const deliverFile = (file: DurableFile): Promise<number> => native.ioDeliver(file);

/** fsync of a directory, shared with everybody who asked for the same directory meanwhile. */
export const syncDirectory = (path: string): Promise<void> => native.ioSyncDirectory(path);

/**
 * fdatasync of an open descriptor, shared: a call that arrives while one runs waits for the next one, never for the running
 * one. Keep the descriptor open until it settles. Once a sync of a file has failed with a real error, every later sync of
 * that file fails with the same code: the kernel has forgotten what it could not write.
 */
export const syncData = (fd: number): Promise<void> => native.ioSyncData(fd);

/** Ends that refusal: only for an owner who has given up everything in the file that a sync had failed for. */
export const forgetFailure = (fd: number): void => native.ioForgetFailure(fd);

/**
 * fsync of `fd`, rename, directory sync: the tail of the chain for a file that was streamed into `tmpPath`. Never
 * overwrites. The descriptor stays the caller's; `tmpPath` is removed on failure.
 */
export const commitFile = (fd: number, tmpPath: string, finalPath: string): Promise<void> =>
  native.ioCommitFile(fd, tmpPath, finalPath);

/**
 * Batch of renames [from, to, from, to …] in order, then the directory syncs. Never overwrites (EEXIST). Per pair 0 or a
 * positive errno; rejects only when a directory sync fails.
 */
export const renameMany = (fromTo: string[], syncDirectories: string[]): Promise<Int32Array> =>
  native.ioRenameMany(fromTo, syncDirectories);

/** Batch of hard links, same shape as renameMany. EMLINK/EXDEV are reported per pair. */
export const linkMany = (fromTo: string[], syncDirectories: string[]): Promise<Int32Array> =>
  native.ioLinkMany(fromTo, syncDirectories);

/** Batch of unlinks, then directory syncs; ENOENT counts as 0 (already gone). */
export const unlinkMany = (paths: string[], syncDirectories: string[]): Promise<Int32Array> =>
  native.ioUnlinkMany(paths, syncDirectories);

/** Octets [offset, offset+length) of a file, clamped to its end. `length` ≤ 16 MiB. */
export const readRange = (path: string, offset: number, length: number): Promise<Buffer> =>
  native.ioReadRange(path, offset, length);

/** Like readRange over the virtual text in which each bare LF is CRLF. */
export const readLfRange = (path: string, offset: number, length: number): Promise<Buffer> =>
  native.ioReadLfRange(path, offset, length);

/** Counters for metrics and tests. */
export const ioStats = () => native.ioStats();
