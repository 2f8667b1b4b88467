// Flags as commands name them: STORE and APPEND (RFC 9051 9, flag).
//
// System flags come back in their registered spelling, keywords as written. \Recent is the server's to give and never the
// client's (RFC 3501 2.3.2); other names with a backslash are reserved, so both are refused.

import { bad } from './fault.ts';
import type { TokenReader } from './token-reader.ts';

const systemFlags = new Map(
  ['\\Answered', '\\Flagged', '\\Deleted', '\\Seen', '\\Draft'].map((flag) => [flag.toLowerCase(), flag]),
);
const keywordPattern = /^[\x21\x23\x24\x26\x27\x2b-\x5b\x5e-\x7a\x7c-\x7e]+$/;

/** Longest keyword; longer names bloat every FLAGS answer. */
export const maxKeywordBytes = 100;

/** One flag. */
export function expectFlag(tokens: TokenReader): string {
  const word = tokens.expectRawAtom('flag');
  if (word.startsWith('\\')) {
    const flag = systemFlags.get(word.toLowerCase());
    if (flag === undefined) throw bad('Unknown system flag');
    return flag;
  }
  if (!keywordPattern.test(word)) throw bad('Invalid keyword');
  if (word.length > maxKeywordBytes) throw bad('Keyword is too long');
  return word;
}

/** `(` [flag *(SP flag)] `)`. */
export function expectFlagList(tokens: TokenReader): string[] {
  return tokens.expectList('flag list', () => expectFlag(tokens), true);
}
