// Test fixture: SASL without a service around it, and a SCRAM client that knows RFC 5802 from the other side.
//
// Not used by the server.

import { createHash, createHmac, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import type { Secret } from '../../base/secret.ts';
import { FixtureDirectory, FixtureSettings, fixtureAccount } from '../../routing/fixture.ts';
import type { TokenAnswer, TokenVerifier } from '../token-verifier.ts';
import type { Directory } from '../user-source.ts';
import type { BindingType, SaslChannel, SaslOutcome, SaslServices } from './mechanism.ts';
import { beginExchange, negotiate, offeredMechanisms } from './negotiation.ts';

/** Tokens that are somebody's name with `token-` in front; `isConfigured` at will. */
export class NamedTokens implements TokenVerifier {
  isConfigured = true;

  async verify(token: Secret): Promise<TokenAnswer> {
    const text = token.reveal();
    return text.startsWith('token-')
      ? { kind: 'valid', login: text.slice('token-'.length).replace('_', '@') }
      : { kind: 'invalid', reason: 'test' };
  }
}

export const saslAccounts = [
  fixtureAccount('alice@example.test', { aliases: ['al@example.test'] }),
  fixtureAccount('bob@example.test'),
  fixtureAccount('admin@example.test', { admin: true }),
  fixtureAccount('off@example.test', { enabled: false }),
];

/** What a service gives to mechanisms when a test has no wishes. */
export function saslServices(
  settings: ConstructorParameters<typeof FixtureSettings>[1] = {},
  directory: Directory = new FixtureDirectory(saslAccounts),
): SaslServices & { readonly tokens: NamedTokens } {
  let drawn = 0;
  return {
    settings: new FixtureSettings([], settings),
    directory,
    tokens: new NamedTokens(),
    installationKey: Buffer.alloc(32, 1),
    random: { bytes: (count) => Uint8Array.from({ length: count }, () => drawn++) },
  };
}

export interface ChannelWishes {
  readonly bindings?: Partial<Record<BindingType, string>>;
  readonly names?: readonly string[];
}

export function saslTestChannel({ bindings = {}, names }: ChannelWishes = {}): SaslChannel {
  return {
    isSecure: true,
    binding: (type) => (bindings[type] === undefined ? undefined : Buffer.from(bindings[type])),
    certificateNames: () => names,
  };
}

/** Answers of a client: a text, or one made from the challenge. */
export type Answer = string | ((challenge: string) => string | Promise<string>);

/** Runs a mechanism with scripted answers; the challenges that came, and the outcome. */
export async function runMechanism(
  services: SaslServices,
  channel: SaslChannel,
  name: string,
  answers: readonly Answer[],
): Promise<{ readonly challenges: readonly string[]; readonly outcome: SaslOutcome }> {
  const offer = { services, channel, mayAuth: true };
  const exchange = beginExchange(offer, offeredMechanisms(offer), name);
  if (exchange === undefined) throw new Error(`${name} is not offered`);
  const challenges: string[] = [];
  const left = [...answers];
  const outcome = await negotiate(exchange, undefined, async (challenge) => {
    challenges.push(Buffer.from(challenge).toString());
    const answer = left.shift();
    if (answer === undefined) throw new Error('the client has no more to say');
    const text = typeof answer === 'string' ? answer : await answer(challenges.at(-1) ?? '');
    return Buffer.from(text);
  });
  return { challenges, outcome };
}

export interface ScramClientOptions {
  readonly login: string;
  readonly password: string;
  /** `n`, `y` or `p=type`. */
  readonly flag?: string;
  readonly bindingData?: string | Uint8Array;
  readonly authorization?: string;
  readonly nonce?: string;
}

/** The client's three messages; `verified` is true when the server proved itself. */
export class ScramClient {
  verified = false;
  readonly #options: ScramClientOptions;
  readonly #bare: string;
  readonly #gs2: string;
  #expected = '';

  constructor(options: ScramClientOptions) {
    this.#options = options;
    const authorization = options.authorization === undefined ? '' : `a=${options.authorization}`;
    this.#gs2 = `${options.flag ?? 'n'},${authorization},`;
    this.#bare = `n=${options.login.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${options.nonce ?? 'fyko+d2lbbFgONRv9qkxdawL'}`;
  }

  get answers(): readonly Answer[] {
    return [() => this.first(), (challenge) => this.final(challenge), (challenge) => this.last(challenge)];
  }

  first(): string {
    return this.#gs2 + this.#bare;
  }

  async final(serverFirst: string): Promise<string> {
    const [, nonce, salt = '', iterations] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(serverFirst) ?? [];
    const salted = await promisify(pbkdf2)(
      this.#options.password,
      Buffer.from(salt, 'base64'),
      Number(iterations),
      32,
      'sha256',
    );
    const clientKey = hmac(salted, 'Client Key');
    const storedKey = createHash('sha256').update(clientKey).digest();
    const binding = Buffer.concat([Buffer.from(this.#gs2), Buffer.from(this.#options.bindingData ?? '')]);
    const withoutProof = `c=${binding.toString('base64')},r=${nonce}`;
    const authMessage = `${this.#bare},${serverFirst},${withoutProof}`;
    const signature = hmac(storedKey, authMessage);
    const proof = clientKey.map((octet, at) => octet ^ (signature[at] ?? 0));
    this.#expected = `v=${hmac(hmac(salted, 'Server Key'), authMessage).toString('base64')}`;
    return `${withoutProof},p=${Buffer.from(proof).toString('base64')}`;
  }

  last(serverFinal: string): string {
    this.verified = serverFinal === this.#expected;
    return '';
  }
}

const hmac = (key: Uint8Array, text: string): Buffer => createHmac('sha256', key).update(text).digest();
