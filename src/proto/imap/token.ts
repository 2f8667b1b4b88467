// The token alphabet of IMAP command fragments, shared by the native tokenizer and the pull reader.
//
// A fragment is one line without its line end: the piece of a command before, between or after literals. The tokenizer
// turns it into rows of five Int32 (`tokenColumns`): kind, start, end, number, flags; offsets are octets of the fragment.
// What must hold (native/imap/tokenizer.h says the same):
//  - exactly one SP stands between tokens; missing, doubled and trailing spaces are faults of the fragment;
//  - there is no token for the end of the line; a literal is always the last token of its fragment;
//  - after BODY, BODY.PEEK, BINARY, BINARY.PEEK and BINARY.SIZE a closed `[...]` belongs to the atom with its spaces,
//    parentheses and quoted strings; everywhere else brackets are ordinary atom octets. A literal inside the header list of
//    such a section leaves the atom with `openSection`, and the next fragment begins with a `continuedSection` atom.

/** Kinds of token. */
export const TokenKind = {
  /** Octets other than SP, CTL, `(`, `)`, `{`, `"`: flags, sequence sets, `*`, `%` and `]` stay whole. */
  atom: 0,
  /** Text between quotes (start and end are inside them); still escaped if the `escaped` flag is set. */
  quoted: 1,
  /** `{n}`, `{n+}`, `~{n}`, `~{n+}` at the end of the fragment; the number column holds n, saturated at 2^31-1. */
  literal: 2,
  open: 3,
  close: 4,
} as const;
export type TokenKind = (typeof TokenKind)[keyof typeof TokenKind];

/** Bits of the flags column. */
export const TokenFlag = {
  /** A quoted string with a backslash escape. */
  escaped: 1,
  /** Literal whose octets come without a continuation request (RFC 7888). */
  nonSync: 2,
  /** literal8 (RFC 3516). */
  binary: 4,
  spaceBefore: 8,
  /** An octet above 127 in the atom or quoted string. */
  eightBit: 16,
  openSection: 32,
  continuedSection: 64,
} as const;

/** Int32 values a token. */
export const tokenColumns = 5;
/** Index of each column. */
export const TokenColumn = { kind: 0, start: 1, end: 2, number: 3, flags: 4 } as const;

/** Value of a literal's number column that stands for "this or more". */
export const maxLiteralNumber = 2_147_483_647;

/** Tokens of one command fragment. */
export interface TokenizedFragment {
  readonly tokens: Int32Array;
  /** Tokens before the fault, if any. */
  readonly count: number;
  /** Offset of the first offending octet, or -1. */
  readonly errorAt: number;
}
