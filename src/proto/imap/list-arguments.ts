// Grammar of LIST with selection and return options: RFC 9051 6.3.9 (RFC 5258, LIST-STATUS RFC 5819, SPECIAL-USE RFC 6154).

import { bad } from './fault.ts';
import { expectEntries } from './metadata-arguments.ts';
import { expectStatusItems, type StatusItem } from './status-items.ts';
import type { TokenReader } from './token-reader.ts';

export interface ListArguments {
  /** Selection or return options, or several patterns: the empty pattern is then nothing special (RFC 5258 3). */
  readonly isExtended: boolean;
  readonly select: {
    readonly subscribed: boolean;
    readonly recursiveMatch: boolean;
    readonly specialUse: boolean;
  };
  /** Wire octets as latin1, like the patterns. */
  readonly reference: string;
  readonly patterns: readonly string[];
  readonly returns: {
    readonly subscribed: boolean;
    readonly specialUse: boolean;
    /** Undefined when STATUS was not asked for. */
    readonly status: readonly StatusItem[] | undefined;
    /** MYRIGHTS (RFC 8440). */
    readonly myRights: boolean;
    /** Entries of METADATA (RFC 9590), undefined when it was not asked for. */
    readonly metadata: readonly string[] | undefined;
  };
}

const selectOptions: ReadonlySet<string> = new Set(['SUBSCRIBED', 'REMOTE', 'RECURSIVEMATCH', 'SPECIAL-USE']);
const returnOptions: ReadonlySet<string> = new Set([
  'SUBSCRIBED',
  'CHILDREN',
  'SPECIAL-USE',
  'STATUS',
  'MYRIGHTS',
  'METADATA',
]);

/** Reads everything after the command's name. */
export function parseListArguments(tokens: TokenReader): ListArguments {
  tokens.expectSpace('reference name');
  const select = tokens.isAtOpen ? expectSelectOptions(tokens) : undefined;
  if (select !== undefined) tokens.expectSpace('reference name');
  const reference = tokens.expectListMailbox('reference name');
  tokens.expectSpace('mailbox pattern');
  const severalPatterns = tokens.isAtOpen;
  const patterns = severalPatterns
    ? tokens.expectList('pattern list', () => tokens.expectListMailbox())
    : [tokens.expectListMailbox()];
  const returns = tokens.takeSpace() ? expectReturnOptions(tokens) : undefined;
  tokens.expectEnd();
  return {
    isExtended: select !== undefined || returns !== undefined || severalPatterns,
    select: {
      subscribed: select?.has('SUBSCRIBED') ?? false,
      recursiveMatch: select?.has('RECURSIVEMATCH') ?? false,
      specialUse: select?.has('SPECIAL-USE') ?? false,
    },
    reference,
    patterns,
    returns: {
      subscribed: returns?.names.has('SUBSCRIBED') ?? false,
      specialUse: returns?.names.has('SPECIAL-USE') ?? false,
      status: returns?.status,
      myRights: returns?.names.has('MYRIGHTS') ?? false,
      metadata: returns?.metadata,
    },
  };
}

function expectSelectOptions(tokens: TokenReader): ReadonlySet<string> {
  const names = new Set(tokens.expectList('selection options', () => tokens.expectKeyword('option'), true));
  for (const name of names) if (!selectOptions.has(name)) throw bad('Unknown selection option');
  // RFC 5258 3.1: RECURSIVEMATCH needs an option that selects something; REMOTE does not count.
  if (names.has('RECURSIVEMATCH') && !names.has('SUBSCRIBED') && !names.has('SPECIAL-USE')) {
    throw bad('RECURSIVEMATCH needs another selection option');
  }
  return names;
}

function expectReturnOptions(tokens: TokenReader): {
  names: ReadonlySet<string>;
  status: readonly StatusItem[] | undefined;
  metadata: readonly string[] | undefined;
} {
  if (!tokens.takeWord('RETURN')) throw bad('Expected RETURN');
  tokens.expectSpace('return options');
  const names = new Set<string>();
  let status: readonly StatusItem[] | undefined;
  let metadata: readonly string[] | undefined;
  const option = (): void => {
    const name = tokens.expectKeyword('return option');
    if (!returnOptions.has(name)) throw bad('Unknown return option');
    names.add(name);
    if (name === 'METADATA') {
      tokens.expectSpace('entries');
      if (!tokens.isAtOpen) throw bad('Expected "(" of entries');
      metadata = expectEntries(tokens);
    }
    if (name !== 'STATUS') return;
    tokens.expectSpace('status items');
    status = expectStatusItems(tokens);
  };
  tokens.expectList('return options', option, true);
  return { names, status, metadata };
}
