// Façade of native/maildir's directory scan, file-name codec and Dovecot list parsers.

import { addon } from './addon.ts';

/**
 * The entries of one Maildir `new` or `cur` directory as columns, sorted by base name (octet order).
 * Dot files, directories and special files are left out. A file renamed meanwhile may appear under either name, both or none.
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

/** What `dovecot-uidlist` says. Everything before the first bad line; nothing (uidValidity 0) when the header is bad. */
export interface UidList {
  /** 3 or 1; 0 with a bad header. */
  readonly version: number;
  readonly uidValidity: number;
  /** Larger than every UID in the list. */
  readonly uidNext: number;
  /** Ascending. */
  readonly uids: Uint32Array;
  /** Base names (octets, without `:2,…`), back to back. */
  readonly names: Buffer;
  /** uids.length + 1 offsets into `names`. */
  readonly nameOffsets: Uint32Array;
  /** 1-based number of the first bad line, -1 when all are good. */
  readonly errorLine: number;
}

/** What `dovecot-keywords` says: keyword of letter a, b, … ('' where a letter has none). */
export interface KeywordList {
  readonly names: readonly string[];
  /** 1-based number of the first bad line, -1 when all are good. */
  readonly errorLine: number;
}

interface Native {
  maildirScan(path: string): Promise<MaildirScan>;
  /** Physical size and CRLF size of a file (every bare LF counted as two octets), and its mtime. */
  maildirMeasure(path: string): Promise<{ sizeBytes: number; virtualSizeBytes: number; mtimeMs: number }>;
  maildirParseUidList(text: Uint8Array): UidList;
  maildirParseKeywords(text: Uint8Array): KeywordList;
  maildirWithFlags(name: string, flags: number): string;
}
const native = addon as unknown as Native;

/** Reads a directory off the event loop. Rejects with ENOENT when it is missing. */
export const scanDirectory = (path: string): Promise<MaildirScan> => native.maildirScan(path);

/** Reads a whole file to learn its sizes; only needed when the name has no S= and W=. */
export const measureFile = (path: string) => native.maildirMeasure(path);

/** Parses the content of `dovecot-uidlist` (version 3 or 1). Never throws on content. */
export const parseUidList = (text: Uint8Array): UidList => native.maildirParseUidList(text);

/** Parses the content of `dovecot-keywords`. Never throws on content. */
export const parseKeywords = (text: Uint8Array): KeywordList => native.maildirParseKeywords(text);

/** The name with exactly these flags (bits as in MaildirScan.flags), sorted; unknown letters and later fields are kept. */
export const withFlags = (name: string, flags: number): string => native.maildirWithFlags(name, flags);
