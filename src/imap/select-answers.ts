// Untagged answers of SELECT and EXAMINE in the order of RFC 9051 6.3.2: what a client must know before anything else.

import type { ModSeq } from '../base/brands.ts';
import { formatMailboxName } from '../proto/imap/mailbox-name.ts';
import { Flag, type Mailbox } from '../store/mail-store.ts';
import { knownFlags, permanentFlags } from './flag-names.ts';
import type { SelectedMailbox } from './selected-mailbox.ts';
import type { ImapSession } from './session.ts';

/** Messages looked at in one question to the store while the first unseen one is sought. */
const rowsPerQuestion = 4096;

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
  const unseen = rev2 || uidOnly ? undefined : await firstUnseen(mailbox, view.uids);
  session.untagged(`FLAGS ${knownFlags(keywords)}`);
  const permanent = permanentFlags(keywords, selected.readOnly, mailbox.rights());
  session.untagged(`OK [PERMANENTFLAGS ${permanent}] Flags that are kept`);
  session.untagged(`${view.count} EXISTS`);
  if (!rev2) session.untagged(`${selected.recent.count(view)} RECENT`);
  if (unseen !== undefined) session.untagged(`OK [UNSEEN ${unseen}] First unseen message`);
  session.untagged(`OK [UIDVALIDITY ${mailbox.uidValidity}] UIDs are valid`);
  session.untagged(`OK [UIDNEXT ${state.uidNext}] Next UID`);
  // RFC 7162 3.1.2.1: at least 1, never 0 (I11).
  // RFC 9051 6.3.2: the name as the server says it.
  if (rev2) session.untagged(`LIST () "/" ${formatMailboxName(mailbox.name, utf8)}`);
  session.untagged(`OK [HIGHESTMODSEQ ${Math.max(1, state.highestModSeq)}] Highest modification sequence`);
}

/** Sequence number of the first message without \Seen. */
async function firstUnseen(mailbox: Mailbox, uids: Uint32Array): Promise<number | undefined> {
  if (uids.length === 0 || (await mailbox.status()).unseen === 0) return undefined;
  for (let from = 0; from < uids.length; from += rowsPerQuestion) {
    const asked = uids.subarray(from, from + rowsPerQuestion);
    const rows = await mailbox.rows(asked);
    const index = rows.flags.findIndex((bits) => (bits & Flag.seen) === 0);
    if (index >= 0) return uids.indexOf(rows.uids[index]!) + 1;
  }
  return undefined;
}
