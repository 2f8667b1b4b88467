// LSUB (RFC 3501 6.3.9): the subscribed names.

import { formatMailboxName } from '../../proto/imap/mailbox-name.ts';
import type { TokenReader } from '../../proto/imap/token-reader.ts';
import { afterLogin, command, ok } from '../command.ts';
import { lsubEntries, mailboxTree } from '../mailbox-list.ts';

interface LsubArguments {
  readonly reference: string;
  readonly pattern: string;
}

function parseLsub(tokens: TokenReader): LsubArguments {
  tokens.expectSpace('reference name');
  const reference = tokens.expectListMailbox('reference name');
  tokens.expectSpace('mailbox pattern');
  const pattern = tokens.expectListMailbox();
  tokens.expectEnd();
  return { reference, pattern };
}

export const lsub = command<LsubArguments>({
  name: 'LSUB',
  states: afterLogin,
  announce: 'all',
  parse: parseLsub,
  async run(session, { reference, pattern }) {
    if (pattern === '') {
      session.untagged('LSUB (\\Noselect) "/" ""');
      return ok('LSUB completed');
    }
    const tree = mailboxTree([], await session.mail.subscriptions());
    for (const { name, attributes } of lsubEntries(tree, reference, pattern, session.utf8)) {
      session.untagged(`LSUB (${attributes.join(' ')}) "/" ${formatMailboxName(name, session.utf8)}`);
      await session.flush();
    }
    return ok('LSUB completed');
  },
});
