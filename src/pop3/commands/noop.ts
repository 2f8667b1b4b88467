// NOOP (RFC 1939 5).

import { expectNothing } from '../arguments.ts';
import { afterLogin, type Command } from '../command.ts';

export const noop: Command = {
  name: 'NOOP',
  states: afterLogin,
  run(session, argument) {
    expectNothing(argument);
    session.ok('Done');
  },
};
