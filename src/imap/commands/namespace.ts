// NAMESPACE (RFC 2342): the personal namespace with an empty prefix (I24: a prefix such as "INBOX." makes clients show the
// tree twice), and those of other users and of public folders where they are switched on.

import { formatMailboxName } from '../../proto/imap/mailbox-name.ts';
import { afterLogin, command, ok, parseNothing } from '../command.ts';

function formatNamespace(prefixes: readonly string[], utf8: boolean): string {
  if (prefixes.length === 0) return 'NIL';
  return `(${prefixes.map((prefix) => `(${formatMailboxName(prefix, utf8)} "/")`).join('')})`;
}

export const namespace = command({
  name: 'NAMESPACE',
  states: afterLogin,
  announce: 'all',
  capability: 'NAMESPACE',
  parse: parseNothing,
  async run(session) {
    const { personal, others, shared } = session.mail.namespaces();
    const answers = [personal, others, shared].map((prefixes) => formatNamespace(prefixes, session.utf8));
    session.untagged(`NAMESPACE ${answers.join(' ')}`);
    return ok('NAMESPACE completed');
  },
});
