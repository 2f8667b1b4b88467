// USER and PASS (RFC 1939 7). USER is always answered alike: it must not tell who exists.

import { Fault } from '../../base/outcome.ts';
import { Secret } from '../../base/secret.ts';
import { offeredMechanisms } from '../../directory/sasl/negotiation.ts';
import { checkPassword } from '../../directory/sasl/password.ts';
import { beforeLogin, type Command } from '../command.ts';
import { logIn } from '../log-in.ts';
import type { Pop3Session } from '../session.ts';
import type { SessionList } from '../session-list.ts';

/** True where a mechanism that sends the password is offered. */
export const arePasswordsTaken = (session: Pop3Session): boolean =>
  offeredMechanisms(session.saslOffer).some(({ name }) => name === 'PLAIN' || name === 'LOGIN');

/** Refuses before the password is sent: in clear, or where only other mechanisms are offered. */
export function assertPasswordAllowed(session: Pop3Session): void {
  if (!session.saslOffer.mayAuth) {
    throw new Fault('pop3.tls_required', 'Use TLS (STLS or port 995) to log in');
  }
  if (!arePasswordsTaken(session))
    throw new Fault('pop3.mechanism', 'Passwords are not taken here, use AUTH');
}

export const user: Command = {
  name: 'USER',
  states: beforeLogin,
  run(session, argument) {
    assertPasswordAllowed(session);
    if (argument === '') throw new Fault('pop3.syntax', 'Expected a user name');
    session.userName = argument;
    session.ok('Send PASS');
  },
};

/** `sessions`: those of this worker. */
export const pass = (sessions: SessionList): Command => ({
  name: 'PASS',
  states: beforeLogin,
  async run(session, argument) {
    assertPasswordAllowed(session);
    const login = session.userName;
    if (login === undefined) throw new Fault('pop3.out_of_order', 'Send USER first');
    // RFC 1939 7: after a failure it begins with USER again.
    session.userName = undefined;
    // All of the rest is the password, spaces too.
    const password = new Secret(argument);
    await logIn(session, sessions, await checkPassword(session.services.sasl, { login, password }), 'PASS');
  },
});
