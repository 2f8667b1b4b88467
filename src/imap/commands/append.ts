// APPEND (RFC 9051 6.3.12) and MULTIAPPEND (RFC 3502), with APPENDUID (RFC 4315) and APPENDLIMIT (RFC 7889).
//
// Everything that can be refused is refused before the client is asked for the message: a missing mailbox with TRYCREATE, a
// message above the limit, a full quota. All messages of one command become visible together or not at all.

import type { MailboxName } from '../../base/brands.ts';
import { formatSequenceSet } from '../../native/imap-wire.ts';
import { refuse } from '../../proto/imap/fault.ts';
import { appendMessage } from '../append-message.ts';
import { afterLogin, type Command, type Completion, ok } from '../command.ts';
import type { CommandInput } from '../command-input.ts';
import type { ImapSession } from '../session.ts';

/** Streams all messages of the command and commits them; returns the APPENDUID code. */
async function appendAll(session: ImapSession, input: CommandInput, mailbox: MailboxName): Promise<string> {
  const { settings } = session.services;
  const maxMessages = session.isOn('MULTIAPPEND') ? settings.get('imap.maxAppendMessages') : 1;
  const append = await session.mail.append(mailbox);
  try {
    let count = 0;
    do {
      if (++count > maxMessages) throw refuse('imap.too_many_messages', 'LIMIT', 'Too many messages at once');
      await appendMessage(session, input, append);
    } while (!input.tokens.isAtEnd);
    const { uidValidity, uids } = await append.commit();
    return `APPENDUID ${uidValidity} ${formatSequenceSet(uids)}`;
  } catch (error) {
    await append.abort();
    throw error;
  }
}

export const append: Command = {
  name: 'APPEND',
  states: afterLogin,
  announce: 'all',
  tryCreate: true,
  async stream(session: ImapSession, input: CommandInput): Promise<Completion> {
    const { tokens } = input;
    tokens.expectSpace('mailbox name');
    if (tokens.isAtAnnouncedLiteral) await input.collectLiteral();
    const mailbox = tokens.expectMailbox();
    const code = await appendAll(session, input, mailbox);
    session.noteOwnChange(mailbox);
    return ok('APPEND completed', session.isOn('UIDPLUS') ? code : undefined);
  },
};
