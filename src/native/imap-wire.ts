// Façade of native/imap: command tokenizer and response assembly.

import { addon } from './addon.ts';

/** Kinds of token. */
export const TokenKind = {
  /** Octets without SP, CTL, ( ) { " — so flags (\Seen), sequence sets, BODY[1.MIME]<0.5> and * and % stay one atom;
   * inside [ ] spaces, parentheses, quoted strings and brackets belong to the atom. */
  atom: 0,
  /** Text between quotes, still escaped only if `escaped` is set in the flags column. */
  quoted: 1,
  /** `{n}` or `{n+}` or `~{n}` at the end of the fragment; number column holds n. */
  literal: 2,
  open: 3,
  close: 4,
  /** One or more missing/doubled spaces are reported as an error, a single space is implied between tokens. */
  end: 5,
} as const;

/** Bits of the flags column. */
export const TokenFlag = { escaped: 1, nonSync: 2, binary: 4, spaceBefore: 8, eightBit: 16 } as const;

/** Tokens of one command fragment (a line without its CRLF); 5 Int32 a token: kind, start, end, number, flags. */
export interface TokenizedFragment {
  readonly tokens: Int32Array;
  readonly count: number;
  /** Offset of the first offending octet, or -1. */
  readonly errorAt: number;
}

/** One row of FETCH answers to be assembled natively. */
export interface FlagRows {
  readonly seqs: Uint32Array;
  readonly uids: Uint32Array;
  /** Bits as in MaildirScan.flags; bit 31 = \Recent. */
  readonly flags: Uint32Array;
  readonly modSeqs: Float64Array;
  readonly keywordNames: readonly string[];
  readonly withUid: boolean;
  readonly withModSeq: boolean;
}

interface Native {
  imapTokenize(fragment: Uint8Array): TokenizedFragment;
  imapFlagRows(rows: FlagRows, from: number, to: number): Buffer;
  imapString(text: Uint8Array): Buffer;
  imapSequenceSet(numbers: Uint32Array): string;
}
const native = addon as unknown as Native;

/** Splits one fragment. Literal markers are only recognised at its end. Never throws on input. */
export const tokenizeFragment = (fragment: Uint8Array): TokenizedFragment => native.imapTokenize(fragment);

/** `* n FETCH (UID u FLAGS (…) MODSEQ (m))` lines for rows [from, to). */
export const formatFlagRows = (rows: FlagRows, from: number, to: number): Buffer =>
  native.imapFlagRows(rows, from, to);

/** An IMAP string: quoted when 7-bit without CR, LF, NUL and short, else a literal `{n}CRLF…`. */
export const formatString = (text: Uint8Array): Buffer => native.imapString(text);

/** Ascending numbers as a sequence-set: 1:3,7,9:10. Empty input gives ''. */
export const formatSequenceSet = (numbers: Uint32Array): string => native.imapSequenceSet(numbers);
