// AUTH (RFC 5034): the mechanisms of src/directory/sasl, with an initial response. Without an argument it lists them, which
// clients from before CAPA ask for (RFC 1734 era).

import { Fault } from '../../base/outcome.ts';
import {
  beginExchange,
  mechanismNames,
  negotiate,
  offeredMechanisms,
} from '../../directory/sasl/negotiation.ts';
import { decodeBase64 } from '../../proto/sasl/plain.ts';
import { beforeLogin, type Command } from '../command.ts';
import { logIn } from '../log-in.ts';
import type { Pop3Session } from '../session.ts';
import type { SessionList } from '../session-list.ts';

/** `sessions`: those of this worker. */
export const auth = (sessions: SessionList): Command => ({
  name: 'AUTH',
  states: beforeLogin,
  async run(session, argument) {
    const offer = session.saslOffer;
    const offered = offeredMechanisms(offer);
    if (argument === '') {
      session.ok('Mechanisms follow');
      session.connection.write(`${[...offered.map(({ name }) => name), '.'].join('\r\n')}\r\n`);
      return;
    }
    const [mechanism = '', initial, ...more] = argument.split(' ');
    if (more.length > 0) throw new Fault('pop3.syntax', 'Expected AUTH mechanism [response]');
    if (!offer.mayAuth && mechanismNames.includes(mechanism.toUpperCase())) {
      throw new Fault('pop3.tls_required', 'Use TLS (STLS or port 995) to log in');
    }
    const exchange = beginExchange(offer, offered, mechanism);
    if (exchange === undefined) throw new Fault('pop3.mechanism', 'This mechanism is not offered');
    const outcome = await negotiate(exchange, decodeInitial(initial), (challenge) => ask(session, challenge));
    await logIn(session, sessions, outcome, mechanism.toUpperCase());
  },
});

/** RFC 5034 4: `=` stands for an empty initial response. */
function decodeInitial(text: string | undefined): Uint8Array | undefined {
  if (text === undefined) return undefined;
  return text === '=' ? new Uint8Array(0) : decodeBase64(text);
}

async function ask(session: Pop3Session, challenge: Uint8Array): Promise<Uint8Array> {
  const answer = await session.prompt(Buffer.from(challenge).toString('base64'));
  // RFC 5034 4: the client gives up.
  if (answer === '*') throw new Fault('pop3.auth_cancelled', 'Log-in cancelled');
  return decodeBase64(answer);
}
