// TOP (RFC 1939 7): the header of a message and the first lines of its body. Looking is not reading: nothing is marked.

import { expectNumbers } from '../arguments.ts';
import { afterLogin, type Command, dropOf } from '../command.ts';
import { sendMessage, TopCut } from '../message-octets.ts';

export const top: Command = {
  name: 'TOP',
  states: afterLogin,
  async run(session, argument) {
    const [number = 0, lines = 0] = expectNumbers(argument, 2);
    await sendMessage(session, dropOf(session).expect(number), 'Top of message follows', new TopCut(lines));
  },
};
