// Bearer tokens in SASL: OAUTHBEARER (RFC 7628) and Google's XOAUTH2, which carry the same thing in two forms.
//
// Only the parser: who the token belongs to is asked of a TokenVerifier. Refuses messages that are too long or hold what
// the grammar does not know; the token itself is one opaque word.

import { Fault } from '../../base/outcome.ts';
import { Secret } from '../../base/secret.ts';
import { decodeText } from './plain.ts';

export interface BearerCredentials {
  /** Whom to act as (OAUTHBEARER `a=`), or whose mailbox it is (XOAUTH2 `user=`); '' = whoever the token names. */
  readonly authorization: string;
  /** '' when the client sent none. */
  readonly token: Secret;
}

/** Longest message, octets: tokens with many claims reach 8 KiB. */
const maxMessageBytes = 16_384;
const separator = '\u0001';

const malformed = (): Fault => new Fault('sasl.malformed', 'Malformed OAuth message');

/** `gs2-header ^A *(key=value ^A) ^A`, RFC 7628 3.1. Throws Fault('sasl.malformed'). */
export function parseOAuthBearer(octets: Uint8Array): BearerCredentials {
  const text = decode(octets);
  const header = /^(?:[ny]|p=[A-Za-z0-9.-]+),(?:a=([^,]*))?,$/.exec(text.slice(0, text.indexOf(separator)));
  if (header === null) throw malformed();
  const name = header[1] ?? '';
  if (/=(?!2C|3D)/.test(name)) throw malformed();
  const authorization = name.replaceAll('=2C', ',').replaceAll('=3D', '=');
  const pairs = readPairs(text.slice(text.indexOf(separator) + 1));
  return { authorization, token: bearerToken(pairs.get('auth')) };
}

/** `user=name ^A auth=Bearer token ^A ^A`. Throws Fault('sasl.malformed'). */
export function parseXOAuth2(octets: Uint8Array): BearerCredentials {
  const pairs = readPairs(decode(octets));
  const user = pairs.get('user');
  if (user === undefined || user === '') throw malformed();
  return { authorization: user, token: bearerToken(pairs.get('auth')) };
}

function decode(octets: Uint8Array): string {
  if (octets.length > maxMessageBytes) throw malformed();
  return decodeText(octets);
}

/** RFC 7628 3.1: every pair ends in ^A, one more ends the message. */
function readPairs(text: string): ReadonlyMap<string, string> {
  if (!text.endsWith(separator + separator) && text !== separator) throw malformed();
  const pairs = new Map<string, string>();
  for (const pair of text.slice(0, -1).split(separator)) {
    if (pair === '') continue;
    const found = /^([A-Za-z]+)=([\t\n\r -~]*|.*)$/s.exec(pair);
    if (found === null) throw malformed();
    const [, key = '', value = ''] = found;
    if (pairs.has(key)) throw malformed();
    pairs.set(key, value);
  }
  return pairs;
}

/** RFC 6750 2.1: `Bearer b64token`. Anything else is no token, and is refused as a wrong one. */
function bearerToken(value: string | undefined): Secret {
  const found = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(value ?? '');
  return new Secret(found?.[1] ?? '');
}
