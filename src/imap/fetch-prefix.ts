// How a FETCH answer begins: with the sequence number, or with the UID for a client that counts by UIDs only.

import type { ImapSession } from './session.ts';

/** `* 3 FETCH (`, or `* 25997 UIDFETCH (` once UIDONLY is on (RFC 9586 3.3). Items and `)` follow. */
export const fetchPrefix = (session: Pick<ImapSession, 'uidOnly'>, seq: number, uid: number): string =>
  session.uidOnly ? `* ${uid} UIDFETCH (` : `* ${seq} FETCH (`;
