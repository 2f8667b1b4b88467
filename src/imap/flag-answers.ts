// FETCH answers that carry flags only: the bulk of what a client is told, so rows are written natively, many a call.

import { type FlagRows, formatFlagRows } from '../native/imap-wire.ts';
import type { MessageRows } from '../store/mail-store.ts';
import { recentBit } from './flag-names.ts';
import type { MessageView } from './message-view.ts';
import type { RecentMessages } from './recent-messages.ts';
import { TimeSlice } from './time-slice.ts';

/** Rows formatted by one native call; about half a millisecond. */
const rowsPerCall = 1000;

/** Where answers go; a session or its connection. */
export interface AnswerOutput {
  write(octets: string | Uint8Array): void;
  flush(): Promise<void>;
}

export interface FlagAnswerOptions {
  readonly withUid: boolean;
  readonly withModSeq: boolean;
  /** RFC 9586 3.3. */
  readonly uidOnly: boolean;
  readonly closed: AbortSignal;
}

/** Adds sequence numbers and \Recent to rows of the store; rows that the client does not count are dropped. */
export function toFlagRows(
  rows: MessageRows,
  view: MessageView,
  recent: RecentMessages,
  keywordNames: readonly string[],
  options: Pick<FlagAnswerOptions, 'withUid' | 'withModSeq' | 'uidOnly'>,
): FlagRows {
  const allSeqs = view.seqsOf(rows.uids);
  const known = allSeqs.every((seq) => seq !== 0) ? rows : filterRows(rows, (i) => allSeqs[i] !== 0);
  const seqs = known === rows ? allSeqs : allSeqs.filter((seq) => seq !== 0);
  const flags = known.flags.map((bits, i) => (recent.has(known.uids[i]!) ? (bits | recentBit) >>> 0 : bits));
  return { seqs, uids: known.uids, flags, modSeqs: known.modSeqs, keywordNames, ...options };
}

/** Writes `* n FETCH (…)` for every row, in slices, waiting while the client is slow. */
export async function writeFlagRows(
  output: AnswerOutput,
  rows: FlagRows,
  closed: AbortSignal,
): Promise<void> {
  const slice = new TimeSlice(closed);
  for (let from = 0; from < rows.seqs.length; from += rowsPerCall) {
    output.write(formatFlagRows(rows, from, Math.min(from + rowsPerCall, rows.seqs.length)));
    await output.flush();
    await slice.pause();
  }
}

/** The rows for which `keep` holds, asked once a row; the very same object when all stay. */
export function filterRows(rows: MessageRows, keep: (index: number) => boolean): MessageRows {
  const total = rows.uids.length;
  const kept = new Uint32Array(total);
  let count = 0;
  for (let i = 0; i < total; i++) if (keep(i)) kept[count++] = i;
  if (count === total) return rows;
  const uids = new Uint32Array(count);
  const flags = new Uint32Array(count);
  const modSeqs = new Float64Array(count);
  const sizes = new Float64Array(count);
  const internalDates = new Float64Array(count);
  for (let to = 0; to < count; to++) {
    const from = kept[to]!;
    uids[to] = rows.uids[from]!;
    flags[to] = rows.flags[from]!;
    modSeqs[to] = rows.modSeqs[from]!;
    sizes[to] = rows.sizes[from]!;
    internalDates[to] = rows.internalDates[from]!;
  }
  return { uids, flags, modSeqs, sizes, internalDates };
}

/** Rows [from, to), sharing memory. */
export function sliceRows(rows: MessageRows, from: number, to: number): MessageRows {
  return {
    uids: rows.uids.subarray(from, to),
    flags: rows.flags.subarray(from, to),
    modSeqs: rows.modSeqs.subarray(from, to),
    sizes: rows.sizes.subarray(from, to),
    internalDates: rows.internalDates.subarray(from, to),
  };
}
