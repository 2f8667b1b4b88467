// Façade of native/maildir's directory scan and file-name codec.

import { addon } from './addon.ts';

/**
 * The entries of one Maildir `new` or `cur` directory as columns, sorted by base name (octet order).
 * Dot files and directories are left out.
 */
export interface MaildirScan {
  readonly count: number;
  /** Directory mtime before the scan began, nanoseconds. */
  readonly mtimeNs: bigint;
  /** All full file names, UTF-8/octets, back to back. */
  readonly names: Buffer;
  /** count+1 offsets into `names`. */
  readonly nameOffsets: Uint32Array;
  /** Length of the base (up to and without `:2,`) of each name. */
  readonly baseLengths: Uint16Array;
  /** S= value or -1. */
  readonly sizes: Float64Array;
  /** W= value or -1. */
  readonly virtualSizes: Float64Array;
  /** Bit 0 Answered (R), 1 Flagged (F), 2 Deleted (T), 3 Seen (S), 4 Draft (D), bits 5..30 keyword letters a..z. */
  readonly flags: Uint32Array;
}

interface Native {
  maildirScan(path: string): Promise<MaildirScan>;
  /** Physical size and CRLF size of a file (every bare LF counted as two octets), and its mtime. */
  maildirMeasure(path: string): Promise<{ sizeBytes: number; virtualSizeBytes: number; mtimeMs: number }>;
}
const native = addon as unknown as Native;

/** Reads a directory off the event loop. Rejects with ENOENT when it is missing. */
export const scanDirectory = (path: string): Promise<MaildirScan> => native.maildirScan(path);

/** Reads a whole file to learn its sizes; only needed when the name has no S= and W=. */
export const measureFile = (path: string) => native.maildirMeasure(path);
