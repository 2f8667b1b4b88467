// AUTHENTICATE (RFC 9051 6.2.2) with an initial response (SASL-IR, RFC 4959).

import { beginExchange } from '../../directory/sasl/negotiation.ts';
import { bad, refuse } from '../../proto/imap/fault.ts';
import { command, onlyUnauthenticated } from '../command.ts';
import { assertEncrypted, logIn } from '../login.ts';
import { announcedMechanisms, isKnownMechanism, runDialogue, saslOffer } from '../sasl-dialogue.ts';

interface AuthenticateArguments {
  readonly mechanism: string;
  /** Base64 as sent, `=` for an empty response, undefined when absent. */
  readonly initialResponse: string | undefined;
}

export const authenticate = command<AuthenticateArguments>({
  name: 'AUTHENTICATE',
  states: onlyUnauthenticated,
  announce: 'none',
  parse(tokens) {
    tokens.expectSpace('mechanism');
    const mechanism = tokens.expectKeyword('mechanism');
    const initialResponse = tokens.takeSpace() ? tokens.expectRawAtom('initial response') : undefined;
    tokens.expectEnd();
    return { mechanism, initialResponse };
  },
  async run(session, { mechanism, initialResponse }) {
    const offer = saslOffer(session);
    // Refused before a secret is asked for; with an initial response it was sent in clear already.
    if (isKnownMechanism(mechanism) && session.isOn(`AUTH=${mechanism}`)) assertEncrypted(session);
    const exchange = beginExchange(offer, announcedMechanisms(session, offer), mechanism);
    if (exchange === undefined) {
      throw refuse('imap.mechanism', 'CANNOT', 'This authentication mechanism is not offered');
    }
    if (initialResponse !== undefined && !session.isOn('SASL-IR')) throw bad('Unexpected initial response');
    return await logIn(session, await runDialogue(session, exchange, initialResponse), mechanism);
  },
});
