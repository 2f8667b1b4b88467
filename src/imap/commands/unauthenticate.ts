// UNAUTHENTICATE (RFC 8437): back to the state before log-in on the same connection, as if it had just been greeted.
//
// TLS and compression stay. Everything the user switched on or opened goes; the time for log-in starts anew.

import { afterLogin, command, ok, parseNothing } from '../command.ts';

export const unauthenticate = command({
  name: 'UNAUTHENTICATE',
  states: afterLogin,
  announce: 'none',
  capability: 'UNAUTHENTICATE',
  parse: parseNothing,
  async run(session) {
    session.forgetUser();
    return ok('Log in again', () => session.capabilityCode());
  },
});
