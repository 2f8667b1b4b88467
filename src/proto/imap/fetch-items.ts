// Data items of FETCH (RFC 9051 6.4.5, RFC 3516, RFC 7162 3.1.4): tokens in, a list of what to send out.
//
// Every item carries the label under which its answer is sent; items with the same label are sent once. Refuses part number
// 0, MIME without a part number and an empty field list; whether a part exists is the message's business. The
// text of a section comes as one atom (see token.ts), literals already turned into quoted strings.

import { bad } from './fault.ts';
import { expectPartial, type PartialRange } from './search-return.ts';
import type { TokenReader } from './token-reader.ts';

/** What of a part is meant; `whole` is its body, or the whole message without a part number. */
export type SectionText = 'whole' | 'header' | 'fields' | 'fields-not' | 'text' | 'mime';

export interface Section {
  readonly path: readonly number[];
  readonly text: SectionText;
  /** Field names of HEADER.FIELDS and HEADER.FIELDS.NOT, as sent. */
  readonly names: readonly string[];
}

/** `<origin.length>`, octets. */
export interface Partial {
  readonly origin: number;
  readonly length: number;
}

export interface PlainItem {
  readonly kind: 'flags' | 'uid' | 'internaldate' | 'size' | 'envelope' | 'body' | 'bodystructure' | 'modseq';
  readonly label: string;
}
/** What the store keeps beside the message (RFC 8474, RFC 8514, RFC 8970). */
export interface NoteItem {
  readonly kind: 'email-id' | 'thread-id' | 'save-date' | 'preview';
  readonly label: string;
}
export interface SectionItem {
  readonly kind: 'section';
  readonly label: string;
  readonly section: Section;
  readonly partial: Partial | undefined;
  /** False for the PEEK forms and RFC822.HEADER: \Seen is left alone. */
  readonly setsSeen: boolean;
}
export interface BinaryItem {
  readonly kind: 'binary' | 'binary-size';
  readonly label: string;
  readonly path: readonly number[];
  readonly partial: Partial | undefined;
  readonly setsSeen: boolean;
}
export type FetchItem = PlainItem | NoteItem | SectionItem | BinaryItem;

/** Arguments of FETCH after the sequence set. */
export interface FetchItems {
  readonly items: readonly FetchItem[];
  /** CHANGEDSINCE of RFC 7162 3.1.4.1; undefined when absent. */
  readonly changedSince: number | undefined;
  /** VANISHED of RFC 7162 3.2.6 beside CHANGEDSINCE. */
  readonly vanished: boolean;
  /** PARTIAL of RFC 9394 3.3: a window of what would be answered. */
  readonly partial: PartialRange | undefined;
}

const plainKinds: ReadonlyMap<string, PlainItem['kind'] | NoteItem['kind']> = new Map<
  string,
  PlainItem['kind'] | NoteItem['kind']
>([
  ['FLAGS', 'flags'],
  ['UID', 'uid'],
  ['INTERNALDATE', 'internaldate'],
  ['RFC822.SIZE', 'size'],
  ['ENVELOPE', 'envelope'],
  ['BODY', 'body'],
  ['BODYSTRUCTURE', 'bodystructure'],
  ['MODSEQ', 'modseq'],
  ['EMAILID', 'email-id'],
  ['THREADID', 'thread-id'],
  ['SAVEDATE', 'save-date'],
  ['PREVIEW', 'preview'],
]);

