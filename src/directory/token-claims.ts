// What the claims of a token (RFC 7519 4.1, RFC 7662 2.2) must say before its user is believed. Pure; the same for signed
// tokens and for answers of an introspection server.

import type { Settings } from '../settings/settings.ts';
import type { TokenAnswer } from './token-verifier.ts';

export type Claims = Readonly<Record<string, unknown>>;

export interface ClaimRules {
  /** '' = not compared. */
  readonly issuer: string;
  /** '' = not compared. */
  readonly audience: string;
  /** '' = not compared. */
  readonly scope: string;
  readonly userClaim: string;
  readonly clockSkewMs: number;
  /** A token without `exp` is refused. */
  readonly needsExpiry: boolean;
}

/** The rules that the settings make. */
export function claimRules(settings: Settings, needsExpiry: boolean): ClaimRules {
  return {
    issuer: settings.get('auth.tokenIssuer'),
    audience: settings.get('auth.tokenAudience'),
    scope: settings.get('auth.tokenScope'),
    userClaim: settings.get('auth.tokenUserClaim'),
    clockSkewMs: settings.get('auth.tokenClockSkewSeconds') * 1000,
    needsExpiry,
  };
}

const invalid = (reason: string): TokenAnswer => ({ kind: 'invalid', reason });

/** Judges claims whose origin is proved. */
export function judgeClaims(claims: Claims, rules: ClaimRules, nowMs: number): TokenAnswer {
  const { iss, exp, nbf } = claims;
  if (rules.issuer !== '' && iss !== rules.issuer) return invalid('issuer');
  if (rules.audience !== '' && !wordsOf(claims.aud, false).includes(rules.audience))
    return invalid('audience');
  if (exp === undefined ? rules.needsExpiry : !(isTime(exp) && exp * 1000 + rules.clockSkewMs > nowMs)) {
    return invalid('expired');
  }
  if (nbf !== undefined && !(isTime(nbf) && nbf * 1000 - rules.clockSkewMs <= nowMs))
    return invalid('not yet valid');
  const scopes = [...wordsOf(claims.scope, true), ...wordsOf(claims.scp, true)];
  if (rules.scope !== '' && !scopes.includes(rules.scope)) return invalid('scope');
  const login = claims[rules.userClaim];
  if (typeof login !== 'string' || login === '') return invalid('no user');
  // OpenID Connect Core 5.1: an address that its owner never confirmed may be anybody's.
  if (rules.userClaim === 'email' && claims.email_verified === false) return invalid('address not verified');
  return { kind: 'valid', login };
}

const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

/** One text or a list of them; `split` for claims that hold several words in one text. */
function wordsOf(claim: unknown, split: boolean): string[] {
  if (Array.isArray(claim)) return claim.filter((word) => typeof word === 'string');
  if (typeof claim !== 'string') return [];
  return split ? claim.split(' ') : [claim];
}
