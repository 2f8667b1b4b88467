// Password hashes of other servers: which of them this server can check, and which are no hashes at all.
//
// Names in braces are those of Dovecot and OpenLDAP. The list follows src/directory/json/password-hash.ts.

/** A stored password as an import finds it. */
export type StoredPassword =
  /** Kept as it is. */
  | { readonly kind: 'hash'; readonly hash: string }
  /** Plain text: to be hashed, never to be stored. */
  | { readonly kind: 'plain'; readonly password: string }
  /** A scheme that cannot be checked here; named in the report. */
  | { readonly kind: 'unknown'; readonly scheme: string };

const plainSchemes: ReadonlySet<string> = new Set(['PLAIN', 'CLEAR', 'CLEARTEXT', 'PLAIN-TRUNC']);
const cryptSchemes: ReadonlySet<string> = new Set([
  'CRYPT',
  'SHA512-CRYPT',
  'SHA256-CRYPT',
  'BLF-CRYPT',
  'MD5-CRYPT',
]);
/** Octets of the digest of each LDAP-style scheme. */
const digestBytes: Readonly<Record<string, number>> = { SHA: 20, SHA256: 32, SHA512: 64 };

/** Tells what a stored password is. Text without a scheme is taken for plain only by the caller's word. */
export function classifyStored(text: string): StoredPassword {
  const scheme = /^\{([A-Za-z0-9.-]{1,24})\}/.exec(text)?.[1]?.toUpperCase();
  if (scheme === undefined) {
    if (isCryptText(text)) return { kind: 'hash', hash: text };
    return {
      kind: 'unknown',
      scheme: text.startsWith('$') ? text.slice(0, text.indexOf('$', 1) + 1) : 'none',
    };
  }
  const rest = text.slice(scheme.length + 2);
  if (plainSchemes.has(scheme)) return { kind: 'plain', password: rest };
  if (cryptSchemes.has(scheme) && isCryptText(rest) && !rest.startsWith('$argon2'))
    return { kind: 'hash', hash: rest };
  // Dovecot writes {ARGON2ID}$argon2id$…; the PHC form says it all.
  if (scheme === 'ARGON2ID' && rest.startsWith('$argon2id$')) return { kind: 'hash', hash: rest };
  return isSaltedDigest(scheme, rest)
    ? { kind: 'hash', hash: text }
    : { kind: 'unknown', scheme: `{${scheme}}` };
}

/** True when a log-in can be checked against this text. */
export function isVerifiableHash(text: string): boolean {
  return classifyStored(text).kind === 'hash';
}

/** `$argon2id$`, bcrypt, sha-crypt, yescrypt and its GOST variant, scrypt, md5-crypt. DES hashes of 13 characters are not. */
function isCryptText(text: string): boolean {
  return /^\$(argon2id\$v=19|2[abxy]|6|5|y|gy|7|1)\$[./A-Za-z0-9,=$+-]{8,400}$/.test(text);
}

function isSaltedDigest(scheme: string, base64: string): boolean {
  const bytes = digestBytes[scheme.replace(/^SSHA/, 'SHA')];
  if (bytes === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return false;
  const length = Buffer.from(base64, 'base64').length;
  return scheme.startsWith('SSHA') ? length > bytes : length === bytes;
}
