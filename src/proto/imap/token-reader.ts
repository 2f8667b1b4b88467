// Pull reader over the tokens of one command: what every command's parser is written with.
//
// `takeX` returns undefined and does not move when the next token is not an X; `expectX` throws a BAD that names what was
// expected. The reader owns no bytes: fragments and literals are pushed by the session and live as long as the command.
// Spacing is checked here: tokens that follow a space must be reached through `takeSpace`/`expectSpace`.

import type { MailboxName } from '../../base/brands.ts';
import { bad, type ImapFault } from './fault.ts';
import { decodeMailboxName, maxMailboxNameBytes } from './mailbox-name.ts';
import { parseSequenceSet, type SequenceSet } from './sequence-set.ts';
import { TokenColumn, TokenFlag, type TokenizedFragment, TokenKind, tokenColumns } from './token.ts';

/** A tokenised line and the octets it was made of. */
export interface CommandFragment extends TokenizedFragment {
  readonly octets: Buffer;
}

/** What the reader needs to know of the session. */
export interface ReaderOptions {
  /** UTF8=ACCEPT is enabled: 8-bit quoted strings and UTF-8 mailbox names are allowed (RFC 6855). */
  readonly utf8: boolean;
  /** Elements that a sequence set may have. */
  readonly maxRanges: number;
}

/** Announced literal at the end of the last fragment. */
export interface LiteralMark {
  readonly sizeBytes: number;
  readonly nonSync: boolean;
  readonly binary: boolean;
}

interface Token {
  readonly kind: number;
  readonly flags: number;
  readonly fragment: CommandFragment;
  readonly start: number;
  readonly end: number;
}

// RFC 9051 9: atom-specials; resp-specials (`]`) are left out of ASTRING-CHAR's exclusions.
const atomPattern = /^[\x21\x23\x24\x26\x27\x2b-\x5b\x5e-\x7a\x7c-\x7e]+$/;
const astringPattern = /^[\x21\x23\x24\x26\x27\x2b-\x5b\x5d-\x7a\x7c-\x7e]+$/;
const tagPattern = /^[\x21\x23\x24\x26\x27\x2c-\x5b\x5d-\x7a\x7c-\x7e]+$/;
const listMailboxPattern = /^[\x21\x23-\x27\x2a-\x5b\x5d-\x7a\x7c-\x7e]+$/;
const numberPattern = /^\d{1,16}$/;

export class TokenReader {
  readonly options: ReaderOptions;
  readonly #fragments: CommandFragment[] = [];
  /** Data of the literal that ends fragment i; undefined while it was not collected. */
  readonly #literals: (Buffer | undefined)[] = [];
  #fragmentIndex = 0;
  #tokenIndex = 0;
  #spaceTaken = false;

  constructor(options: ReaderOptions) {
    this.options = options;
  }

  // --- filled by the session -------------------------------------------------------------------------------------------

  /** Adds the next line of the command. Returns the BAD when the tokenizer refused it: tokens before it can be read. */
  push(fragment: CommandFragment): ImapFault | undefined {
    this.#fragments.push(fragment);
    this.#literals.push(undefined);
    if (fragment.errorAt < 0) return undefined;
    return bad(`Invalid character, space or quoting at column ${fragment.errorAt + 1}`);
  }

  /** Data of the literal that ends the last line. */
  pushLiteral(data: Buffer): void {
    this.#literals[this.#fragments.length - 1] = data;
  }

