// HELP (RFC 5321 4.1.1.8).

import type { Command } from '../command.ts';

const verbs = 'EHLO HELO MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT STARTTLS AUTH';

export const help: Command = {
  verb: 'HELP',
  usage: 'HELP',
  isIdle: true,
  run(session) {
    session.reply(214, '2.0.0', `Commands: ${verbs}`);
  },
};
