// CLOSE (RFC 9051 6.4.1), UNSELECT (RFC 3691): leave the selected mailbox, with or without removing \Deleted messages.

import { type Command, command, ok, onlySelected, parseNothing } from '../command.ts';

function row(name: string, expunge: boolean, capability?: string): Command {
  return command({
    name,
    states: onlySelected,
    announce: 'none',
    ...(capability === undefined ? {} : { capability }),
    parse: parseNothing,
    async run(session) {
      await session.deselect(expunge);
      return ok(`${name} completed`);
    },
  });
}

export const close = row('CLOSE', true);
export const unselect = row('UNSELECT', false, 'UNSELECT');
