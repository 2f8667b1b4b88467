// VANISHED (RFC 7162 3.2.10): removed messages by UID, and what a client that comes back is told of its absence.
//
// VANISHED (EARLIER) names messages that went away while the client was not looking; it moves no sequence number. Messages
// the client still counts are left out of it: their removal is announced in its own time.

import type { ModSeq } from '../base/brands.ts';
import { formatSequenceSet } from '../native/imap-wire.ts';
import {
  type Ranges,
  rangesContain,
  resolveSequenceSet,
  type SequenceSet,
} from '../proto/imap/sequence-set.ts';
import { filterRows } from './flag-answers.ts';
import type { SelectedMailbox } from './selected-mailbox.ts';
import type { ImapSession } from './session.ts';

/** UIDs of one answer: a line stays within what clients read without trouble, and the loop within its slice. */
const uidsPerLine = 1000;

/** What a client knows of a mailbox from last time (RFC 7162 3.2.5). */
export interface KnownState {
  readonly uidValidity: number;
  readonly modSeq: ModSeq;
  /** The messages it has; undefined means all up to UIDNEXT. */
  readonly uids: SequenceSet | undefined;
  /** Message numbers and their UIDs, pairwise, as the client has them. */
  readonly match: { readonly seqs: SequenceSet; readonly uids: SequenceSet } | undefined;
}

/** Writes `* VANISHED uids` or `* VANISHED (EARLIER) uids` in lines of bounded length. `uids` ascend. */
export async function writeVanished(
  session: ImapSession,
  uids: Uint32Array,
  tag: '' | '(EARLIER) ',
): Promise<void> {
  for (let from = 0; from < uids.length; from += uidsPerLine) {
    session.untagged(`VANISHED ${tag}${formatSequenceSet(uids.subarray(from, from + uidsPerLine))}`);
    await session.flush();
  }
}

/** What changed since the client's last visit: first what is gone, then the flags of what changed (RFC 7162 3.2.5). */
export async function writeChangesSince(
  session: ImapSession,
  selected: SelectedMailbox,
  known: KnownState,
): Promise<void> {
  if (known.uidValidity !== selected.mailbox.uidValidity) return;
  const { changed, expunged, uidNext } = await selected.mailbox.changesSince(known.modSeq);
  const ranges = resolveSequenceSet(known.uids ?? everything, uidNext - 1);
  const agreed = agreedUpTo(selected, known);
  const gone = expunged.filter((uid) => uid > agreed && isGone(selected, ranges, uid));
  await writeVanished(session, gone, '(EARLIER) ');
  await selected.writeFlags(
    filterRows(changed, (i) => rangesContain(ranges, changed.uids[i]!)),
    { withUid: true },
  );
}

/** UID FETCH (… VANISHED): the messages of `set` that are gone (RFC 7162 3.2.6). */
export async function writeVanishedOf(
  session: ImapSession,
  selected: SelectedMailbox,
  set: SequenceSet,
  since: ModSeq,
): Promise<void> {
  const { expunged, uidNext } = await selected.mailbox.changesSince(since);
  const ranges = resolveSequenceSet(set, uidNext - 1);
  await writeVanished(
    session,
    expunged.filter((uid) => isGone(selected, ranges, uid)),
    '(EARLIER) ',
  );
}

const everything: SequenceSet = { bounds: [1, 0] };

const isGone = ({ view }: SelectedMailbox, ranges: Ranges, uid: number): boolean =>
  rangesContain(ranges, uid) && view.seqOf(uid as never) === undefined;

/**
 * The largest UID whose message number is the same here and at the client: up to it both have the same messages, since
 * nothing is ever put in between (RFC 7162 3.2.5.2). 0 when no pair agrees.
 */
function agreedUpTo({ view }: SelectedMailbox, { match }: KnownState): number {
  if (match === undefined) return 0;
  const { seqs, uids } = match;
  let agreed = 0;
  // Pairs of single numbers as clients send them; a range here has no agreed meaning beyond its bounds.
  const count = Math.min(seqs.bounds.length, uids.bounds.length);
  for (let i = 0; i < count; i++) {
    const uid = uids.bounds[i]!;
    if (uid > agreed && uid > 0 && view.seqOf(uid as never) === seqs.bounds[i]) agreed = uid;
  }
  return agreed;
}
