// OAUTHBEARER (RFC 7628) and XOAUTH2 (Google's form): a bearer token stands for the password.
//
// Who the token belongs to is the TokenVerifier's word; that name must be an account here. A refusal takes one more round:
// the client gets a JSON text with the reason and acknowledges it before the exchange fails (RFC 7628 3.2.3).

import { Fault } from '../../base/outcome.ts';
import { type BearerCredentials, parseOAuthBearer, parseXOAuth2 } from '../../proto/sasl/bearer.ts';
import { authorize } from './authorization.ts';
import {
  refused,
  type SaslContext,
  type SaslExchange,
  type SaslMechanism,
  type SaslOutcome,
  type SaslServices,
  type SaslStep,
} from './mechanism.ts';

export const oauthBearer: SaslMechanism = {
  name: 'OAUTHBEARER',
  isAvailable: ({ tokens }) => tokens.isConfigured,
  begin: (context) => new BearerExchange(context, parseOAuthBearer, oauthBearerError),
};

export const xoauth2: SaslMechanism = {
  name: 'XOAUTH2',
  isAvailable: ({ tokens }) => tokens.isConfigured,
  begin: (context) => new BearerExchange(context, parseXOAuth2, xoauth2Error),
};

/** RFC 7628 3.2.2. */
function oauthBearerError({ settings }: SaslServices): object {
  const discovery = settings.get('auth.oauthDiscoveryUrl');
  return {
    status: 'invalid_token',
    ...(settings.get('auth.tokenScope') === '' ? {} : { scope: settings.get('auth.tokenScope') }),
    ...(discovery === '' ? {} : { 'openid-configuration': discovery }),
  };
}

function xoauth2Error({ settings }: SaslServices): object {
  return { status: '401', schemes: 'bearer', scope: settings.get('auth.tokenScope') };
}

class BearerExchange implements SaslExchange {
  readonly firstChallenge = '';
  readonly #context: SaslContext;
  readonly #parse: (octets: Uint8Array) => BearerCredentials;
  readonly #error: (services: SaslServices) => object;
  #outcome: SaslOutcome | undefined;

  constructor(
    context: SaslContext,
    parse: (octets: Uint8Array) => BearerCredentials,
    error: (services: SaslServices) => object,
  ) {
    this.#context = context;
    this.#parse = parse;
    this.#error = error;
  }

  async step(response: Uint8Array): Promise<SaslStep> {
    const { services } = this.#context;
    if (this.#outcome !== undefined) {
      // RFC 7628 3.2.3: the dummy response is one ^A; XOAUTH2 clients send nothing.
      if (response.length > 1) throw new Fault('sasl.malformed', 'Expected an empty response');
      return this.#outcome;
    }
    const outcome = await this.#check(this.#parse(response));
    if (outcome.kind === 'accepted') return outcome;
    this.#outcome = outcome;
    return { kind: 'challenge', octets: Buffer.from(JSON.stringify(this.#error(services))) };
  }

  async #check({ authorization, token }: BearerCredentials): Promise<SaslOutcome> {
    const { services } = this.#context;
    if (token.reveal() === '') return refused('token', authorization, token);
    const answer = await services.tokens.verify(token);
    if (answer.kind === 'invalid') return refused('token', authorization, token);
    const account = await services.directory.accountOf(answer.login);
    if (account === undefined) return refused('unknown', answer.login, token);
    return await authorize(services, { account, login: answer.login, authorization, attempt: token });
  }
}
