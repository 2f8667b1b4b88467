// All commands of the server, by verb. A new command is one file in commands/ and one row here.

import type { Command } from './command.ts';
import { auth } from './commands/auth.ts';
import { bdat } from './commands/bdat.ts';
import { data } from './commands/data.ts';
import { ehlo, helo } from './commands/ehlo.ts';
import { expn } from './commands/expn.ts';
import { help } from './commands/help.ts';
import { mail } from './commands/mail.ts';
import { noop } from './commands/noop.ts';
import { quit } from './commands/quit.ts';
import { rcpt } from './commands/rcpt.ts';
import { rset } from './commands/rset.ts';
import { starttls } from './commands/starttls.ts';
import { vrfy } from './commands/vrfy.ts';

const commands = new Map<string, Command>(
  [ehlo, helo, mail, rcpt, data, bdat, rset, noop, vrfy, expn, help, quit, starttls, auth].map((command) => [
    command.verb,
    command,
  ]),
);

/** The command of a verb in capitals. */
export function findCommand(verb: string): Command | undefined {
  return commands.get(verb);
}
