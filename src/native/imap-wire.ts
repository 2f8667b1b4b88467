// Façade of native/imap: command tokenizer and response assembly.
//
// All calls are synchronous and linear in their input. Arguments are borrowed for the call; results are new. A wrong argument
// type is a TypeError, that is our bug; no octet of a peer makes a call throw.

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
  /** `* uid UIDFETCH (…)` in place of `* seq FETCH (UID uid …)` (RFC 9586 3.3). */
  readonly uidOnly?: boolean;
}

interface Native {
  imapTokenize(fragment: Uint8Array, continuesSection: boolean): TokenizedFragment;
  imapFlagRows(rows: FlagRows, from: number, to: number): Buffer;
  imapString(text: Uint8Array, allowEightBit: boolean): Buffer;
  imapSequenceSet(numbers: Uint32Array): string;
  imapNumberList(word: string, numbers: Uint32Array): Buffer;
}
const native = addon as unknown as Native;

/**
 * Splits one fragment, a line without its CRLF. A literal marker is only recognised at its end. Never throws on input; tokens
 * are at most one more than the octets, so the bound of a line bounds the work. `continuesSection`: the previous fragment's
 * literal stood inside a section (TokenFlag.openSection before it).
 */
export const tokenizeFragment = (fragment: Uint8Array, continuesSection = false): TokenizedFragment =>
  native.imapTokenize(fragment, continuesSection);

/**
 * `* n FETCH (UID u FLAGS (…) MODSEQ (m))` lines for rows [from, to), which must lie inside the columns. Keyword names that
 * are not atoms are left out: written by another program, they must not break or forge a response (I06).
 */
export const formatFlagRows = (rows: FlagRows, from: number, to: number): Buffer =>
  native.imapFlagRows(rows, from, to);

/**
 * An IMAP string: quoted when at most 512 octets without CR, LF and NUL, else a literal `{n}CRLF…` of the same octets.
 * 8-bit text is quoted only with `allowEightBit`: valid UTF-8 for a client that enabled UTF8=ACCEPT (RFC 6855 3).
 */
export const formatString = (text: Uint8Array, allowEightBit = false): Buffer =>
  native.imapString(text, allowEightBit);

/** Ascending numbers as a sequence-set: 1:3,7,9:10. Empty input gives ''. */
export const formatSequenceSet = (numbers: Uint32Array): string => native.imapSequenceSet(numbers);

/** `SEARCH 1 2 3`, or another word before the numbers (SORT); the word alone when there are none (RFC 3501 7.2.5). */
export const formatNumberList = (numbers: Uint32Array, word = 'SEARCH'): Buffer =>
  native.imapNumberList(word, numbers);
