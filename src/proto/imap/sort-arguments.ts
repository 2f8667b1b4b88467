// Arguments of SORT and THREAD (RFC 5256, RFC 5957, RFC 6203 RELEVANCY): criteria or algorithm, charset, search keys.

import { bad } from './fault.ts';
import { expectSearchKeys, type SearchArguments, type SearchParserOptions } from './search-key.ts';
import { type SearchReturns, takeReturns } from './search-return.ts';
import type { TokenReader } from './token-reader.ts';

export const sortWords = {
  ARRIVAL: 'arrival',
  CC: 'cc',
  DATE: 'date',
  FROM: 'from',
  SIZE: 'size',
  SUBJECT: 'subject',
  TO: 'to',
  DISPLAYFROM: 'display-from',
  DISPLAYTO: 'display-to',
  RELEVANCY: 'relevancy',
} as const;
export type SortWord = (typeof sortWords)[keyof typeof sortWords];

export interface SortCriterion {
  readonly key: SortWord;
  readonly reverse: boolean;
}

export interface SortArguments extends SearchArguments {
  readonly criteria: readonly SortCriterion[];
}

export interface ThreadArguments extends SearchArguments {
  /** In capitals. */
  readonly algorithm: string;
}

/** `[RETURN (…)] (criteria) charset keys`. */
export function expectSort(tokens: TokenReader, options: SearchParserOptions): SortArguments {
  tokens.expectSpace('sort criteria');
  const returns = takeReturns(tokens);
  if (returns !== undefined) tokens.expectSpace('sort criteria');
  const criteria: SortCriterion[] = [];
  tokens.expectList('sort criteria', () => {
    const reverse = tokens.takeWord('REVERSE');
    if (reverse) tokens.expectSpace('sort key');
    const word = tokens.expectKeyword('sort key');
    if (!Object.hasOwn(sortWords, word)) throw bad('Unknown sort key');
    criteria.push({ key: sortWords[word as keyof typeof sortWords], reverse });
  });
  return { ...expectCharsetAndKeys(tokens, options, returns), criteria };
}

/** `algorithm charset keys`. */
export function expectThread(tokens: TokenReader, options: SearchParserOptions): ThreadArguments {
  tokens.expectSpace('algorithm');
  const algorithm = tokens.expectKeyword('algorithm');
  return { ...expectCharsetAndKeys(tokens, options, undefined), algorithm };
}

function expectCharsetAndKeys(
  tokens: TokenReader,
  options: SearchParserOptions,
  returns: SearchReturns | undefined,
): SearchArguments {
  tokens.expectSpace('charset');
  const decode = options.charset(tokens.expectAstring('charset').toString('latin1'));
  tokens.expectSpace('search key');
  return { ...expectSearchKeys(tokens, decode), returns };
}
