// RENAME (RFC 9051 6.3.6): with all inferiors and their subscriptions; missing superiors of the new name are made (I15).
// Renaming INBOX moves its mail and leaves it empty. Into itself or onto an existing mailbox is refused.

import type { MailboxName } from '../../base/brands.ts';
import { refuse } from '../../proto/imap/fault.ts';
import { formatMailboxName } from '../../proto/imap/mailbox-name.ts';
import { afterLogin, command, ok } from '../command.ts';

interface RenameArguments {
  readonly from: MailboxName;
  readonly to: MailboxName;
}

export const rename = command<RenameArguments>({
  name: 'RENAME',
  states: afterLogin,
  announce: 'all',
  parse(tokens) {
    tokens.expectSpace('mailbox name');
    const from = tokens.expectMailbox();
    tokens.expectSpace('new mailbox name');
    const to = tokens.expectMailbox('new mailbox name');
    tokens.expectEnd();
    return { from, to };
  },
  async run(session, { from, to }) {
    if (to === 'INBOX') throw refuse('imap.inbox', 'ALREADYEXISTS', 'INBOX exists already');
    if (to === from) throw refuse('imap.mailbox_name', 'ALREADYEXISTS', 'The mailbox has that name already');
    if (from !== 'INBOX' && to.startsWith(`${from}/`)) {
      throw refuse('imap.mailbox_name', 'CANNOT', 'A mailbox cannot be moved below itself');
    }
    await session.mail.rename(from, to);
    if (session.rev2) {
      // RFC 9051 6.3.9.7: what the name was, for a client that keeps its own list.
      const [now, before] = [to, from].map((name) => formatMailboxName(name, session.utf8));
      session.untagged(`LIST () "/" ${now} ("OLDNAME" (${before}))`);
    }
    const selected = session.selected?.name;
    if (
      selected !== undefined &&
      from !== 'INBOX' &&
      (selected === from || selected.startsWith(`${from}/`))
    ) {
      session.deselect();
      session.untagged('OK [CLOSED] The selected mailbox has another name now');
    }
    session.publishListChange();
    return ok('RENAME completed');
  },
});
