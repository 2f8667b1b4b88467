// APPEND (RFC 9051 6.3.12) and MULTIAPPEND (RFC 3502), with APPENDUID (RFC 4315), APPENDLIMIT (RFC 7889) and literal8 (RFC
// 3516 4.4). Messages stream from the connection into the store, literal8 through a spool; nothing here holds more than one chunk.
//
// Everything that can be refused is refused before the client is asked for the message: a missing mailbox with TRYCREATE, a
// message above the limit, a full quota. All messages of one command become visible together or not at all.

import type { MailboxName } from '../../base/brands.ts';
import { formatSequenceSet } from '../../native/imap-wire.ts';
import { parseDateTime } from '../../proto/imap/date.ts';
import { bad, refuse } from '../../proto/imap/fault.ts';
import { expectFlagList } from '../../proto/imap/flag-list.ts';
import type { TokenReader } from '../../proto/imap/token-reader.ts';
import type { Append } from '../../store/mail-store.ts';
import { receiveBinary } from '../binary-append.ts';
import { afterLogin, type Command, type Completion, ok } from '../command.ts';
import type { CommandInput } from '../command-input.ts';
import type { ImapSession } from '../session.ts';

/** Flags and date before a message's literal; both optional (I20). */
interface MessageOptions {
  readonly flags: readonly string[];
  readonly internalDateMs: number | undefined;
  /** The literal stands in `UTF8 (…)`. */
  readonly utf8: boolean;
}

function parseMessageOptions(tokens: TokenReader): MessageOptions {
  tokens.expectSpace('message');
  let flags: readonly string[] = [];
  if (tokens.isAtOpen) {
    flags = expectFlagList(tokens);
    tokens.expectSpace('message');
  }
  if (tokens.isAtAnnouncedLiteral) return { flags, internalDateMs: undefined, utf8: false };
  if (takeUtf8(tokens)) return { flags, internalDateMs: undefined, utf8: true };
  const internalDateMs = parseDateTime(tokens.expectString('date or message literal').toString('latin1'));
  if (internalDateMs === undefined) throw bad('Invalid date');
  tokens.expectSpace('message');
  return { flags, internalDateMs, utf8: takeUtf8(tokens) };
}

/** `UTF8 (` before a literal8: a message with UTF-8 in its header (RFC 6855 4). We keep octets as they are either way. */
function takeUtf8(tokens: TokenReader): boolean {
  if (!tokens.takeWord('UTF8')) return false;
  tokens.expectSpace('UTF8 message');
  tokens.expectOpen('UTF8 message');
  return true;
}

async function appendMessage(session: ImapSession, input: CommandInput, append: Append): Promise<void> {
  const { settings } = session.services;
  const options = parseMessageOptions(input.tokens);
  const mark = input.announced;
  if (mark === undefined || !input.tokens.isAtAnnouncedLiteral) throw bad('Expected message literal');
  if (options.utf8 && !(mark.binary && session.utf8))
    throw bad('UTF8 needs ENABLE UTF8=ACCEPT and a literal8');
  if (mark.binary && !options.utf8 && !session.isOn('BINARY'))
    throw bad('Binary literal is not allowed here');
  // RFC 3502 6.3.11: an empty literal is how a client gives up a MULTIAPPEND.
  if (mark.sizeBytes === 0)
    throw refuse('imap.empty_message', undefined, 'Message is empty, nothing was stored');
  const octets = input.openLiteral(settings.get('imap.appendLimitBytes'));
  if (mark.binary && !options.utf8) await addBinary(session, append, options, octets);
  else await append.add({ ...options, sizeBytes: mark.sizeBytes }, octets);
  await input.nextLine();
  if (options.utf8) input.tokens.expectClose('UTF8 message');
}

async function addBinary(
  session: ImapSession,
  append: Append,
  options: MessageOptions,
  octets: AsyncIterable<Uint8Array>,
): Promise<void> {
  const message = await receiveBinary(session, octets);
  try {
    await append.add({ ...options, sizeBytes: message.sizeBytes }, message.octets());
  } finally {
    await message.release();
  }
}

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