  /** The literal that ends the last line and was not pushed yet. */
  get announcedLiteral(): LiteralMark | undefined {
    const last = this.#fragments.length - 1;
    const fragment = this.#fragments[last];
    if (fragment === undefined || fragment.count === 0 || this.#literals[last] !== undefined)
      return undefined;
    const row = (fragment.count - 1) * tokenColumns;
    if (fragment.tokens[row + TokenColumn.kind] !== TokenKind.literal) return undefined;
    const flags = fragment.tokens[row + TokenColumn.flags]!;
    return {
      sizeBytes: fragment.tokens[row + TokenColumn.number]!,
      nonSync: (flags & TokenFlag.nonSync) !== 0,
      binary: (flags & TokenFlag.binary) !== 0,
    };
  }

  /** True when the literal that ends the last line stands in a section's header list, so the next line continues it. */
  get endsInsideSection(): boolean {
    const fragment = this.#fragments[this.#fragments.length - 1];
    if (fragment === undefined || fragment.count < 2) return false;
    const flags = fragment.tokens[(fragment.count - 2) * tokenColumns + TokenColumn.flags]!;
    return (flags & TokenFlag.openSection) !== 0;
  }

  /** True when the next token is the announced literal, perhaps behind a space: all before it was consumed. */
  get isAtAnnouncedLiteral(): boolean {
    const token = this.#peek();
    return token !== undefined && token.kind === TokenKind.literal && this.announcedLiteral !== undefined
      ? this.#fragmentIndex === this.#fragments.length - 1
      : false;
  }

  /** Moves behind the announced literal, whose octets went elsewhere (APPEND). */
  skipAnnouncedLiteral(): void {
    this.pushLiteral(Buffer.alloc(0));
    this.#advance();
  }

  // --- spaces and punctuation -------------------------------------------------------------------------------------------

  /** True when nothing is left. */
  get isAtEnd(): boolean {
    return this.#peek() === undefined;
  }

  expectEnd(): void {
    if (!this.isAtEnd) throw bad('Unexpected argument at the end of the command');
  }

  /** Takes the single space before the next token. */
  takeSpace(): boolean {
    const token = this.#peek();
    if (token === undefined || this.#spaceTaken || (token.flags & TokenFlag.spaceBefore) === 0) return false;
    this.#spaceTaken = true;
    return true;
  }

  expectSpace(what = 'argument'): void {
    if (!this.takeSpace()) throw bad(`Missing ${what}`);
  }

  takeOpen(): boolean {
    return this.#takeKind(TokenKind.open) !== undefined;
  }

  expectOpen(what = 'list'): void {
    if (!this.takeOpen()) throw bad(`Expected "(" of ${what}`);
  }

  takeClose(): boolean {
    return this.#takeKind(TokenKind.close) !== undefined;
  }

  expectClose(what = 'list'): void {
    if (!this.takeClose()) throw bad(`Expected ")" of ${what}`);
  }

  /** `(` item *(SP item) `)`; with `allowEmpty` also `()`. `item` must consume its token; bounded by the line limit. */
  expectList<T>(what: string, item: () => T, allowEmpty = false): T[] {
    this.expectOpen(what);
    const items: T[] = [];
    if (this.takeClose()) {
      if (!allowEmpty) throw bad(`Empty ${what}`);
      return items;
    }
    do items.push(item());
    while (this.takeSpace());
    this.expectClose(what);
    return items;
  }

  /** True when the next token is `(`; does not move. */
  get isAtOpen(): boolean {
    return this.#ready()?.kind === TokenKind.open;
  }

  // --- words ------------------------------------------------------------------------------------------------------------

  /** A command's tag: ASTRING-CHARs except `+` (RFC 9051 9). */
  takeTag(): string | undefined {
    return this.#takeText(tagPattern);
  }

  /** An atom of ATOM-CHARs, as written. */
  takeAtom(): string | undefined {
    return this.#takeText(atomPattern);
  }

  expectAtom(what = 'atom'): string {
    return this.takeAtom() ?? this.#fail(what);
  }

  /** An atom in capitals, for names that have no case. */
  takeKeyword(): string | undefined {
    return this.takeAtom()?.toUpperCase();
  }

  expectKeyword(what = 'keyword'): string {
    return this.takeKeyword() ?? this.#fail(what);
  }

  /** Takes the next atom only if it is `word` (given in capitals) in any case. */
  takeWord(word: string): boolean {
    const token = this.#ready();
    if (token?.kind !== TokenKind.atom || text(token).toUpperCase() !== word) return false;
    this.#advance();
    return true;
  }

  /**
   * Any atom token as latin1 text, with its section brackets; literals of a section's header list stand in it as quoted
   * strings. Also what flags (`\Seen`), `*` and sequence sets are.
   */
  takeRawAtom(): string | undefined {
    const token = this.#ready();
    if (token?.kind !== TokenKind.atom) return undefined;
    let whole = text(token);
    let flags = token.flags;
    this.#advance();
    while ((flags & TokenFlag.openSection) !== 0) {
      whole += quote(this.#sectionLiteral());
      const rest = this.#peek();
      if (rest === undefined || (rest.flags & TokenFlag.continuedSection) === 0)
        throw bad('Unfinished section');
      whole += text(rest);
      flags = rest.flags;
      this.#advance();
    }
    return whole;
  }

  expectRawAtom(what = 'atom'): string {
    return this.takeRawAtom() ?? this.#fail(what);
  }

  // --- strings ----------------------------------------------------------------------------------------------------------

  /** A quoted string or collected literal: its octets, unescaped. */
  takeString(allowBinary = false): Buffer | undefined {
    const token = this.#ready();
    if (token === undefined) return undefined;
    if (token.kind === TokenKind.quoted) {
      // RFC 3501 9: QUOTED-CHAR is 7-bit; RFC 6855 3 lifts that.
      if ((token.flags & TokenFlag.eightBit) !== 0 && !this.options.utf8)
        throw bad('8-bit octet in a quoted string');
      this.#advance();
      return unquote(token);
    }
    if (token.kind !== TokenKind.literal) return undefined;
    // RFC 3516 4.2, RFC 6855 4: literal8 only where a command says so.
    if ((token.flags & TokenFlag.binary) !== 0 && !allowBinary)
      throw bad('Binary literal is not allowed here');
    const data = this.#literals[this.#fragmentIndex];
    if (data === undefined) throw bad('Literal is not allowed here');
    this.#advance();
    return data;
  }

  /** A string or a literal8, for values that may be binary (RFC 5464 5). */
  expectValue(what = 'value'): Buffer {
    return this.takeString(true) ?? this.#fail(what);
  }

  expectString(what = 'string'): Buffer {
    return this.takeString() ?? this.#fail(what);
  }

  /** An astring: atom (with `]`), quoted string or literal. */
  takeAstring(): Buffer | undefined {
    const string = this.takeString();
    if (string !== undefined) return string;
    const atom = this.#takeText(astringPattern);
    return atom === undefined ? undefined : Buffer.from(atom, 'latin1');
  }

  expectAstring(what = 'string'): Buffer {
    return this.takeAstring() ?? this.#fail(what);
  }

  /** NIL as undefined, or a string. */
  expectNstring(what = 'string'): Buffer | undefined {
    return this.takeWord('NIL') ? undefined : this.expectString(what);
  }

  /** A mailbox name in the server's form. BAD for wrong UTF-7, NO [CANNOT] for impossible names. */
  expectMailbox(what = 'mailbox name'): MailboxName {
    const octets = this.expectAstring(what);
    if (octets.length === 0) throw bad('Empty mailbox name');
    return decodeMailboxName(octets, this.options.utf8);
  }

  /**
   * A LIST pattern or reference as latin1 text of its wire octets; may be empty. It is compared with wire names, so a
   * pattern that is no valid name simply matches nothing.
   */
  expectListMailbox(what = 'mailbox pattern'): string {
    const octets = this.takeString();
    if (octets === undefined) return this.#takeText(listMailboxPattern) ?? this.#fail(what);
    if (octets.length > maxMailboxNameBytes * 4) throw bad(`The ${what} is too long`);
    return octets.toString('latin1');
  }

  // --- numbers ----------------------------------------------------------------------------------------------------------

  /** 0..2^32-1. */
  takeNumber(): number | undefined {
    const token = this.#ready();
    if (token?.kind !== TokenKind.atom) return undefined;
    const word = text(token);
    if (!numberPattern.test(word) || Number(word) > 4_294_967_295) return undefined;
    this.#advance();
    return Number(word);
  }

  expectNumber(what = 'number'): number {
    return this.takeNumber() ?? this.#fail(what);
  }

  /** mod-sequence-value, 0..2^63-1 (RFC 7162 7). Ours stay below 2^53, so anything larger comes back as 2^53-1. */
  expectModSeq(what = 'modification sequence'): number {
    const token = this.#ready();
    const word = token?.kind === TokenKind.atom ? text(token) : '';
    if (!/^\d{1,19}$/.test(word) || BigInt(word) > 0x7fff_ffff_ffff_ffffn) return this.#fail(what);
    this.#advance();
    return Math.min(Number(word), Number.MAX_SAFE_INTEGER);
  }

  /** A sequence-set of numbers and `*`. */
  expectSequenceSet(what = 'sequence set'): SequenceSet {
    const token = this.#ready();
    const set =
      token?.kind === TokenKind.atom ? parseSequenceSet(text(token), this.options.maxRanges) : undefined;
    if (set === undefined) return this.#fail(what);
    this.#advance();
    return set;
  }

  // --- inside -----------------------------------------------------------------------------------------------------------

  #peek(): Token | undefined {
    while (this.#fragmentIndex < this.#fragments.length) {
      const fragment = this.#fragments[this.#fragmentIndex]!;
      if (this.#tokenIndex < fragment.count) {
        const row = this.#tokenIndex * tokenColumns;
        return {
          kind: fragment.tokens[row + TokenColumn.kind]!,
          flags: fragment.tokens[row + TokenColumn.flags]!,
          fragment,
          start: fragment.tokens[row + TokenColumn.start]!,
          end: fragment.tokens[row + TokenColumn.end]!,
        };
      }
      if (this.#fragmentIndex + 1 === this.#fragments.length) return undefined;
      this.#fragmentIndex++;
      this.#tokenIndex = 0;
    }
    return undefined;
  }

  /** The next token if its space was taken or it has none. */
  #ready(): Token | undefined {
    const token = this.#peek();
    if (token === undefined) return undefined;
    return (token.flags & TokenFlag.spaceBefore) === 0 || this.#spaceTaken ? token : undefined;
  }

  #advance(): void {
    this.#tokenIndex++;
    this.#spaceTaken = false;
  }

  #takeKind(kind: TokenKind): Token | undefined {
    const token = this.#ready();
    if (token?.kind !== kind) return undefined;
    this.#advance();
    return token;
  }

