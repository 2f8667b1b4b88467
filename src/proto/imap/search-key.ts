// Arguments of SEARCH (RFC 9051 6.4.4, RFC 4731 ESEARCH, RFC 7162 3.1.5 MODSEQ): tokens in, a tree of keys out.
//
// The parser keeps its own stack, so depth costs no more than length, which the command line bounds. Chains are flattened:
// AND within AND, OR within OR, NOT NOT. Strings are decoded here through a function that the caller chooses by charset
// name, so the tree holds Unicode only. NEW and OLD become what RFC 3501 says they mean.

import { type DayNumber, parseDate } from './date.ts';
import { bad } from './fault.ts';
import { type SearchReturns, takeReturns } from './search-return.ts';
import { parseSequenceSet, type SequenceSet } from './sequence-set.ts';
import type { TokenReader } from './token-reader.ts';

export type SystemFlagName = 'answered' | 'deleted' | 'draft' | 'flagged' | 'seen';
export type DayTest = 'before' | 'on' | 'since';

export type SearchKey =
  | { readonly kind: 'all' }
  | { readonly kind: 'flag'; readonly flag: SystemFlagName }
  | { readonly kind: 'recent' }
  | { readonly kind: 'keyword'; readonly name: string }
  | { readonly kind: 'seqs'; readonly set: SequenceSet }
  | { readonly kind: 'uids'; readonly set: SequenceSet }
  | { readonly kind: 'larger'; readonly bytes: number }
  | { readonly kind: 'smaller'; readonly bytes: number }
  | { readonly kind: 'internal-date'; readonly test: DayTest; readonly day: DayNumber }
  | { readonly kind: 'sent-date'; readonly test: DayTest; readonly day: DayNumber }
  | { readonly kind: 'save-date'; readonly test: DayTest; readonly day: DayNumber }
  /** INTERNALDATE within the last `seconds`, or before (RFC 5032). */
  | { readonly kind: 'younger' | 'older'; readonly seconds: number }
  /** The mailbox keeps SAVEDATE (RFC 8514 4.3). */
  | { readonly kind: 'save-date-kept' }
  /** Result of an earlier SEARCH (RFC 5182). */
  | { readonly kind: 'saved' }
  | { readonly kind: 'email-id' | 'thread-id'; readonly id: string }
  /** Field contains `text`; an empty text asks whether the field exists. */
  | { readonly kind: 'header'; readonly name: string; readonly text: string }
  | { readonly kind: 'text'; readonly scope: 'body' | 'message'; readonly text: string }
  /** `field` is a header field or `body` or `message`: word forms count as the word (RFC 6203). */
  | { readonly kind: 'fuzzy'; readonly field: string; readonly text: string }
  | { readonly kind: 'modseq'; readonly atLeast: number }
  | { readonly kind: 'and'; readonly keys: readonly SearchKey[] }
  | { readonly kind: 'or'; readonly keys: readonly SearchKey[] }
  | { readonly kind: 'not'; readonly key: SearchKey };

export interface SearchArguments {
  readonly key: SearchKey;
  /** Result options of ESEARCH; undefined asks for the old SEARCH response. */
  readonly returns: SearchReturns | undefined;
  /** A MODSEQ key occurs: the answer carries a modification sequence (RFC 7162 3.1.5). */
  readonly usesModSeq: boolean;
  /** Message numbers occur among the keys: refused once UIDONLY is on (RFC 9586 3.4). */
  readonly usesSeqs: boolean;
  /** Keys, operators and parentheses read: what the caller bounds. */
  readonly keyCount: number;
}

export interface SearchParserOptions {
  /** Decoder for a charset name, undefined = none was named. Throws NO [BADCHARSET]; the decoder throws BAD. */
  readonly charset: (name: string | undefined) => (octets: Buffer) => string;
}

interface Frame {
  readonly kind: 'root' | 'list' | 'or' | 'not' | 'fuzzy';
  readonly keys: SearchKey[];
}

/** A gate under construction: flattening adds to the larger side, so that long chains stay linear. */
type OpenGate = { readonly kind: 'and' | 'or'; readonly keys: SearchKey[] };

const flagKeys: ReadonlyMap<string, SystemFlagName> = new Map([
  ['ANSWERED', 'answered'],
  ['DELETED', 'deleted'],
  ['DRAFT', 'draft'],
  ['FLAGGED', 'flagged'],
  ['SEEN', 'seen'],
]);
const dayTests: ReadonlyMap<string, DayTest> = new Map([
  ['BEFORE', 'before'],
  ['ON', 'on'],
  ['SINCE', 'since'],
]);
const headerKeys: ReadonlySet<string> = new Set(['BCC', 'CC', 'FROM', 'SUBJECT', 'TO']);
/** Reads everything after the command name, or from the first word when its space was taken already. BAD for grammar, NO [BADCHARSET] from `options`. */
export function expectSearch(
  tokens: TokenReader,
  options: SearchParserOptions,
  isBehindSpace = false,
): SearchArguments {
  if (!isBehindSpace) tokens.expectSpace('search key');
  const returns = takeReturns(tokens);
  if (returns !== undefined) tokens.expectSpace('search key');
  let charset: string | undefined;
  if (tokens.takeWord('CHARSET')) {
    tokens.expectSpace('charset');
    charset = tokens.expectAstring('charset').toString('latin1');
    tokens.expectSpace('search key');
  }
  return { ...expectSearchKeys(tokens, options.charset(charset)), returns };
}

