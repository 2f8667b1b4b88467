// SUBSCRIBE and UNSUBSCRIBE (RFC 9051 6.3.7, 6.3.8). Names are not checked for existence: RFC 3501 6.3.6 lets a client keep
// its subscription while a mailbox is away.

import type { MailboxName } from '../../base/brands.ts';
import type { TokenReader } from '../../proto/imap/token-reader.ts';
import { afterLogin, type Command, command, ok } from '../command.ts';

function parseName(tokens: TokenReader): MailboxName {
  tokens.expectSpace('mailbox name');
  const name = tokens.expectMailbox();
  tokens.expectEnd();
  return name;
}

function row(name: string, subscribed: boolean): Command {
  return command<MailboxName>({
    name,
    states: afterLogin,
    announce: 'all',
    parse: parseName,
    async run(session, mailbox) {
      await session.mail.subscribe(mailbox, subscribed);
      session.publishListChange();
      return ok(`${name} completed`);
    },
  });
}

export const subscribe = row('SUBSCRIBE', true);
export const unsubscribe = row('UNSUBSCRIBE', false);
