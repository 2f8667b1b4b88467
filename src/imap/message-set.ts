// From a message set of a command to the UIDs it means, for the sequence number form and the UID form.

import type { Uid } from '../base/brands.ts';
import { bad, refuse } from '../proto/imap/fault.ts';
import { namesBeyond, resolveSequenceSet, type SequenceSet } from '../proto/imap/sequence-set.ts';
import type { Completion } from './command.ts';
import { ok } from './command.ts';
import type { SelectedMailbox } from './selected-mailbox.ts';
import type { ImapSession } from './session.ts';

/** Text of EXPUNGEISSUED. */
export const expungedByOthers = 'Some of the messages were expunged by another session';

/**
 * UIDs of the messages that the client means, ascending, ghosts included. Sequence numbers beyond the mailbox are BAD;
 * UIDs that do not exist are ignored (RFC 9051 6.4.9).
 */
export function selectMessages(selected: SelectedMailbox, set: SequenceSet, byUid: boolean): Uint32Array {
  const { view } = selected;
  // RFC 5182 2.1: the saved result means the same messages in both forms; those that are gone have left it.
  if (set.saved === true) return selected.savedResult.filter((uid) => view.seqOf(uid as Uid) !== undefined);
  if (byUid) return view.selectUids(resolveSequenceSet(set, view.largestUid));
  if (namesBeyond(set, view.count)) throw bad('Message number beyond the mailbox');
  return view.selectSeqs(resolveSequenceSet(set, view.count));
}

/**
 * How FETCH and STORE by number end when some messages were expunged by another session: what could be done was done, and
 * OK [EXPUNGEISSUED] tells the client to look (RFC 5530 3). RFC 2180 4.1.2 and 4.2.2 have NO here, which clients take for
 * a failure of the whole command. In the UID form missing messages are no news.
 */
export function completionFor(
  text: string,
  missing: boolean,
  byUid: boolean,
  code?: Completion['code'],
): Completion {
  if (!missing || byUid) return ok(text, code);
  return ok(expungedByOthers, 'EXPUNGEISSUED');
}

/**
 * Code for a search by number that left out messages the client still counts (RFC 5530 3: EXPUNGEISSUED). The UID forms tell of
 * their removal themselves.
 */
export const searchCode = (session: ImapSession, byUid: boolean): string | undefined =>
  !byUid && session.selection.hasGhosts ? 'EXPUNGEISSUED' : undefined;

/** The messages one command works on, and the code that tells the client where it stopped. */
export interface LimitedMessages {
  readonly uids: Uint32Array;
  readonly code: string | undefined;
}

/**
 * At most `imap.messageLimit` of `uids`, the newest; the code names the lowest UID that was worked on, so that the client
 * goes on below it (RFC 9738 3.1).
 */
export function limitMessages(session: ImapSession, uids: Uint32Array): LimitedMessages {
  const limit = messageLimit(session);
  if (uids.length <= limit) return { uids, code: undefined };
  const newest = uids.subarray(uids.length - limit);
  return { uids: newest, code: `MESSAGELIMIT ${limit} ${newest[0]}` };
}

/** RFC 9738 3.2: a copy is whole or nothing, so one above the limit is refused. */
export function assertWithinLimit(session: ImapSession, uids: Uint32Array): void {
  const limit = messageLimit(session);
  if (uids.length <= limit) return;
  throw refuse('imap.message_limit', `MESSAGELIMIT ${limit}`, `More than ${limit} messages at once`);
}

function messageLimit(session: ImapSession): number {
  const limit = session.services.settings.get('imap.messageLimit');
  return limit === 0 ? Number.POSITIVE_INFINITY : limit;
}

/**
 * Code of the tagged OK after messages were removed: up to where the client knows everything now (RFC 7162 3.2.7), so it
 * is asked for after the announcement. Only for clients that resynchronise by UID.
 */
export const highestModSeqCode = (session: ImapSession): string | undefined =>
  session.enabled.has('QRESYNC') && session.selected !== undefined
    ? `HIGHESTMODSEQ ${Math.max(1, session.selected.seenModSeq)}`
    : undefined;

/** Throws NO [READ-ONLY] after EXAMINE. */
export function requireWritable(selected: SelectedMailbox): void {
  if (selected.readOnly) throw refuse('imap.read_only', 'READ-ONLY', 'The mailbox was opened read-only');
}

/**
 * The messages of COPY or MOVE that are still there. RFC 2180 4.4.1: by sequence number all or nothing, so one that was
 * expunged meanwhile is NO [EXPUNGEISSUED] and nothing is done; UIDs that do not exist are ignored.
 */
export async function requireExisting(
  selected: SelectedMailbox,
  uids: Uint32Array,
  byUid: boolean,
): Promise<Uint32Array> {
  const existing = (await selected.mailbox.rows(uids)).uids;
  if (!byUid && existing.length < uids.length) {
    throw refuse('imap.expunge_issued', 'EXPUNGEISSUED', expungedByOthers);
  }
  return existing;
}
