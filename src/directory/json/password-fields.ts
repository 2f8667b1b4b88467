// What users.json holds of a password: an argon2id hash for mechanisms that send it, a verifier for SCRAM.

import { makeScramVerifier } from '../sasl/scram-keys.ts';
import { type HashCost, hashPassword } from './password-hash.ts';
import { type ScramRecord, toScramRecord } from './scram-record.ts';

export interface PasswordFields {
  readonly password: string;
  readonly scram?: ScramRecord;
}

export interface StoredCost extends HashCost {
  /** 0: no verifier is made. */
  readonly scramIterations: number;
}

/** Both fields for a new password; without `scram` where SCRAM is off or SASLprep refuses the password. */
export async function makePasswordFields(password: string, cost: StoredCost): Promise<PasswordFields> {
  const hash = await hashPassword(password, cost);
  if (cost.scramIterations === 0) return { password: hash };
  const verifier = await makeScramVerifier(password, cost.scramIterations);
  return verifier === undefined
    ? { password: hash }
    : { password: hash, scram: toScramRecord(verifier, hash) };
}
