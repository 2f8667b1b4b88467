// Switching CONDSTORE on by using it (RFC 7162 3.1): FETCH MODSEQ, CHANGEDSINCE, UNCHANGEDSINCE and SEARCH MODSEQ do.

import type { ImapSession } from './session.ts';

/**
 * From now on unsolicited FETCH answers carry MODSEQ. RFC 7162 3.1.2.1: a session that is switched on with a mailbox selected
 * is told the mailbox's HIGHESTMODSEQ at once.
 */
export function enableCondstore(session: ImapSession): void {
  if (session.enabled.has('CONDSTORE')) return;
  session.enabled.add('CONDSTORE');
  const highest = Math.max(1, session.selection.seenModSeq);
  session.untagged(`OK [HIGHESTMODSEQ ${highest}] Highest modification sequence`);
}
