// DELETE (RFC 9051 6.3.5). Inferiors stay, the name then is \Noselect; a name without a mailbox that has inferiors cannot
// be deleted. The own selected mailbox is left first, so that no number of it can be used any more.

import type { MailboxName } from '../../base/brands.ts';
import { refuse } from '../../proto/imap/fault.ts';
import { afterLogin, command, ok } from '../command.ts';

export const deleteMailbox = command<MailboxName>({
  name: 'DELETE',
  states: afterLogin,
  announce: 'all',
  parse(tokens) {
    tokens.expectSpace('mailbox name');
    const name = tokens.expectMailbox();
    tokens.expectEnd();
    return name;
  },
  async run(session, name) {
    // RFC 9051 6.3.5: it is an error to delete INBOX.
    if (name === 'INBOX') throw refuse('imap.inbox', 'CANNOT', 'INBOX cannot be deleted');
    const known = (await session.mail.mailboxes()).find((mailbox) => mailbox.name === name);
    if (known !== undefined && !known.selectable) {
      throw refuse('imap.has_children', 'HASCHILDREN', 'Only its inferior mailboxes exist');
    }
    await session.mail.delete(name);
    if (session.selected?.name === name) {
      session.deselect();
      session.untagged('OK [CLOSED] The selected mailbox is deleted');
    }
    session.publishListChange();
    return ok('DELETE completed');
  },
});
