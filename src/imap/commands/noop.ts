// NOOP (RFC 9051 6.1.2): the client asks for news; the announcement after it looks into the store.

import { anyState, command, ok, parseNothing } from '../command.ts';

export const noop = command({
  name: 'NOOP',
  states: anyState,
  announce: 'all',
  poll: true,
  parse: parseNothing,
  async run() {
    return ok('NOOP completed');
  },
});
