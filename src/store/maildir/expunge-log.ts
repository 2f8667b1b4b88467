// Which messages went away after a modification sequence (RFC 7162 3.2.7: VANISHED).

import type { AccountIndex } from './account-index.ts';
import type { Columns } from './columns.ts';
import type { FolderState } from './folder-state.ts';
import { maxUid } from './message-table.ts';
import { nextTurn } from './options.ts';

/**
 * The log is bounded. When it does not reach back far enough, every UID below UIDNEXT without a message may have gone
 * since then and is reported (RFC 7162 3.2.5.2 allows that); at most so many, the newest ones.
 */
const maxGuessed = 2_000_000;

/** Expunged UIDs with MODSEQ in (since, until], ascending. */
export async function expungedSince(
  index: AccountIndex,
  folder: FolderState,
  columns: Columns,
  since: number,
  until: number,
): Promise<Uint32Array> {
  if (since < folder.row(index).floor) return absentUids(columns);
  const gone: number[] = [];
  let seen: [number, number] = [since, maxUid];
  for (;;) {
    const rows = index.messages.expunged(folder.id, ...seen, index.sliceRows);
    for (const [modSeq, uid] of rows) if (modSeq <= until) gone.push(uid);
    const last = rows.at(-1);
    if (last === undefined || rows.length < index.sliceRows || last[0] > until) break;
    seen = last;
    await nextTurn();
  }
  return Uint32Array.from(gone).sort();
}

function absentUids(columns: Columns): Uint32Array {
  const present = columns.uids();
  const first = Math.max(1, columns.uidNext - maxGuessed - present.length);
  const absent: number[] = [];
  let at = present.findIndex((uid) => uid >= first);
  if (at < 0) at = present.length;
  for (let uid = first; uid < columns.uidNext; uid++) {
    if (present[at] === uid) at++;
    else absent.push(uid);
  }
  return Uint32Array.from(absent.slice(-maxGuessed));
}
