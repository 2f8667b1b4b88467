// EHLO and HELO (RFC 5321 4.1.1.1). The name is kept as it came; whatever it is, mail is not refused for it (4.1.4).

import { Fault } from '../../base/outcome.ts';
import { formatLines } from '../../proto/smtp/reply.ts';
import { capabilityLines } from '../capabilities.ts';
import type { Command } from '../command.ts';
import type { SmtpSession } from '../session.ts';

/** RFC 5321 4.5.3.1.2 gives a domain 255 octets; a longer name is cut, not refused. */
const maxNameLength = 255;

export const ehlo: Command = {
  verb: 'EHLO',
  usage: 'EHLO domain',
  isIdle: true,
  run(session, argument) {
    const done = introduce(session, argument);
    session.extended = true;
    session.connection.write(
      formatLines(250, [`${session.hostname} greets you`, ...capabilityLines(session)]),
    );
    return done;
  },
};

export const helo: Command = {
  verb: 'HELO',
  usage: 'HELO domain',
  isIdle: true,
  run(session, argument) {
    const done = introduce(session, argument);
    session.extended = false;
    session.connection.write(formatLines(250, [`${session.hostname} greets you`]));
    return done;
  },
};

/** RFC 5321 4.1.4: a second EHLO resets like RSET. */
function introduce(session: SmtpSession, argument: string): Promise<void> | undefined {
  const name = argument.trim();
  if (name === '') throw new Fault('smtp.bad_argument', 'Tell your domain');
  session.helo = name.slice(0, maxNameLength);
  return session.endTransaction();
}
