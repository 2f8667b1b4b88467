// The keys of SCRAM-SHA-256 (RFC 5802 3, RFC 7677): made from a password once, checked at every log-in.
//
// A verifier is weaker than argon2id against guessing by whoever steals it; docs/authentication.md says what that means.

import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { saslPrep } from '../../proto/sasl/saslprep.ts';
import type { ScramVerifier } from '../user-source.ts';

export const keyLength = 32;
export const saltLength = 16;
/** RFC 7677 4: at least 4096. What a stored verifier may ask of clients is bounded too. */
export const minIterations = 4096;
export const maxIterations = 1_000_000;

/**
 * A verifier for `password`, computed on a pool thread; undefined when SASLprep refuses the password: it then logs in by
 * other mechanisms only.
 */
export async function makeScramVerifier(
  password: string,
  iterations: number,
  salt: Uint8Array = randomBytes(saltLength),
): Promise<ScramVerifier | undefined> {
  const prepared = saslPrep(password);
  if (prepared === undefined) return undefined;
  const salted = await promisify(pbkdf2)(prepared, salt, iterations, keyLength, 'sha256');
  const storedKey = createHash('sha256').update(mac(salted, 'Client Key')).digest();
  return { salt, iterations, storedKey, serverKey: mac(salted, 'Server Key') };
}

/** True when `proof` was made with the password behind `verifier`, over `authMessage`. */
export function isRightProof(verifier: ScramVerifier, authMessage: string, proof: Uint8Array): boolean {
  if (proof.length !== keyLength) return false;
  const signature = mac(verifier.storedKey, authMessage);
  const clientKey = Buffer.from(proof.map((octet, at) => octet ^ (signature[at] ?? 0)));
  return timingSafeEqual(createHash('sha256').update(clientKey).digest(), verifier.storedKey);
}

/** What proves to the client that we hold the verifier; base64. */
export function serverSignature(verifier: ScramVerifier, authMessage: string): string {
  return mac(verifier.serverKey, authMessage).toString('base64');
}

/**
 * What an unknown user seems to have: the same at each attempt, so that nobody can tell by the salt who exists. No proof
 * fits it, because nobody knows its keys.
 */
export function fakeVerifier(key: Uint8Array, address: string, iterations: number): ScramVerifier {
  return {
    salt: mac(key, `salt ${address}`).subarray(0, saltLength),
    iterations,
    storedKey: mac(key, `stored ${address}`),
    serverKey: mac(key, `server ${address}`),
  };
}

function mac(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text, 'utf8').digest();
}
