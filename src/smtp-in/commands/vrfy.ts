// VRFY (RFC 5321 3.5.3, 7.3): the same answer for every argument and without a look-up, so that neither text nor time tells
// who exists (S21).

import { Fault } from '../../base/outcome.ts';
import type { Command } from '../command.ts';

export const vrfy: Command = {
  verb: 'VRFY',
  usage: 'VRFY address',
  isIdle: true,
  run(session, argument) {
    if (argument === '') throw new Fault('smtp.bad_argument', 'Expected VRFY address');
    session.reply(252, '2.0.0', 'Not verified here; send a message and its recipients will be checked');
  },
};