// RFC 9051 6.4.5: macros stand alone, never inside the list.
const macros: ReadonlyMap<string, readonly string[]> = new Map([
  ['ALL', ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE']],
  ['FAST', ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE']],
  ['FULL', ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE', 'BODY']],
]);

/** RFC 3501 names of what RFC 9051 only calls sections. */
const oldSections: ReadonlyMap<string, { readonly text: SectionText; readonly setsSeen: boolean }> = new Map([
  ['RFC822', { text: 'whole', setsSeen: true }],
  ['RFC822.HEADER', { text: 'header', setsSeen: false }],
  ['RFC822.TEXT', { text: 'text', setsSeen: true }],
]);

const sectionPattern =
  /^(BODY|BODY\.PEEK|BINARY|BINARY\.PEEK|BINARY\.SIZE)\[(.*)\](?:<(\d{1,15})\.(\d{1,15})>)?$/is;
const pathPattern = /^(\d{1,10}(?:\.\d{1,10})*)(?:\.(?=[A-Za-z])|$)/;
const fieldsPattern = /^(HEADER\.FIELDS(?:\.NOT)?) \((.+)\)$/is;
const fieldNamePattern = /(?:([^\s"()\\{}%*]+)|"((?:[^"\\]|\\["\\])*)")(?: |$)/y;

/** Reads the item list and the modifiers, to the end of the command. */
export function expectFetchItems(tokens: TokenReader): FetchItems {
  const isList = tokens.isAtOpen;
  const words = isList ? expectItemList(tokens) : macroOrItem(tokens.expectRawAtom('data item'));
  const modifiers = expectModifiers(tokens, !isList && words[0]?.toUpperCase() === 'PREVIEW');
  tokens.expectEnd();
  const items = distinctItems(words);
  // RFC 7162 3.1.4.1: CHANGEDSINCE asks for MODSEQ too.
  if (modifiers.changedSince !== undefined) items.set('MODSEQ', { kind: 'modseq', label: 'MODSEQ' });
  return { items: [...items.values()], ...modifiers };
}

/** A parenthesised list of data items, as NOTIFY has it (RFC 5465 8: fetch-att); each once. */
export function expectItemsInList(tokens: TokenReader): readonly FetchItem[] {
  return [...distinctItems(expectItemList(tokens)).values()];
}

function distinctItems(words: readonly string[]): Map<string, FetchItem> {
  const items = new Map<string, FetchItem>();
  for (const word of words) {
    const item = parseFetchItem(word);
    // RFC822 and BODY[] may both be asked for; the key is what goes on the wire, plus what distinguishes partials.
    const key =
      item.kind === 'section' || item.kind === 'binary'
        ? `${item.label}.${item.partial?.length}`
        : item.label;
    const known = items.get(key);
    if (known === undefined || ('setsSeen' in item && item.setsSeen)) items.set(key, item);
  }
  return items;
}

/** One data item from its atom. Throws BAD. */
export function parseFetchItem(word: string): FetchItem {
  const name = word.toUpperCase();
  const plain = plainKinds.get(name);
  if (plain !== undefined) return { kind: plain, label: name } as PlainItem | NoteItem;
  const old = oldSections.get(name);
  if (old !== undefined) {
    const section: Section = { path: [], text: old.text, names: [] };
    return { kind: 'section', label: name, section, partial: undefined, setsSeen: old.setsSeen };
  }
  const match = sectionPattern.exec(word);
  if (match === null) throw bad('Unknown data item');
  const partial = match[3] === undefined ? undefined : { origin: Number(match[3]), length: Number(match[4]) };
  const [base, mode] = match[1]!.toUpperCase().split('.') as [string, string | undefined];
  if (base === 'BINARY') return binaryItem(match[2]!, mode, partial);
  const { section, spelled } = parseSection(match[2]!);
  // RFC 9051 6.4.5: the answer repeats the origin, not the length, and never says PEEK.
  const label = `BODY[${spelled}]${partial === undefined ? '' : `<${partial.origin}>`}`;
  return { kind: 'section', label, section, partial, setsSeen: mode !== 'PEEK' };
}

function macroOrItem(word: string): readonly string[] {
  return macros.get(word.toUpperCase()) ?? [word];
}

/** The items between the parentheses; `PREVIEW (LAZY)` is one of them (RFC 8970 3.2). */
function expectItemList(tokens: TokenReader): string[] {
  let last = '';
  return tokens.expectList('item list', () => {
    if (tokens.isAtOpen && last === 'PREVIEW') {
      expectLazy(tokens);
      last = '';
      return 'PREVIEW';
    }
    const word = tokens.expectRawAtom('data item');
    last = word.toUpperCase();
    return word;
  });
}

/** `(LAZY)`: a preview that is at hand at once; ours always is. */
function expectLazy(tokens: TokenReader): void {
  tokens.expectList('preview modifiers', () => {
    if (!tokens.takeWord('LAZY')) throw bad('Unknown preview modifier');
  });
}

/** `afterPreview`: the first list may be that of a PREVIEW that stands alone. */
function expectModifiers(
  tokens: TokenReader,
  afterPreview: boolean,
): Pick<FetchItems, 'changedSince' | 'vanished' | 'partial'> {
  let changedSince: number | undefined;
  let vanished = false;
  let partial: PartialRange | undefined;
  let isLazy = false;
  const nothing = { changedSince, vanished, partial };
  if (!tokens.takeSpace()) return nothing;
  tokens.expectList('fetch modifiers', () => {
    if (afterPreview && !isLazy && tokens.takeWord('LAZY')) {
      isLazy = true;
      return;
    }
    if (isLazy) throw bad('Unknown preview modifier');
    if (partial === undefined && tokens.takeWord('PARTIAL')) {
      partial = expectPartial(tokens);
      return;
    }
    if (!vanished && tokens.takeWord('VANISHED')) {
      vanished = true;
      return;
    }
    if (!tokens.takeWord('CHANGEDSINCE') || changedSince !== undefined) throw bad('Unknown FETCH modifier');
    tokens.expectSpace('modification sequence');
    changedSince = tokens.expectModSeq();
  });
  if (isLazy) return expectModifiers(tokens, false);
  // RFC 7162 3.2.6: VANISHED means nothing alone.
  if (vanished && changedSince === undefined) throw bad('VANISHED needs CHANGEDSINCE');
  return { changedSince, vanished, partial };
}

function binaryItem(text: string, mode: string | undefined, partial: Partial | undefined): BinaryItem {
  const path = text === '' ? [] : parsePath(text, true).path;
  const suffix = partial === undefined ? '' : `<${partial.origin}>`;
  if (mode !== 'SIZE') {
    return { kind: 'binary', label: `BINARY[${text}]${suffix}`, path, partial, setsSeen: mode !== 'PEEK' };
  }
  // RFC 3516 4.3: no partial with SIZE.
  if (partial !== undefined) throw bad('BINARY.SIZE takes no partial');
  return { kind: 'binary-size', label: `BINARY.SIZE[${text}]`, path, partial, setsSeen: false };
}

function parseSection(text: string): { section: Section; spelled: string } {
  const { path, rest } = parsePath(text, false);
  const prefix = path.length === 0 ? '' : path.join('.');
  if (rest === '') return { section: { path, text: 'whole', names: [] }, spelled: prefix };
  const spelledAs = (tail: string) => (prefix === '' ? tail : `${prefix}.${tail}`);
  const word = rest.toUpperCase();
  if (word === 'HEADER' || word === 'TEXT' || (word === 'MIME' && path.length > 0)) {
    const kind = word.toLowerCase() as 'header' | 'text' | 'mime';
    return { section: { path, text: kind, names: [] }, spelled: spelledAs(word) };
  }
  const fields = fieldsPattern.exec(rest);
  if (fields === null) throw bad('Invalid section');
  const keyword = fields[1]!.toUpperCase();
  const kind: SectionText = keyword.endsWith('.NOT') ? 'fields-not' : 'fields';
  const names = parseFieldNames(fields[2]!);
  return { section: { path, text: kind, names }, spelled: spelledAs(`${keyword} (${fields[2]})`) };
}

/** Leading part numbers; `alone` when nothing may follow them. */
function parsePath(text: string, alone: boolean): { path: number[]; rest: string } {
  const match = pathPattern.exec(text);
  if (match === null) {
    if (alone || /^\d/.test(text)) throw bad('Invalid part number');
    return { path: [], rest: text };
  }
  const path = match[1]!.split('.').map(Number);
  if (path.some((number) => number < 1 || number > 4_294_967_295)) throw bad('Invalid part number');
  const rest = text.slice(match[0].length);
  if (alone && rest !== '') throw bad('Invalid part number');
  return { path, rest };
}

/** Field names between the parentheses: atoms and quoted strings, single spaces between. */
function parseFieldNames(text: string): string[] {
  const names: string[] = [];
  fieldNamePattern.lastIndex = 0;
  while (fieldNamePattern.lastIndex < text.length) {
    const match = fieldNamePattern.exec(text);
    if (match === null) throw bad('Invalid field name in section');
    names.push(match[1] ?? match[2]!.replace(/\\(["\\])/g, '$1'));
  }
  return names;
}
