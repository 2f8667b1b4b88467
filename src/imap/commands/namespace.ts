// NAMESPACE (RFC 2342): one personal namespace with an empty prefix; no shared or other users' mail yet (I24: a prefix
// such as "INBOX." makes clients show the tree twice).

import { afterLogin, command, ok, parseNothing } from '../command.ts';

export const namespace = command({
  name: 'NAMESPACE',
  states: afterLogin,
  announce: 'all',
  capability: 'NAMESPACE',
  parse: parseNothing,
  async run(session) {
    session.untagged('NAMESPACE (("" "/")) NIL NIL');
    return ok('NAMESPACE completed');
  },
});
