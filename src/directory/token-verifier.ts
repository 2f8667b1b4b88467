// Port: who a bearer token (RFC 6750) belongs to. Adapters check a signature against keys of their own, or ask the server
// that issued the token.
//
// A verifier that cannot answer now throws Transient('directory.token_unavailable'); a bad token is an answer. Tokens are
// never logged.

import type { Secret } from '../base/secret.ts';

export type TokenAnswer =
  /** `login`: the user's name as the token says it, not yet looked up. */
  | { readonly kind: 'valid'; readonly login: string }
  /** `reason` is for our log, never for the client. */
  | { readonly kind: 'invalid'; readonly reason: string };

export interface TokenVerifier {
  /** False while nothing is configured: mechanisms with tokens are then not offered. */
  readonly isConfigured: boolean;
  verify(token: Secret): Promise<TokenAnswer>;
}
