// SASL over IMAP (RFC 9051 6.2.2): what this connection is offered, challenges as continuation requests in base64, and `*`
// with which a client gives up. The mechanisms are src/directory/sasl.

import { Transient } from '../base/outcome.ts';
import { saslChannel } from '../directory/sasl/channel.ts';
import type { SaslExchange, SaslMechanism, SaslOutcome } from '../directory/sasl/mechanism.ts';
import { mechanismNames, negotiate, type Offer, offeredMechanisms } from '../directory/sasl/negotiation.ts';
import { bad } from '../proto/imap/fault.ts';
import { decodeBase64 } from '../proto/sasl/plain.ts';
import type { ImapSession } from './session.ts';

/** What decides which mechanisms the session is offered. RFC 9051 11.2: none in clear unless the operator says so. */
export function saslOffer({ services, connection }: ImapSession): Offer {
  const { settings } = services;
  return {
    services: services.sasl,
    channel: saslChannel(connection.tls, settings),
    mayAuth: connection.tls !== undefined || settings.get('imap.plaintextAuth'),
  };
}

/** The mechanisms announced now. */
export function announcedMechanisms(session: ImapSession, offer: Offer): readonly SaslMechanism[] {
  return offeredMechanisms(offer).filter(({ name }) => session.isOn(`AUTH=${name}`));
}

export const isKnownMechanism = (name: string): boolean => mechanismNames.includes(name);

/**
 * Runs an exchange. `initial` is base64 as sent, `=` for an empty response (RFC 4959 3), undefined when absent. Throws BAD
 * when the client gives up or sends what is no base64.
 */
export function runDialogue(
  session: ImapSession,
  exchange: SaslExchange,
  initial: string | undefined,
): Promise<SaslOutcome> {
  const first =
    initial === undefined ? undefined : initial === '=' ? new Uint8Array(0) : decodeBase64(initial);
  return negotiate(exchange, first, async (challenge) => {
    const line = await session.prompt(Buffer.from(challenge).toString('base64'));
    if (line === undefined) throw new Transient('host.closed', 'the client left while logging in');
    const text = line.toString('latin1');
    if (text === '*') throw bad('Authentication cancelled');
    return decodeBase64(text);
  });
}
