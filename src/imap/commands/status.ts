// STATUS (RFC 9051 6.3.11).

import type { MailboxName } from '../../base/brands.ts';
import { expectStatusItems, type StatusItem } from '../../proto/imap/status-items.ts';
import { afterLogin, command, ok } from '../command.ts';
import { writeStatus } from '../mailbox-status.ts';

interface StatusArguments {
  readonly name: MailboxName;
  readonly items: readonly StatusItem[];
}

export const status = command<StatusArguments>({
  name: 'STATUS',
  states: afterLogin,
  announce: 'all',
  parse(tokens) {
    tokens.expectSpace('mailbox name');
    const name = tokens.expectMailbox();
    tokens.expectSpace('status item list');
    const items = expectStatusItems(tokens);
    tokens.expectEnd();
    return { name, items };
  },
  async run(session, { name, items }) {
    await writeStatus(session, name, items);
    return ok('STATUS completed');
  },
});
