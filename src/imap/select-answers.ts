// Untagged answers of SELECT and EXAMINE in the order of RFC 9051 6.3.2: what a client must know before anything else.

import type { ModSeq } from '../base/brands.ts';
import { formatMailboxName } from '../proto/imap/mailbox-name.ts';
import type { Mailbox } from '../store/mail-store.ts';
import { knownFlags, permanentFlags } from './flag-names.ts';
import type { MessageView } from './message-view.ts';
import type { SelectedMailbox } from './selected-mailbox.ts';
import type { ImapSession } from './session.ts';

/** State of the mailbox to which the answers belong. */
export interface SelectState {
  readonly uidNext: number;
  readonly highestModSeq: ModSeq;
}

/** Writes the answers; asks the store before the first octet is written, so that a failure leaves no half answer. */
export async function writeSelectAnswers(
  session: ImapSession,
  selected: SelectedMailbox,
  state: SelectState,
): Promise<void> {
  const { mailbox, view } = selected;
  const keywords = mailbox.keywords();
  const { rev2, uidOnly, utf8 } = session;
  const unseen = rev2 || uidOnly ? undefined : await firstUnseen(mailbox, view);
  session.untagged(`FLAGS ${knownFlags(keywords)}`);
  const permanent = permanentFlags(keywords, selected.readOnly, mailbox.rights());
  session.untagged(`OK [PERMANENTFLAGS ${permanent}] Flags that are kept`);
  session.untagged(`${view.count} EXISTS`);
  if (!rev2) session.untagged(`${selected.recent.count(view)} RECENT`);
  if (unseen !== undefined) session.untagged(`OK [UNSEEN ${unseen}] First unseen message`);
  session.untagged(`OK [UIDVALIDITY ${mailbox.uidValidity}] UIDs are valid`);
  session.untagged(`OK [UIDNEXT ${state.uidNext}] Next UID`);
  if (session.isOn('OBJECTID')) session.untagged(`OK [MAILBOXID (${mailbox.id})] Mailbox id`);
  // RFC 9051 6.3.2: the name as the server says it.
  if (rev2) session.untagged(`LIST () "/" ${formatMailboxName(mailbox.name, utf8)}`);
  // RFC 7162 3.1.2.1: at least 1, never 0 (I11).
  session.untagged(`OK [HIGHESTMODSEQ ${Math.max(1, state.highestModSeq)}] Highest modification sequence`);
}

/** Sequence number of the first message without \Seen; one that came after the view was read has none yet. */
async function firstUnseen(mailbox: Mailbox, view: MessageView): Promise<number | undefined> {
  const uid = await mailbox.firstUnseen();
  return uid === undefined ? undefined : view.seqOf(uid);
}
