// STLS (RFC 2595 4): after the handshake the session starts anew, and nothing that came in clear counts (S07).

import { Fault } from '../../base/outcome.ts';
import { expectNothing } from '../arguments.ts';
import { beforeLogin, type Command } from '../command.ts';

export const stls: Command = {
  name: 'STLS',
  states: beforeLogin,
  async run(session, argument) {
    expectNothing(argument);
    const { connection, lines } = session;
    if (connection.tls !== undefined) throw new Fault('pop3.out_of_order', 'TLS is active already');
    const dropped = lines.drop();
    if (dropped > 0) session.log.warn('pop3.stls_injection', { octets: dropped });
    session.ok('Begin TLS');
    await connection.startTls();
    lines.drop();
    session.userName = undefined;
    const { tls } = session.connection;
    session.log.debug('pop3.tls', { protocol: tls?.protocol, cipher: tls?.cipher });
  },
};
