// QUIT (RFC 5321 4.1.1.10): the reply, then the end. A message that was not finished is dropped.

import { Fault } from '../../base/outcome.ts';
import type { Command } from '../command.ts';

export const quit: Command = {
  verb: 'QUIT',
  usage: 'QUIT',
  isIdle: false,
  run(session, argument) {
    if (argument !== '') throw new Fault('smtp.bad_argument', 'QUIT takes no argument');
    session.reply(221, '2.0.0', 'Bye');
    session.isOver = true;
  },
};
