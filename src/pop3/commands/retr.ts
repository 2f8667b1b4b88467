// RETR (RFC 1939 5): one message, whole. It counts as read afterwards where pop3.setSeen says so.

import { expectNumbers } from '../arguments.ts';
import { afterLogin, type Command, dropOf } from '../command.ts';
import { sendMessage, whole } from '../message-octets.ts';

export const retr: Command = {
  name: 'RETR',
  states: afterLogin,
  async run(session, argument) {
    const drop = dropOf(session);
    const [number = 0] = expectNumbers(argument, 1);
    await sendMessage(session, drop.expect(number), `${drop.size(number)} octets`, whole);
    drop.markFetched(number);
  },
};
