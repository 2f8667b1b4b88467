// Charsets of SEARCH (RFC 9051 6.4.4): every charset that the decoder knows may be named; strings become Unicode.

import { decodeCharset } from '../../native/mime.ts';
import { bad, refuse } from '../../proto/imap/fault.ts';

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
