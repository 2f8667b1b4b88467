// CAPA (RFC 2449): what this server can do, one line a capability.
//
// UTF8 and LANG (RFC 6856) are not announced: whoever announces them owes other clients a rewritten message, and here every
// message leaves as it came. APOP and a time stamp in the greeting are not offered: they need the password in clear text.

import { offeredMechanisms } from '../../directory/sasl/negotiation.ts';
import { expectNothing } from '../arguments.ts';
import { always, type Command } from '../command.ts';
import type { Pop3Session } from '../session.ts';
import { arePasswordsTaken } from './user.ts';

/** Lines of the answer. */
export function capabilityLines(session: Pop3Session): string[] {
  const mechanisms = offeredMechanisms(session.saslOffer).map(({ name }) => name);
  return [
    'TOP',
    'UIDL',
    // RFC 2449 6.3: without USER/PASS it is absent.
    ...(arePasswordsTaken(session) ? ['USER'] : []),
    ...(mechanisms.length === 0 ? [] : [`SASL ${mechanisms.join(' ')}`]),
    // RFC 2595 4: not once TLS runs.
    ...(session.connection.tls === undefined ? ['STLS'] : []),
    'RESP-CODES',
    'AUTH-RESP-CODE',
    'PIPELINING',
    'EXPIRE NEVER',
    'IMPLEMENTATION Tegu',
  ];
}

export const capa: Command = {
  name: 'CAPA',
  states: always,
  run(session, argument) {
    expectNothing(argument);
    session.ok('Capabilities follow');
    session.connection.write(`${capabilityLines(session).join('\r\n')}\r\n.\r\n`);
  },
};
