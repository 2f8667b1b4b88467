// Which of the configured verifiers a token is for: one that has the form of a signed token goes to the verifier of
// signatures, any other (and every one, where no keys are configured) is asked about.

import type { Secret } from '../base/secret.ts';
import type { TokenAnswer, TokenVerifier } from './token-verifier.ts';

export class TokenChoice implements TokenVerifier {
  readonly #signed: TokenVerifier;
  readonly #asked: TokenVerifier;

  constructor(signed: TokenVerifier, asked: TokenVerifier) {
    this.#signed = signed;
    this.#asked = asked;
  }

  get isConfigured(): boolean {
    return this.#signed.isConfigured || this.#asked.isConfigured;
  }

  async verify(token: Secret): Promise<TokenAnswer> {
    if (this.#signed.isConfigured && token.reveal().split('.').length === 3)
      return await this.#signed.verify(token);
    if (this.#asked.isConfigured) return await this.#asked.verify(token);
    return { kind: 'invalid', reason: 'no verifier for this kind of token' };
  }
}
