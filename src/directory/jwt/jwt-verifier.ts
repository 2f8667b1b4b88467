// TokenVerifier over a local key set: signature, issuer, audience and times are checked here, and nobody is asked.
//
// The file is read when the first token comes, and again when it has changed (looked at no more often than `recheckMs`). A
// file that breaks keeps the last good keys; without any, tokens fail as temporary.

import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '../../base/clock.ts';
import { Transient } from '../../base/outcome.ts';
import type { Secret } from '../../base/secret.ts';
import type { Settings } from '../../settings/settings.ts';
import { claimRules, judgeClaims } from '../token-claims.ts';
import type { TokenAnswer, TokenVerifier } from '../token-verifier.ts';
import { isSignedBy, parseKeySet, parseToken, type VerificationKey } from './json-web-token.ts';

/** How often the file's date is looked at. */
const recheckMs = 5_000;
/** Largest key set that is read. */
const maxFileBytes = 1_048_576;

export interface JwtVerifierOptions {
  readonly settings: Settings;
  /** Makes a path of what auth.tokenKeysFile says. */
  readonly resolvePath: (file: string) => string;
  readonly clock: Clock;
  /** Told when the file cannot be used, once a change. */
  readonly onBroken: (path: string, problem: string) => void;
}

export class JwtVerifier implements TokenVerifier {
  readonly #options: JwtVerifierOptions;
  #keys: readonly VerificationKey[] = [];
  #path = '';
  #seen = '';
  #checkedMs = Number.NEGATIVE_INFINITY;

  constructor(options: JwtVerifierOptions) {
    this.#options = options;
  }

  /** Without issuer and audience any token of the issuer's other services would do: then it counts as off. */
  get isConfigured(): boolean {
    const { settings } = this.#options;
    return (['auth.tokenKeysFile', 'auth.tokenIssuer', 'auth.tokenAudience'] as const).every(
      (name) => settings.get(name) !== '',
    );
  }

  async verify(token: Secret): Promise<TokenAnswer> {
    const { settings, clock } = this.#options;
    const parsed = parseToken(token.reveal());
    if (parsed === undefined) return { kind: 'invalid', reason: 'no signed token' };
    await this.#load();
    if (this.#keys.length === 0) {
      throw new Transient('directory.token_unavailable', 'the keys that sign tokens cannot be read');
    }
    if (!isSignedBy(parsed, this.#keys)) return { kind: 'invalid', reason: 'signature' };
    return judgeClaims(parsed.claims, claimRules(settings, true), clock.nowMs());
  }

  async #load(): Promise<void> {
    const { settings, clock, resolvePath, onBroken } = this.#options;
    const path = resolvePath(settings.get('auth.tokenKeysFile'));
    const now = clock.monotonicMs();
    if (path === this.#path && now - this.#checkedMs < recheckMs) return;
    this.#checkedMs = now;
    if (path !== this.#path) this.#keys = [];
    this.#path = path;
    const facts = await stat(path, { bigint: true }).catch(() => undefined);
    const seen = facts === undefined ? 'missing' : `${path} ${facts.ino} ${facts.size} ${facts.mtimeNs}`;
    if (seen === this.#seen) return;
    this.#seen = seen;
    const keys = facts === undefined ? 'there is no such file' : await readKeys(path, Number(facts.size));
    if (typeof keys === 'string') onBroken(path, keys);
    else this.#keys = keys;
  }
}

async function readKeys(path: string, size: number): Promise<readonly VerificationKey[] | string> {
  if (size > maxFileBytes) return `larger than ${maxFileBytes} bytes`;
  try {
    return parseKeySet(await readFile(path, 'utf8'));
  } catch (error) {
    return (error as Error).message;
  }
}
