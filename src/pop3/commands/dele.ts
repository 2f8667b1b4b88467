// DELE and RSET (RFC 1939 5): marks, which only QUIT turns into removal.

import { expectNothing, expectNumbers } from '../arguments.ts';
import { afterLogin, type Command, dropOf } from '../command.ts';

export const dele: Command = {
  name: 'DELE',
  states: afterLogin,
  run(session, argument) {
    const [number = 0] = expectNumbers(argument, 1);
    dropOf(session).markDeleted(dropOf(session).expect(number));
    session.ok('Marked to be deleted');
  },
};

export const rset: Command = {
  name: 'RSET',
  states: afterLogin,
  run(session, argument) {
    expectNothing(argument);
    dropOf(session).unmarkDeleted();
    session.ok('Nothing is marked to be deleted');
  },
};
