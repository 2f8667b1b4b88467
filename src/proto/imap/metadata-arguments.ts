// Grammar of GETMETADATA and SETMETADATA (RFC 5464 5). Entry names come out in lower case: they have no case (RFC 5464 3.1).

import type { MailboxName } from '../../base/brands.ts';
import { bad } from './fault.ts';
import { decodeMailboxName } from './mailbox-name.ts';
import type { TokenReader } from './token-reader.ts';

export interface GetMetadataArguments {
  /** Undefined: annotations of the server. */
  readonly name: MailboxName | undefined;
  readonly entries: readonly string[];
  /** Undefined without the option. */
  readonly maxSize: number | undefined;
  /** 0, 1, or Infinity. */
  readonly depth: number;
}

export interface SetMetadataArguments {
  readonly name: MailboxName | undefined;
  /** Undefined removes the entry. */
  readonly changes: ReadonlyMap<string, Buffer | undefined>;
}

/** Longest entry name; those in use have below 60 characters. */
const maxEntryLength = 255;
/** Entries of one command; clients ask for a handful. */
const maxEntries = 100;

/** Empty string for the server (RFC 5464 4.1). */
function expectTarget(tokens: TokenReader): MailboxName | undefined {
  const octets = tokens.expectAstring('mailbox name');
  return octets.length === 0 ? undefined : decodeMailboxName(octets, tokens.options.utf8);
}

/** One entry name; `prefixes` also takes `/shared` and `/private` alone, which only a search below them makes sense of. */
export function expectEntry(tokens: TokenReader, prefixes: boolean): string {
  const entry = tokens.expectAstring('entry name').toString('latin1').toLowerCase();
  const levels = entry.slice(1).split('/');
  const isKnown = levels[0] === 'shared' || levels[0] === 'private';
  // RFC 5464 3.2: no `*`, `%`, empty levels, control or 8-bit characters.
  const isWhole = entry.startsWith('/') && !levels.includes('') && !/[^\x20-\x7e]|[*%]/.test(entry);
  if (!isKnown || !isWhole || entry.length > maxEntryLength) throw bad('Invalid entry name');
  if (prefixes) return entry;
  // RFC 5464 3.2: two components at least, four below vendor/.
  if (levels.length < 2 || (levels[1] === 'vendor' && levels.length < 4)) throw bad('Incomplete entry name');
  return entry;
}

/** One entry or a list of them. */
export function expectEntries(tokens: TokenReader): readonly string[] {
  const entries = tokens.isAtOpen
    ? tokens.expectList('entry names', () => expectEntry(tokens, true))
    : [expectEntry(tokens, true)];
  if (entries.length > maxEntries) throw bad('Too many entries');
  return [...new Set(entries)];
}

/** Everything after the command's name. The options stand before the mailbox, or after it as the RFC's examples have them. */
export function parseGetMetadata(tokens: TokenReader): GetMetadataArguments {
  tokens.expectSpace('mailbox name');
  const options = { maxSize: undefined as number | undefined, depth: 0 };
  if (tokens.isAtOpen) {
    takeOptions(tokens, options);
    tokens.expectSpace('mailbox name');
  }
  const name = expectTarget(tokens);
  tokens.expectSpace('entries');
  let entries: readonly string[];
  if (tokens.takeOpen()) {
    if (takeOption(tokens, options)) {
      while (tokens.takeSpace()) if (!takeOption(tokens, options)) throw bad('Unknown option');
      tokens.expectClose('options');
      tokens.expectSpace('entries');
      entries = expectEntries(tokens);
    } else {
      const list = [expectEntry(tokens, true)];
      while (tokens.takeSpace() && list.length <= maxEntries) list.push(expectEntry(tokens, true));
      tokens.expectClose('entries');
      entries = [...new Set(list)];
    }
  } else entries = expectEntries(tokens);
  tokens.expectEnd();
  return { name, entries, ...options };
}

interface Options {
  maxSize: number | undefined;
  depth: number;
}

function takeOptions(tokens: TokenReader, options: Options): void {
  tokens.expectList('options', () => {
    if (!takeOption(tokens, options)) throw bad('Unknown option');
  });
}

function takeOption(tokens: TokenReader, options: Options): boolean {
  if (tokens.takeWord('MAXSIZE')) {
    tokens.expectSpace('MAXSIZE');
    options.maxSize = tokens.expectNumber('MAXSIZE');
    return true;
  }
  if (!tokens.takeWord('DEPTH')) return false;
  tokens.expectSpace('DEPTH');
  const depth = tokens.expectKeyword('DEPTH');
  if (depth !== '0' && depth !== '1' && depth !== 'INFINITY') throw bad('DEPTH is 0, 1 or infinity');
  options.depth = depth === 'INFINITY' ? Number.POSITIVE_INFINITY : Number(depth);
  return true;
}

/** Everything after the command's name. */
export function parseSetMetadata(tokens: TokenReader): SetMetadataArguments {
  tokens.expectSpace('mailbox name');
  const name = expectTarget(tokens);
  tokens.expectSpace('entries');
  const changes = new Map<string, Buffer | undefined>();
  tokens.expectList('entries', () => {
    const entry = expectEntry(tokens, false);
    tokens.expectSpace('value');
    changes.set(entry, tokens.takeWord('NIL') ? undefined : tokens.expectValue('value'));
  });
  tokens.expectEnd();
  if (changes.size > maxEntries) throw bad('Too many entries');
  return { name, changes };
}
