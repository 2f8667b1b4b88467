// The `scram` field of users.json: a verifier in base64, tied to the password hash beside it.
//
// Whoever changes only the hash by hand must not leave a verifier behind that still takes the old password: `of` is a
// fingerprint of the hash that the verifier was made with, and a verifier of another hash counts as absent.

import { createHash } from 'node:crypto';
import { keyLength, maxIterations, minIterations } from '../sasl/scram-keys.ts';
import type { ScramVerifier } from '../user-source.ts';

export interface ScramRecord {
  /** Fingerprint of the `password` field. */
  readonly of: string;
  readonly salt: string;
  readonly iterations: number;
  readonly storedKey: string;
  readonly serverKey: string;
}

const minSaltLength = 8;
const maxSaltLength = 64;

/** True for a field that can be used. */
export function isScramRecord(value: unknown): value is ScramRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { of, salt, iterations, storedKey, serverKey, ...rest } = value as Record<string, unknown>;
  const saltBytes = octets(salt)?.length ?? 0;
  return (
    Object.keys(rest).length === 0 &&
    typeof of === 'string' &&
    Number.isSafeInteger(iterations) &&
    (iterations as number) >= minIterations &&
    (iterations as number) <= maxIterations &&
    saltBytes >= minSaltLength &&
    saltBytes <= maxSaltLength &&
    octets(storedKey)?.length === keyLength &&
    octets(serverKey)?.length === keyLength
  );
}

/** The field for a verifier that was made with the same password as `hash`. */
export function toScramRecord(verifier: ScramVerifier, hash: string): ScramRecord {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  return {
    of: fingerprint(hash),
    salt: text(verifier.salt),
    iterations: verifier.iterations,
    storedKey: text(verifier.storedKey),
    serverKey: text(verifier.serverKey),
  };
}

/** The verifier, or undefined when there is none for this hash. */
export function verifierOf(record: ScramRecord | undefined, hash: string): ScramVerifier | undefined {
  if (!isFor(record, hash)) return undefined;
  return {
    salt: Buffer.from(record.salt, 'base64'),
    iterations: record.iterations,
    storedKey: Buffer.from(record.storedKey, 'base64'),
    serverKey: Buffer.from(record.serverKey, 'base64'),
  };
}

/** True when the field belongs to the hash beside it. */
export function isFor(record: ScramRecord | undefined, hash: string): record is ScramRecord {
  return record !== undefined && record.of === fingerprint(hash);
}

const fingerprint = (hash: string): string => createHash('sha256').update(hash).digest('base64').slice(0, 16);

function octets(value: unknown): Buffer | undefined {
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/]+={0,2}$/.test(value)) return undefined;
  return Buffer.from(value, 'base64');
}
