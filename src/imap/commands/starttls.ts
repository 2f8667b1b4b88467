// STARTTLS (RFC 9051 6.2.1): TLS on this connection, starting right after the tagged OK.
//
// What the client sent behind the command in clear is dropped, never run after the handshake (S07): somebody in between may
// have put it there.

import { command, no, ok, onlyUnauthenticated, parseNothing } from '../command.ts';

export const starttls = command({
  name: 'STARTTLS',
  states: onlyUnauthenticated,
  announce: 'none',
  capability: 'STARTTLS',
  parse: parseNothing,
  async run(session) {
    if (session.connection.tls !== undefined) return no('TLS is active already', 'CLIENTBUG');
    // After UNAUTHENTICATE; RFC 4978 3: compression lies above TLS, so TLS can no longer slip in below it.
    if (session.isCompressed) return no('TLS must begin before COMPRESS', 'CLIENTBUG');
    return {
      ...ok('Begin TLS negotiation now'),
      after: async () => {
        if (session.lines.hasBuffered) session.log.warn('imap.starttls_injection', {});
        session.lines.drop();
        await session.connection.startTls();
        session.log.debug('imap.tls', { tls: session.connection.tls?.protocol });
      },
    };
  },
});
