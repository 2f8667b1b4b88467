// The STATUS answer of one mailbox (RFC 9051 6.3.11), for STATUS and LIST … RETURN (STATUS …).

import type { MailboxName } from '../base/brands.ts';
import { bad } from '../proto/imap/fault.ts';
import { formatMailboxName } from '../proto/imap/mailbox-name.ts';
import type { StatusItem } from '../proto/imap/status-items.ts';
import type { MailboxStatus } from '../store/mail-store.ts';
import type { ImapSession } from './session.ts';

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
  try {
    await mailbox.sync();
    status = await mailbox.status();
  } finally {
    mailbox.close();
  }
  // RFC 7162 3.1.7: asking for it switches CONDSTORE on.
  if (items.includes('HIGHESTMODSEQ')) session.enable('CONDSTORE');
  const appendLimit = session.services.settings.get('imap.appendLimitBytes');
  const values = items.map((item) => `${item} ${statusValue(item, status, appendLimit)}`);
  session.untagged(`STATUS ${formatMailboxName(name, session.utf8)} (${values.join(' ')})`);
}

function statusValue(item: StatusItem, status: MailboxStatus, appendLimit: number): number | string {
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
    case 'SIZE':
      return status.sizeBytes;
    case 'HIGHESTMODSEQ':
      // I11: never 0.
      return Math.max(1, status.highestModSeq);
    case 'APPENDLIMIT':
      // I21, RFC 7889 4: NIL when there is no limit, never 0.
      return appendLimit === 0 ? 'NIL' : appendLimit;
  }
}
