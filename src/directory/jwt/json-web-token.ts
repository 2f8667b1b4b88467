// A signed token (JWT, RFC 7519, compact JWS of RFC 7515): parsed strictly, its signature checked with a public key.
//
// RS256, ES256 and EdDSA only, each only with a key of its kind: `none` and MACs with a public key as secret are the classic
// forgeries. Tokens with `crit` are refused, since nothing is understood there.

import { createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';
import type { Claims } from '../token-claims.ts';

export type Algorithm = 'RS256' | 'ES256' | 'EdDSA';

export interface VerificationKey {
  /** '' when the key set gives it no name. */
  readonly id: string;
  readonly algorithm: Algorithm;
  readonly key: KeyObject;
}

export interface SignedToken {
  readonly algorithm: string;
  /** '' when the token names none. */
  readonly keyId: string;
  readonly claims: Claims;
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/** RFC 7518 3.3: at least 2048 bits. */
const minRsaBits = 2048;

/** Undefined for what is no token in this form. */
export function parseToken(text: string): SignedToken | undefined {
  const parts = text.split('.');
  if (parts.length !== 3 || !parts.every((part) => /^[A-Za-z0-9_-]+$/.test(part))) return undefined;
  const [header, claims] = parts.slice(0, 2).map(objectOf);
  if (header === undefined || claims === undefined || header.crit !== undefined) return undefined;
  const { alg, kid = '' } = header;
  if (typeof alg !== 'string' || typeof kid !== 'string') return undefined;
  return {
    algorithm: alg,
    keyId: kid,
    claims,
    signed: Buffer.from(`${parts[0]}.${parts[1]}`),
    signature: Buffer.from(parts[2] ?? '', 'base64url'),
  };
}

function objectOf(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The usable keys of a key set (RFC 7517 5), or one sentence that says why the text is none. */
export function parseKeySet(text: string): readonly VerificationKey[] | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'not JSON';
  }
  const keys = (value as { readonly keys?: unknown } | null)?.keys;
  if (!Array.isArray(keys)) return 'expected {"keys": [...]}';
  const usable = keys.flatMap((key: unknown) => toKey(key) ?? []);
  return usable.length === 0 ? 'no RSA, P-256 or Ed25519 key for signatures in it' : usable;
}

function toKey(value: unknown): VerificationKey | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const jwk = value as Record<string, unknown>;
  const algorithm = algorithmOf(jwk);
  if (algorithm === undefined || (jwk.use !== undefined && jwk.use !== 'sig')) return undefined;
  if (jwk.alg !== undefined && jwk.alg !== algorithm) return undefined;
  try {
    const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    if (algorithm === 'RS256' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < minRsaBits)
      return undefined;
    return { id: typeof jwk.kid === 'string' ? jwk.kid : '', algorithm, key };
  } catch {
    // A key that OpenSSL does not read is as good as none; the others serve.
    return undefined;
  }
}

function algorithmOf({ kty, crv }: Record<string, unknown>): Algorithm | undefined {
  if (kty === 'RSA') return 'RS256';
  if (kty === 'EC' && crv === 'P-256') return 'ES256';
  return kty === 'OKP' && crv === 'Ed25519' ? 'EdDSA' : undefined;
}

/** True when one of `keys` that fits the token's header made its signature. */
export function isSignedBy(token: SignedToken, keys: readonly VerificationKey[]): boolean {
  return keys.some(
    ({ id, algorithm, key }) =>
      algorithm === token.algorithm &&
      (token.keyId === '' || token.keyId === id) &&
      isRight(token, algorithm, key),
  );
}

function isRight({ signed, signature }: SignedToken, algorithm: Algorithm, key: KeyObject): boolean {
  if (algorithm === 'EdDSA') return verify(null, signed, key, signature);
  // RFC 7518 3.4: the two numbers of ECDSA back to back, not DER.
  if (algorithm === 'ES256') return verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature);
  return verify('sha256', signed, key, signature);
}
