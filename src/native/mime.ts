// Façade of native/mime: total MIME parser, IMAP structure serialisation, header decoding. No input makes it fail;
// what exceeds a limit is kept as one opaque part and reported in `truncated`.

import { addon } from './addon.ts';

/** Bounds of one parse; see settings `mime.*` for defaults and reasons. */
export interface MimeLimits {
  readonly maxParts: number;
  readonly maxDepth: number;
  readonly maxHeaderBytes: number;
}

/** Columns of the flat part table; row 0 is the message itself, rows are in document order. */
export const partColumns = 10;
/** Index of each column inside a row of `parts`. Offsets count octets of the (CRLF) message. */
export const PartColumn = {
  headerStart: 0,
  bodyStart: 1,
  bodyEnd: 2,
  /** Row of the enclosing part, -1 for row 0. A message/rfc822 part's only child is the inner message's root row. */
  parent: 3,
  firstChild: 4,
  nextSibling: 5,
  /** 0 leaf, 1 multipart, 2 message/rfc822 or message/global. */
  kind: 6,
  /** 0 7bit, 1 8bit, 2 binary, 3 quoted-printable, 4 base64, 5 other/unknown. */
  encoding: 7,
  /** Lines of the body as BODYSTRUCTURE counts them. */
  lines: 8,
  /** Octets after decoding the transfer encoding (BINARY.SIZE), -1 when the encoding is unknown. */
  decodedSize: 9,
} as const;

/** Everything an IMAP server needs about one message, ready to send. */
export interface MimeDescription {
  readonly sizeBytes: number;
  /** `(date subject from sender reply-to to cc bcc in-reply-to message-id)` as FETCH ENVELOPE sends it. */
  readonly envelope: Buffer;
  /** The non-extensible BODY form. */
  readonly body: Buffer;
  readonly bodyStructure: Buffer;
  /** partColumns values a row. */
  readonly parts: Float64Array;
  /**
   * The message's own header octets with the empty line (CRLF as the offsets count), at most maxHeaderBytes: fields that do
   * not fit are left out whole.
   */
  readonly header: Buffer;
  /** Date: field as Unix ms and the zone offset in minutes; NaN when absent or unreadable. */
  readonly dateMs: number;
  readonly dateZoneMinutes: number;
  /** True when a limit cut the structure. */
  readonly truncated: boolean;
}

/** What searchFile looks into, folded; before each text (a field, a file name, a body) stands textSeparator. */
export interface SearchableTexts {
  /** Texts that only TEXT looks into. */
  readonly header: string;
  /** Texts that BODY looks into. */
  readonly body: string;
  /** False when texts were left out because of the bound. */
  readonly isWhole: boolean;
}

/** Stands in no match; what the texts hold of it, and NUL, is left as one. */
export const textSeparator = '\u0001';

interface Native {
  mimeDescribe(message: Uint8Array, limits: MimeLimits): MimeDescription;
  mimeDescribeFile(path: string, lfToCrlf: boolean, limits: MimeLimits): Promise<MimeDescription>;
  mimeHeaderFields(header: Uint8Array, names: string[], not: boolean): Buffer;
  mimeHeaderValue(header: Uint8Array, name: string): string[];
  mimeHeaderParameter(header: Uint8Array, field: string, parameter: string): string | null;
  mimeDecodeHeader(value: Uint8Array): string;
  mimeDecodeTransfer(body: Uint8Array, encoding: number): Buffer | null;
  mimeSearchFile(
    path: string,
    lfToCrlf: boolean,
    limits: MimeLimits,
    needle: string,
    includeHeader: boolean,
  ): Promise<boolean>;
  mimeTextsOfFile(
    path: string,
    lfToCrlf: boolean,
    limits: MimeLimits,
    maxBytes: number,
  ): Promise<SearchableTexts>;
  mimeFold(text: string): string;
  charsetDecode(bytes: Uint8Array, charset: string): string | null;
}
const native = addon as unknown as Native;

/** Parses a message in memory (tests, small messages). Synchronous. */
export const describeMessage = (message: Uint8Array, limits: MimeLimits): MimeDescription =>
  native.mimeDescribe(message, limits);

/**
 * Parses a file on a native thread, streaming with constant memory; `lfToCrlf` reads bare LF as CRLF. Rejects with the errno
 * name in `code` (ENOENT when it is gone, ELOOP for a symbolic link).
 */
export const describeFile = (path: string, lfToCrlf: boolean, limits: MimeLimits): Promise<MimeDescription> =>
  native.mimeDescribeFile(path, lfToCrlf, limits);

/** HEADER.FIELDS / HEADER.FIELDS.NOT: matching fields unchanged, in order, then the empty line (RFC 9051 6.4.5.1). */
export const selectHeaderFields = (header: Uint8Array, names: string[], not: boolean): Buffer =>
  native.mimeHeaderFields(header, names, not);

/** All values of a field, unfolded and RFC 2047-decoded, in order. */
export const headerValues = (header: Uint8Array, name: string): string[] =>
  native.mimeHeaderValue(header, name);

/**
 * Text of a parameter of the first such field, such as the file name in Content-Disposition: RFC 2231 segments and charsets,
 * misplaced RFC 2047 words, raw 8-bit in the charset of the part (E03). Null when there is none.
 */
export const headerParameter = (header: Uint8Array, field: string, parameter: string): string | null =>
  native.mimeHeaderParameter(header, field, parameter);

/** RFC 2047 decoding with neighbour joining and guessing of raw 8-bit (UTF-8, else CP1251/KOI8-R by frequency). */
export const decodeHeader = (value: Uint8Array): string => native.mimeDecodeHeader(value);

/** Decodes base64 / quoted-printable / identity; null for an unknown encoding (RFC 3516 [UNKNOWN-CTE]). */
export const decodeTransfer = (body: Uint8Array, encoding: number): Buffer | null =>
  native.mimeDecodeTransfer(body, encoding);

/**
 * IMAP TEXT (includeHeader) or BODY search on a native thread: decoded header fields and decoded text parts, compared
 * case-insensitively (Unicode simple folding, ё = е, any white space alike), substring. `needle` is Unicode text of at most
 * 1 MiB. BODY looks into the headers of attached messages, TEXT also into those of parts. Rejects as describeFile does.
 */
export const searchFile = (
  path: string,
  lfToCrlf: boolean,
  limits: MimeLimits,
  needle: string,
  includeHeader: boolean,
): Promise<boolean> => native.mimeSearchFile(path, lfToCrlf, limits, needle, includeHeader);

/**
 * All texts that searchFile would compare, at most `maxBytes` octets of UTF-8, on a native thread. Rejects as describeFile
 * does.
 */
export const searchableTexts = (
  path: string,
  lfToCrlf: boolean,
  limits: MimeLimits,
  maxBytes: number,
): Promise<SearchableTexts> => native.mimeTextsOfFile(path, lfToCrlf, limits, maxBytes);

/** The folding that searchFile applies, for comparing header values in TypeScript. */
export const foldForSearch = (text: string): string => native.mimeFold(text);

/**
 * Decodes a charset we know (UTF-8, US-ASCII, ISO-8859-1..16, windows-125x, KOI8-R/U, CP866, UTF-16, and CJK charsets where the
 * C library has them); null otherwise. What is no character becomes U+FFFD.
 */
export const decodeCharset = (bytes: Uint8Array, charset: string): string | null =>
  native.charsetDecode(bytes, charset);
