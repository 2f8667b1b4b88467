// Charsets of SEARCH (RFC 9051 6.4.4): every charset that the decoder knows may be named; strings become Unicode.

import { decodeCharset } from '../../native/mime.ts';
import { bad, ImapFault, refuse } from '../../proto/imap/fault.ts';
import type { SearchArguments, SearchParserOptions } from '../../proto/imap/search-key.ts';
import type { TokenReader } from '../../proto/imap/token-reader.ts';

/** Named in NO [BADCHARSET (…)]: what clients here use; the decoder knows more. */
const offered = ['US-ASCII', 'UTF-8', 'KOI8-R', 'WINDOWS-1251', 'ISO-8859-5', 'CP866', 'ISO-8859-1'];

/**
 * The decoder of a charset. Throws NO [BADCHARSET (…)] when it is not known (I17). Without a name strings are US-ASCII
 * (RFC 3501 6.4.4), or UTF-8 when `utf8` (RFC 6855 3); the decoder throws BAD for octets that the charset cannot hold.
 */
export function searchCharset(name: string | undefined, utf8: boolean): (octets: Buffer) => string {
  if (name === undefined && !utf8) return decodeAscii;
  const charset = (name ?? 'UTF-8').toUpperCase();
  if (charset === 'US-ASCII' || charset === 'ASCII') return decodeAscii;
  if (charset === 'UTF-8' || charset === 'UTF8') return decodeUtf8;
  if (decodeCharset(new Uint8Array(0), charset) === null) {
    throw refuse('imap.bad_charset', `BADCHARSET (${offered.join(' ')})`, 'Charset is not known');
  }
  return (octets) => decodeCharset(octets, charset) ?? '';
}

/** Arguments of a search, and NO [BADCHARSET] when the command is to end with it. */
export type InCharset<Arguments extends SearchArguments> = Arguments & {
  readonly refusal: ImapFault | undefined;
};

/**
 * Reads a search of which the result may be kept. A charset that is not known fails at once, but with SAVE only when the
 * command runs: RFC 9051 6.4.4.1 has a search that ends with NO empty the kept result, one that ends with BAD leave it.
 */
export function expectInCharset<Arguments extends SearchArguments>(
  tokens: TokenReader,
  expect: (tokens: TokenReader, options: SearchParserOptions) => Arguments,
): InCharset<Arguments> {
  let refusal: ImapFault | undefined;
  const charset = (label: string | undefined): ((octets: Buffer) => string) => {
    try {
      return searchCharset(label, tokens.options.utf8);
    } catch (error) {
      if (!(error instanceof ImapFault)) throw error;
      refusal = error;
      return (octets) => octets.toString('latin1');
    }
  };
  const args = expect(tokens, { charset });
  if (refusal !== undefined && args.returns?.save !== true) throw refusal;
  return { ...args, refusal };
}

function decodeAscii(octets: Buffer): string {
  for (const octet of octets) if (octet > 0x7e) throw bad('8-bit search string needs CHARSET');
  return octets.toString('latin1');
}

const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeUtf8(octets: Buffer): string {
  try {
    return utf8Decoder.decode(octets);
  } catch {
    throw bad('Search string is not UTF-8');
  }
}
