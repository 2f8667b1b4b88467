// CHECK (RFC 3501 6.4.1): a checkpoint. Whatever was acknowledged is durable already, so what is left is to look for news.

import { command, ok, onlySelected, parseNothing } from '../command.ts';

export const check = command({
  name: 'CHECK',
  states: onlySelected,
  announce: 'all',
  poll: true,
  parse: parseNothing,
  async run() {
    return ok('CHECK completed');
  },
});
