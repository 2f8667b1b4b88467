// Which mechanisms a connection is offered, and the rounds of one exchange; IMAP, SMTP and POP3 use both.
//
// A mechanism is offered when auth.mechanisms lists it, the connection may carry credentials, and the mechanism itself can
// work here (tokens configured, a certificate shown, verifiers there). What is not offered is not accepted either.

import { Bug } from '../../base/outcome.ts';
import { oauthBearer, xoauth2 } from './bearer.ts';
import { external } from './external.ts';
import type { SaslChannel, SaslExchange, SaslMechanism, SaslOutcome, SaslServices } from './mechanism.ts';
import { login, plain } from './password.ts';
import { scramSha256, scramSha256Plus } from './scram.ts';

/** Every mechanism, in the order of announcement. */
const mechanisms: readonly SaslMechanism[] = [
  plain,
  login,
  scramSha256,
  scramSha256Plus,
  oauthBearer,
  xoauth2,
  external,
];

/** Most rounds of any exchange; more is our own mistake. */
const maxRounds = 6;

/** Names of all mechanisms there are. */
export const mechanismNames: readonly string[] = mechanisms.map(({ name }) => name);

export interface Offer {
  readonly services: SaslServices;
  readonly channel: SaslChannel;
  /** May credentials cross this connection now: TLS, or the operator allows it without? */
  readonly mayAuth: boolean;
}

/** The mechanisms that are offered now. */
export function offeredMechanisms({ services, channel, mayAuth }: Offer): readonly SaslMechanism[] {
  if (!mayAuth) return [];
  const listed = new Set(services.settings.get('auth.mechanisms').map((name) => name.toUpperCase()));
  return mechanisms.filter(({ name, isAvailable }) => listed.has(name) && isAvailable(services, channel));
}

/** Begins the exchange of `name` when it is among `offered`. */
export function beginExchange(
  { services, channel }: Offer,
  offered: readonly SaslMechanism[],
  name: string,
): SaslExchange | undefined {
  const mechanism = offered.find((one) => one.name === name.toUpperCase());
  const offersPlus = offered.includes(scramSha256Plus);
  return mechanism?.begin({ services, channel, offersPlus });
}

/**
 * Runs an exchange to its end. `ask` sends a challenge and resolves with the client's octets; it throws when the client
 * gives up. `initial` is undefined when the client sent no initial response.
 */
export async function negotiate(
  exchange: SaslExchange,
  initial: Uint8Array | undefined,
  ask: (challenge: Uint8Array) => Promise<Uint8Array>,
): Promise<SaslOutcome> {
  let response = initial ?? (await ask(Buffer.from(exchange.firstChallenge)));
  for (let round = 0; round < maxRounds; round++) {
    const step = await exchange.step(response);
    if (step.kind !== 'challenge') return step;
    response = await ask(step.octets);
  }
  throw new Bug('a SASL exchange does not end');
}
