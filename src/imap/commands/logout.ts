// LOGOUT (RFC 9051 6.1.3): BYE, the tagged OK, then the server closes.

import { anyState, command, ok, parseNothing } from '../command.ts';

export const logout = command({
  name: 'LOGOUT',
  states: anyState,
  announce: 'none',
  parse: parseNothing,
  async run(session) {
    session.announceLogout();
    session.log.info('imap.logout', {});
    return ok('Logged out');
  },
});
