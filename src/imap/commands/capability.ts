// CAPABILITY (RFC 9051 6.1.1): the list of capability.ts.

import { capabilityList } from '../capability.ts';
import { anyState, command, ok, parseNothing } from '../command.ts';

export const capability = command({
  name: 'CAPABILITY',
  states: anyState,
  announce: 'all',
  parse: parseNothing,
  async run(session) {
    session.untagged(`CAPABILITY ${capabilityList(session.capabilityContext)}`);
    return ok('Capabilities listed');
  },
});
