// AUTHENTICATE (RFC 9051 6.2.2) with an initial response (SASL-IR, RFC 4959). Mechanisms are rows of sasl-mechanisms.ts.

import { bad, refuse } from '../../proto/imap/fault.ts';
import { command, onlyUnauthenticated } from '../command.ts';
import { assertPasswordAllowed, logIn } from '../login.ts';
import { findMechanism, SaslDialogue } from '../sasl-mechanisms.ts';

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
    const row = findMechanism(mechanism);
    if (row === undefined || !session.isOn(`AUTH=${row.name}`)) {
      throw refuse('imap.mechanism', 'CANNOT', 'Unknown authentication mechanism');
    }
    // Refused before the password is asked for; with an initial response it was sent in clear already.
    if (row.sendsPassword) assertPasswordAllowed(session);
    if (initialResponse !== undefined && !session.isOn('SASL-IR')) {
      throw bad('Unexpected initial response');
    }
    const dialogue = new SaslDialogue((challenge) => session.prompt(challenge), initialResponse);
    return await logIn(session, await row.run(dialogue));
  },
});
