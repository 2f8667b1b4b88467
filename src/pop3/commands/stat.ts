// STAT (RFC 1939 5): how many messages, how many octets; those marked as deleted do not count.

import { expectNothing } from '../arguments.ts';
import { afterLogin, type Command, dropOf } from '../command.ts';

export const stat: Command = {
  name: 'STAT',
  states: afterLogin,
  run(session, argument) {
    expectNothing(argument);
    const { count, sizeBytes } = dropOf(session);
    session.ok(`${count} ${sizeBytes}`);
  },
};
