// Façade of native/imap: command tokenizer and response assembly.

import type { TokenizedFragment } from '../proto/imap/token.ts';
import { addon } from './addon.ts';

// What a token is stands in proto/imap/token.ts: the reader and the tokenizer obey the same page.
export {
  TokenColumn,
  TokenFlag,
  type TokenizedFragment,
  TokenKind,
  tokenColumns,
} from '../proto/imap/token.ts';

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
  imapTokenize(fragment: Uint8Array, continuesSection: boolean): TokenizedFragment;
  imapFlagRows(rows: FlagRows, from: number, to: number): Buffer;
  imapString(text: Uint8Array): Buffer;
  imapSequenceSet(numbers: Uint32Array): string;
}
const native = addon as unknown as Native;

/**
 * Splits one fragment. Literal markers are only recognised at its end. Never throws on input. `continuesSection`: the
 * previous fragment's literal stood inside a section (TokenFlag.openSection before it).
 */
export const tokenizeFragment = (fragment: Uint8Array, continuesSection = false): TokenizedFragment =>
  native.imapTokenize(fragment, continuesSection);

/** `* n FETCH (UID u FLAGS (…) MODSEQ (m))` lines for rows [from, to). */
export const formatFlagRows = (rows: FlagRows, from: number, to: number): Buffer =>
  native.imapFlagRows(rows, from, to);

/** An IMAP string: quoted when 7-bit without CR, LF, NUL and short, else a literal `{n}CRLF…`. */
export const formatString = (text: Uint8Array): Buffer => native.imapString(text);

/** Ascending numbers as a sequence-set: 1:3,7,9:10. Empty input gives ''. */
export const formatSequenceSet = (numbers: Uint32Array): string => native.imapSequenceSet(numbers);
