// Password hashes: makes argon2id, verifies argon2id, crypt(3) hashes and the LDAP-style {SSHA…} family.
//
// Hashing is slow by design and runs on pool threads, at most `concurrency` at once; more wait in line. Comparison is
// constant-time. Unknown schemes verify as false, with a warning in the log of whoever imports them.

import { argon2, createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { cryptHash } from '../../native/crypt.ts';

/** Cost of new argon2id hashes (RFC 9106 4). */
export interface HashCost {
  readonly memoryKib: number;
  readonly passes: number;
}

const parallelism = 1;
const tagLength = 32;
const saltLength = 16;
/** Bounds of a stored hash that we are willing to compute: a file must not be able to stop the server. */
const maxMemoryKib = 1_048_576;
const maxPasses = 64;
const maxParallelism = 16;

interface Argon2Parts {
  readonly memoryKib: number;
  readonly passes: number;
  readonly parallelism: number;
  readonly salt: Buffer;
  readonly tag: Buffer;
}

/** A new hash in PHC form: `$argon2id$v=19$m=…,t=…,p=1$salt$tag`. */
export async function hashPassword(password: string, cost: HashCost): Promise<string> {
  const salt = randomBytes(saltLength);
  const tag = await computeArgon2(password, { ...cost, parallelism, salt, tag: Buffer.alloc(tagLength) });
  const text = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');
  return `$argon2id$v=19$m=${cost.memoryKib},t=${cost.passes},p=${parallelism}$${text(salt)}$${text(tag)}`;
}

/** True when the password belongs to the hash. Never throws for a malformed hash. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const argon = parseArgon2(stored);
  if (argon !== undefined) return timingSafeEqual(await computeArgon2(password, argon), argon.tag);
  const salted = /^\{(S?)(SHA|SHA256|SHA512)\}([A-Za-z0-9+/]+=*)$/i.exec(stored);
  if (salted !== null) return verifySalted(password, salted[1] !== '', String(salted[2]), String(salted[3]));
  const crypt = stored.replace(/^\{(CRYPT|SHA512-CRYPT|SHA256-CRYPT|BLF-CRYPT|MD5-CRYPT)\}/i, '');
  return crypt.startsWith('$') && !crypt.startsWith('$argon2') ? verifyCrypt(password, crypt) : false;
}

function parseArgon2(stored: string): Argon2Parts | undefined {
  const match =
    /^(?:\{ARGON2ID\})?\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,4}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,88})\$([A-Za-z0-9+/]{16,128})$/.exec(
      stored,
    );
  if (match === null) return undefined;
  const [memoryKib, passes, lanes] = match.slice(1, 4).map(Number) as [number, number, number];
  if (memoryKib > maxMemoryKib || passes > maxPasses || lanes > maxParallelism || lanes < 1 || passes < 1)
    return undefined;
  if (memoryKib < 8 * lanes) return undefined;
  const [salt, tag] = match.slice(4, 6).map((text) => Buffer.from(text, 'base64')) as [Buffer, Buffer];
  return { memoryKib, passes, parallelism: lanes, salt, tag };
}

function computeArgon2(password: string, parts: Argon2Parts): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parameters = {
      message: Buffer.from(password),
      nonce: parts.salt,
      parallelism: parts.parallelism,
      tagLength: parts.tag.length,
      memory: parts.memoryKib,
      passes: parts.passes,
    };
    argon2('argon2id', parameters, (error, tag) => (error === null ? resolve(tag) : reject(error)));
  });
}

function verifySalted(password: string, isSalted: boolean, algorithm: string, base64: string): boolean {
  const stored = Buffer.from(base64, 'base64');
  const name = algorithm.toUpperCase() === 'SHA' ? 'sha1' : algorithm.toLowerCase();
  const digestLength = name === 'sha1' ? 20 : name === 'sha256' ? 32 : 64;
  if (stored.length < digestLength || (!isSalted && stored.length !== digestLength)) return false;
  const salt = stored.subarray(digestLength);
  const digest = createHash(name).update(password, 'utf8').update(salt).digest();
  return timingSafeEqual(digest, stored.subarray(0, digestLength));
}

async function verifyCrypt(password: string, stored: string): Promise<boolean> {
  try {
    const made = Buffer.from(await cryptHash(password, stored));
    const expected = Buffer.from(stored);
    return made.length === expected.length && timingSafeEqual(made, expected);
  } catch {
    // libcrypt does not know the scheme on this machine: nobody can log in with it.
    return false;
  }
}
