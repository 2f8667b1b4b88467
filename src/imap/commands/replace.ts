// REPLACE and UID REPLACE (RFC 8508): a message takes the place of another, as when a client saves a draft again.
//
// The new message is durable and visible before the old one goes, so at every instant one of them is there. Which message is
// meant is settled before the client is asked for the new one.

import type { Uid } from '../../base/brands.ts';
import { formatSequenceSet } from '../../native/imap-wire.ts';
import { bad, refuse } from '../../proto/imap/fault.ts';
import { appendMessage } from '../append-message.ts';
import { type Command, type Completion, ok, onlySelected } from '../command.ts';
import type { CommandInput } from '../command-input.ts';
import { highestModSeqCode, requireWritable } from '../message-set.ts';
import type { ImapSession } from '../session.ts';

function row(name: string, byUid: boolean): Command {
  return {
    name,
    usesSeqs: !byUid,
    states: onlySelected,
    announce: 'all',
    poll: true,
    tryCreate: true,
    capability: 'REPLACE',
    stream: (session, input) => replaceMessage(session, input, byUid),
  };
}

async function replaceMessage(
  session: ImapSession,
  input: CommandInput,
  byUid: boolean,
): Promise<Completion> {
  const { tokens } = input;
  const selected = session.selection;
  tokens.expectSpace('message number');
  const number = tokens.expectNumber('message number');
  tokens.expectSpace('mailbox name');
  if (tokens.isAtAnnouncedLiteral) await input.collectLiteral();
  const destination = tokens.expectMailbox();
  requireWritable(selected);
  const old = await oldMessage(session, number, byUid);
  const append = await session.mail.append(destination);
  try {
    await appendMessage(session, input, append);
    // RFC 8508 3.2: one message for one message.
    tokens.expectEnd();
    const { uidValidity, uids } = await append.commit();
    // RFC 8508 3.4: told before the old message goes, so that the client never sees neither.
    session.untagged(`OK [APPENDUID ${uidValidity} ${formatSequenceSet(uids)}] Replacement is stored`);
  } catch (error) {
    await append.abort();
    throw error;
  }
  session.noteOwnChange(destination);
  await selected.mailbox.storeFlags(Uint32Array.of(old), 'add', ['\\Deleted']);
  await selected.mailbox.expunge(Uint32Array.of(old));
  selected.markChanged();
  session.noteOwnChange(selected.name);
  return ok(`${byUid ? 'UID ' : ''}REPLACE completed`, () => highestModSeqCode(session));
}

/** RFC 8508 3.3: a message that is not there is NO, a number beyond the mailbox BAD. */
async function oldMessage(session: ImapSession, number: number, byUid: boolean): Promise<Uid> {
  const { view, mailbox } = session.selection;
  if (!byUid && (number < 1 || number > view.count)) throw bad('Message number beyond the mailbox');
  const uid = byUid ? (number as Uid) : view.uidAt(number as never);
  const { uids } = await mailbox.rows(Uint32Array.of(uid));
  if (uids.length === 0 || view.seqOf(uid) === undefined) {
    throw refuse('imap.expunge_issued', 'EXPUNGEISSUED', 'The message to replace is gone');
  }
  return uid;
}

export const replace = row('REPLACE', false);
export const uidReplace = row('UID REPLACE', true);
