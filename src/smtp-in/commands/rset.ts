// RSET (RFC 5321 4.1.1.5).

import { Fault } from '../../base/outcome.ts';
import type { Command } from '../command.ts';

export const rset: Command = {
  verb: 'RSET',
  usage: 'RSET',
  isIdle: true,
  run(session, argument) {
    if (argument !== '') throw new Fault('smtp.bad_argument', 'RSET takes no argument');
    const done = session.endTransaction();
    session.reply(250, '2.0.0', 'Ok');
    return done;
  },
};
