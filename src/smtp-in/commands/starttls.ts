// STARTTLS (RFC 3207): after the handshake the session starts anew, and nothing that came before it counts (S07).

import { Fault } from '../../base/outcome.ts';
import type { Command } from '../command.ts';

export const starttls: Command = {
  verb: 'STARTTLS',
  usage: 'STARTTLS',
  isIdle: false,
  async run(session, argument) {
    const { connection } = session;
    if (argument !== '') throw new Fault('smtp.bad_argument', 'STARTTLS takes no argument');
    if (connection.tls !== undefined) throw new Fault('smtp.out_of_order', 'TLS is active already');
    // RFC 3207 4.2: a client waits for the reply; what it pipelined was perhaps put in by somebody on the way.
    const dropped = session.input.clear();
    if (dropped > 0) session.log.warn('smtp.starttls_injection', { octets: dropped });
    session.reply(220, '2.0.0', 'Ready to start TLS');
    await connection.flush();
    await connection.startTls();
    session.input.clear();
    // RFC 3207 4.2: forget everything the client said.
    await session.endTransaction();
    session.helo = undefined;
    session.extended = false;
    session.account = undefined;
    const { tls } = session.connection;
    session.log.debug('smtp.tls', { protocol: tls?.protocol, cipher: tls?.cipher });
  },
};
