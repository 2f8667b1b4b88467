// SASL PLAIN (RFC 4616) and the strict decoding that all text mechanisms share.
//
// Refuses what a lenient decoder would turn into another name or password: broken base64, broken UTF-8, NUL inside.

import { Fault } from '../../base/outcome.ts';
import { Secret } from '../../base/secret.ts';

export interface PlainCredentials {
  /** Whom to act as; '' = the user who logs in. */
  readonly authorization: string;
  readonly login: string;
  readonly password: Secret;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Strict base64 with padding (RFC 4648 4); '' is no octets. Throws Fault('sasl.base64'). */
export function decodeBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    throw new Fault('sasl.base64', 'Cannot decode base64');
  }
  return Buffer.from(text, 'base64');
}

/** Strict UTF-8 without NUL. Throws Fault('sasl.malformed'). */
export function decodeText(octets: Uint8Array): string {
  let text: string;
  try {
    text = utf8.decode(octets);
  } catch (cause) {
    throw new Fault('sasl.malformed', 'Credentials are not UTF-8', { cause });
  }
  if (text.includes('\0')) throw new Fault('sasl.malformed', 'Credentials contain NUL');
  return text;
}

/** `[authzid] NUL authcid NUL passwd`, RFC 4616 2. Throws Fault('sasl.malformed'). */
export function parsePlain(octets: Uint8Array): PlainCredentials {
  const first = octets.indexOf(0);
  const second = first === -1 ? -1 : octets.indexOf(0, first + 1);
  if (second === -1) throw new Fault('sasl.malformed', 'Malformed PLAIN message');
  const login = decodeText(octets.subarray(first + 1, second));
  const password = decodeText(octets.subarray(second + 1));
  if (login === '') throw new Fault('sasl.malformed', 'PLAIN message without a user name');
  return {
    authorization: decodeText(octets.subarray(0, first)),
    login,
    password: new Secret(password),
  };
}
