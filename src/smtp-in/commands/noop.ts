// NOOP (RFC 5321 4.1.1.9); an argument is ignored.

import type { Command } from '../command.ts';

export const noop: Command = {
  verb: 'NOOP',
  usage: 'NOOP',
  isIdle: true,
  run(session) {
    session.reply(250, '2.0.0', 'Ok');
  },
};