  #takeText(pattern: RegExp): string | undefined {
    const token = this.#ready();
    if (token?.kind !== TokenKind.atom) return undefined;
    const word = text(token);
    if (!pattern.test(word)) return undefined;
    this.#advance();
    return word;
  }

  /** The literal between two pieces of a section; leaves the reader at the continuing atom. */
  #sectionLiteral(): Buffer {
    const token = this.#peek();
    const data = this.#literals[this.#fragmentIndex];
    if (token?.kind !== TokenKind.literal || data === undefined) throw bad('Unfinished section');
    this.#advance();
    return data;
  }

  #fail(what: string): never {
    throw bad(this.isAtEnd ? `Missing ${what}` : `Expected ${what}`);
  }
}

function text(token: Token): string {
  return token.fragment.octets.toString('latin1', token.start, token.end);
}

function unquote(token: Token): Buffer {
  const octets = token.fragment.octets.subarray(token.start, token.end);
  if ((token.flags & TokenFlag.escaped) === 0) return octets;
  return Buffer.from(octets.toString('latin1').replace(/\\(["\\])/g, '$1'), 'latin1');
}

function quote(octets: Buffer): string {
  const inner = octets.toString('latin1');
  // RFC 5322 2.2: a field name is printable ASCII; anything else would have to be quoted in the answer.
  if (!/^[\x21-\x7e]*$/.test(inner)) throw bad('Header field name has invalid characters');
  return `"${inner.replace(/["\\]/g, '\\$&')}"`;
}
