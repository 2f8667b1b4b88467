// The STATUS answer of one mailbox (RFC 9051 6.3.11), for STATUS and LIST … RETURN (STATUS …).

import type { MailboxName } from '../base/brands.ts';
import { bad } from '../proto/imap/fault.ts';
import { formatMailboxName } from '../proto/imap/mailbox-name.ts';
import type { StatusItem } from '../proto/imap/status-items.ts';
import { Flag, type Mailbox, type MailboxStatus } from '../store/mail-store.ts';
import type { ImapSession } from './session.ts';

/** Messages looked at in one question to the store. */
const rowsPerQuestion = 4096;

/** Looks into the mailbox and writes the answer. Throws what the store throws; nothing was written then. */
export async function writeStatus(
  session: ImapSession,
  name: MailboxName,
  items: readonly StatusItem[],
): Promise<void> {
  // RFC 9051 appendix E: gone in revision 2.
  if (session.rev2 && items.includes('RECENT')) throw bad('RECENT is no item of IMAP4rev2');
  const mailbox = await session.mail.open(name);
  let status: MailboxStatus;
  let deletedBytes = 0;
  try {
    await mailbox.sync();
    status = await mailbox.status();
    if (items.includes('DELETED-STORAGE')) deletedBytes = await deletedStorage(mailbox, status);
  } finally {
    mailbox.close();
  }
  // RFC 7162 3.1.7: asking for it switches CONDSTORE on.
  if (items.includes('HIGHESTMODSEQ')) session.enable('CONDSTORE');
  const appendLimit = session.services.settings.get('imap.appendLimitBytes');
  const values = items.map(
    (item) => `${item} ${statusValue(item, status, { deletedBytes, appendLimit, id: mailbox.id })}`,
  );
  session.untagged(`STATUS ${formatMailboxName(name, session.utf8)} (${values.join(' ')})`);
}

/** RFC 9208 4.1.4: octets that EXPUNGE would free. */
async function deletedStorage(mailbox: Mailbox, status: MailboxStatus): Promise<number> {
  if (status.deleted === 0) return 0;
  const { uids } = await mailbox.view();
  let bytes = 0;
  for (let from = 0; from < uids.length; from += rowsPerQuestion) {
    const { flags, sizes } = await mailbox.rows(uids.subarray(from, from + rowsPerQuestion));
    for (let i = 0; i < flags.length; i++) if ((flags[i]! & Flag.deleted) !== 0) bytes += sizes[i]!;
  }
  return bytes;
}

function statusValue(
  item: StatusItem,
  status: MailboxStatus,
  other: { readonly deletedBytes: number; readonly appendLimit: number; readonly id: string },
): number | string {
  switch (item) {
    case 'MESSAGES':
      return status.messages;
    case 'RECENT':
      return status.recent;
    case 'UIDNEXT':
      return status.uidNext;
    case 'UIDVALIDITY':
      return status.uidValidity;
    case 'UNSEEN':
      return status.unseen;
    case 'DELETED':
      return status.deleted;
    case 'DELETED-STORAGE':
      return other.deletedBytes;
    case 'SIZE':
      return status.sizeBytes;
    case 'HIGHESTMODSEQ':
      // I11: never 0.
      return Math.max(1, status.highestModSeq);
    case 'APPENDLIMIT':
      // I21, RFC 7889 4: NIL when there is no limit, never 0.
      return other.appendLimit === 0 ? 'NIL' : other.appendLimit;
    case 'MAILBOXID':
      return `(${other.id})`;
  }
}