/** Search keys to the end of the command, in a charset named before (SORT, THREAD). */
export function expectSearchKeys(
  tokens: TokenReader,
  decode: (octets: Buffer) => string,
): Omit<SearchArguments, 'returns'> {
  const parser = new SearchParser(tokens, decode);
  const key = parser.parse();
  tokens.expectEnd();
  const { usesModSeq, usesSeqs, keyCount } = parser;
  return { key, usesModSeq, usesSeqs, keyCount };
}

class SearchParser {
  usesModSeq = false;
  usesSeqs = false;
  keyCount = 0;
  readonly #tokens: TokenReader;
  readonly #decode: (octets: Buffer) => string;
  readonly #stack: Frame[] = [{ kind: 'root', keys: [] }];

  constructor(tokens: TokenReader, decode: (octets: Buffer) => string) {
    this.#tokens = tokens;
    this.#decode = decode;
  }

  parse(): SearchKey {
    let spaceTaken = true;
    for (;;) {
      if (!spaceTaken) this.#tokens.expectSpace('search key');
      spaceTaken = false;
      this.keyCount++;
      if (this.#tokens.takeOpen()) {
        this.#stack.push({ kind: 'list', keys: [] });
        spaceTaken = true;
        continue;
      }
      const word = this.#tokens.expectRawAtom('search key');
      const name = word.toUpperCase();
      if (name === 'NOT' || name === 'OR' || name === 'FUZZY') {
        this.#stack.push({ kind: name === 'NOT' ? 'not' : name === 'OR' ? 'or' : 'fuzzy', keys: [] });
        continue;
      }
      this.#deliver(this.#leaf(word, name));
      const top = this.#stack[this.#stack.length - 1]!;
      if (top.kind === 'root' && this.#tokens.isAtEnd) return combine('and', top.keys);
    }
  }

  /** Hands a finished key to the frames above, closing all that are complete. */
  #deliver(finished: SearchKey): void {
    let key = finished;
    for (;;) {
      const top = this.#stack[this.#stack.length - 1]!;
      top.keys.push(key);
      const complete =
        top.kind === 'not' ||
        top.kind === 'fuzzy' ||
        (top.kind === 'or' && top.keys.length === 2) ||
        (top.kind === 'list' && this.#tokens.takeClose());
      if (!complete) return;
      this.#stack.pop();
      if (top.kind === 'fuzzy') key = makeFuzzy(key);
      else key = top.kind === 'not' ? negate(key) : combine(top.kind === 'or' ? 'or' : 'and', top.keys);
    }
  }

  #leaf(word: string, name: string): SearchKey {
    if (word === '$') return { kind: 'saved' };
    if (/^[\d*]/.test(word)) {
      this.usesSeqs = true;
      return { kind: 'seqs', set: this.#sequenceSet(word) };
    }
    const unName = name.startsWith('UN') ? name.slice(2) : undefined;
    const flag = flagKeys.get(unName ?? name);
    if (flag !== undefined) return negateIf(unName !== undefined, { kind: 'flag', flag });
    const sent = name.startsWith('SENT');
    const test = dayTests.get(sent ? name.slice(4) : name);
    if (test !== undefined) return { kind: sent ? 'sent-date' : 'internal-date', test, day: this.#date() };
    const saveTest = name.startsWith('SAVED') ? dayTests.get(name.slice(5)) : undefined;
    if (saveTest !== undefined) return { kind: 'save-date', test: saveTest, day: this.#date() };
    if (headerKeys.has(name)) return { kind: 'header', name: name.toLowerCase(), text: this.#string() };
    return this.#otherLeaf(name);
  }

  #otherLeaf(name: string): SearchKey {
    switch (name) {
      case 'ALL':
        return { kind: 'all' };
      case 'RECENT':
        return { kind: 'recent' };
      case 'NEW':
        // RFC 3501 6.4.4: NEW is (RECENT UNSEEN), OLD is NOT RECENT.
        return combine('and', [{ kind: 'recent' }, negate({ kind: 'flag', flag: 'seen' })]);
      case 'OLD':
        return negate({ kind: 'recent' });
      case 'KEYWORD':
      case 'UNKEYWORD':
        return negateIf(name === 'UNKEYWORD', { kind: 'keyword', name: this.#keyword() });
      case 'LARGER':
      case 'SMALLER':
        return { kind: name === 'LARGER' ? 'larger' : 'smaller', bytes: this.#number() };
      case 'UID':
        this.#tokens.expectSpace('UID set');
        return this.#uidSet();
      case 'OLDER':
      case 'YOUNGER':
        return { kind: name === 'OLDER' ? 'older' : 'younger', seconds: this.#interval() };
      case 'SAVEDATESUPPORTED':
        return { kind: 'save-date-kept' };
      case 'EMAILID':
      case 'THREADID':
        return { kind: name === 'EMAILID' ? 'email-id' : 'thread-id', id: this.#objectId() };
      case 'HEADER':
        return { kind: 'header', name: this.#fieldName(), text: this.#string() };
      case 'BODY':
      case 'TEXT':
        return { kind: 'text', scope: name === 'BODY' ? 'body' : 'message', text: this.#string() };
      case 'MODSEQ':
        return this.#modSeq();
      default:
        throw bad('Unknown search key');
    }
  }

  #modSeq(): SearchKey {
    this.usesModSeq = true;
    this.#tokens.expectSpace('modification sequence');
    // RFC 7162 3.1.5: an entry name and type may come first; ours are kept a message, which the RFC allows.
    if (this.#tokens.takeString() !== undefined) {
      this.#tokens.expectSpace('entry type');
      const type = this.#tokens.expectKeyword('entry type');
      if (type !== 'ALL' && type !== 'PRIV' && type !== 'SHARED') throw bad('Unknown entry type');
      this.#tokens.expectSpace('modification sequence');
    }
    return { kind: 'modseq', atLeast: this.#tokens.expectModSeq() };
  }

  #sequenceSet(word: string): SequenceSet {
    const set = parseSequenceSet(word, this.#tokens.options.maxRanges);
    if (set === undefined) throw bad('Invalid message set');
    return set;
  }

  #uidSet(): SearchKey {
    const set = this.#sequenceSet(this.#tokens.expectRawAtom('UID set'));
    return set.saved === true ? { kind: 'saved' } : { kind: 'uids', set };
  }

  /** RFC 5032 4: nz-number of seconds. */
  #interval(): number {
    const seconds = this.#number();
    if (seconds === 0) throw bad('The interval is at least one second');
    return seconds;
  }

  /** RFC 8474 7: letters, digits, `_` and `-`. */
  #objectId(): string {
    this.#tokens.expectSpace('object id');
    const id = this.#tokens.expectAstring('object id').toString('latin1');
    if (!/^[A-Za-z0-9_-]{1,255}$/.test(id)) throw bad('Invalid object id');
    return id;
  }

  #date(): DayNumber {
    this.#tokens.expectSpace('date');
    const day = parseDate(this.#tokens.expectAstring('date').toString('latin1'));
    if (day === undefined) throw bad('Invalid date');
    return day;
  }

  #string(): string {
    this.#tokens.expectSpace('search string');
    return this.#decode(this.#tokens.expectAstring('search string'));
  }

  #fieldName(): string {
    this.#tokens.expectSpace('field name');
    return this.#tokens.expectAstring('field name').toString('latin1');
  }

  #keyword(): string {
    this.#tokens.expectSpace('keyword');
    return this.#tokens.expectAtom('keyword');
  }

  #number(): number {
    this.#tokens.expectSpace('number');
    return this.#tokens.expectNumber();
  }
}

/** FUZZY before a key: texts become fuzzy, all other keys stay what they are (RFC 6203 3). Walks with its own stack. */
function makeFuzzy(root: SearchKey): SearchKey {
  const leaf = (key: SearchKey): SearchKey => {
    if (key.kind === 'text' && key.text !== '') return { kind: 'fuzzy', field: key.scope, text: key.text };
    if (key.kind === 'header' && key.text !== '') return { kind: 'fuzzy', field: key.name, text: key.text };
    return key;
  };
  const outputs: SearchKey[] = [];
  const work: { readonly key: SearchKey; readonly entered: boolean }[] = [{ key: root, entered: false }];
  for (let item = work.pop(); item !== undefined; item = work.pop()) {
    const { key, entered } = item;
    const inner = key.kind === 'not' ? [key.key] : key.kind === 'and' || key.kind === 'or' ? key.keys : [];
    if (inner.length === 0) outputs.push(leaf(key));
    else if (!entered) {
      work.push({ key, entered: true });
      for (const one of inner.toReversed()) work.push({ key: one, entered: false });
    } else {
      const made = outputs.splice(outputs.length - inner.length);
      outputs.push(key.kind === 'not' ? negate(made[0]!) : { kind: key.kind as 'and' | 'or', keys: made });
    }
  }
  return outputs[0]!;
}

function negate(key: SearchKey): SearchKey {
  return key.kind === 'not' ? key.key : { kind: 'not', key };
}

const negateIf = (negated: boolean, key: SearchKey): SearchKey => (negated ? negate(key) : key);

function combine(kind: 'and' | 'or', keys: readonly SearchKey[]): SearchKey {
  if (keys.length === 1) return keys[0]!;
  const gates = keys.filter((key): key is OpenGate => key.kind === kind);
  const largest = gates.reduce<OpenGate | undefined>(
    (most, gate) => (most === undefined || gate.keys.length > most.keys.length ? gate : most),
    undefined,
  );
  const joined: OpenGate = largest ?? { kind, keys: [] };
  for (const key of keys) {
    if (key === joined) continue;
    if (key.kind !== kind) joined.keys.push(key);
    else for (const inner of key.keys) joined.keys.push(inner);
  }
  return joined;
}
