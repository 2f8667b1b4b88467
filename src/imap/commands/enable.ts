// ENABLE (RFC 5161): switches extensions on for this session. Unknown names are ignored, as the RFC asks.

import { enableable } from '../capability.ts';
import { afterLogin, command, ok } from '../command.ts';

export const enable = command<readonly string[]>({
  name: 'ENABLE',
  states: afterLogin,
  announce: 'all',
  capability: 'ENABLE',
  parse(tokens) {
    const names: string[] = [];
    do {
      tokens.expectSpace('capability');
      names.push(tokens.expectKeyword('capability'));
    } while (!tokens.isAtEnd);
    return names;
  },
  async run(session, names) {
    const fresh = new Set<string>();
    for (const name of names) {
      const row = enableable(name, session.capabilityContext);
      if (row !== undefined && session.enable(row.name)) fresh.add(row.name);
    }
    // RFC 5161 3.2: the answer comes even when nothing was enabled; names enabled before are not repeated.
    session.untagged(['ENABLED', ...fresh].join(' '));
    return ok('ENABLE completed');
  },
});
