// SORT (RFC 5256, RFC 5957): the messages of a search in the order of criteria, ties in mailbox order.
//
// One column of keys a criterion, then one stable sort of positions. Strings are folded by the store and compared by code
// unit. A sort of 100,000 messages is longer than a slice may be, so it is merged from sorted runs with pauses between.

import type { SortCriterion } from '../../proto/imap/sort-arguments.ts';
import { mimeLimits } from '../mime-limits.ts';
import type { SearchMatches } from '../search/search-run.ts';
import type { SearchScope } from '../search/search-scope.ts';
import type { ImapSession } from '../session.ts';
import { TimeSlice } from '../time-slice.ts';

/** Messages sorted in one go: about a millisecond with three criteria. */
const runMessages = 2048;
/** Merged between two looks at the clock. */
const mergeStep = 4096;

export type Compare = (a: number, b: number) => number;

/** What long work calls between its steps. */
export type Pausing = Pick<TimeSlice, 'pause'>;

/** Positions in `matches.uids`, in the order asked for. */
export async function sortMatches(
  session: ImapSession,
  scope: SearchScope,
  matches: SearchMatches,
  criteria: readonly SortCriterion[],
): Promise<Uint32Array> {
  const comparisons: Compare[] = [];
  for (const criterion of criteria) {
    const compare = await comparison(session, scope, matches, criterion);
    comparisons.push(criterion.reverse ? (a, b) => compare(b, a) : compare);
  }
  const compare: Compare = (a, b) => {
    for (const one of comparisons) {
      const order = one(a, b);
      if (order !== 0) return order;
    }
    // RFC 5256 3: what is equal stands in mailbox order, also when reversed.
    return a - b;
  };
  return await sortInSlices(matches.uids.length, compare, new TimeSlice(session.connection.closed));
}

async function comparison(
  session: ImapSession,
  { mailbox }: SearchScope,
  { uids, relevancies }: SearchMatches,
  { key }: SortCriterion,
): Promise<Compare> {
  const limits = mimeLimits(session);
  switch (key) {
    case 'arrival':
      return byNumber((await columnsOf(mailbox, uids)).dates);
    case 'size':
      return byNumber((await columnsOf(mailbox, uids)).sizes);
    case 'relevancy':
      // RFC 6203 4: the best first.
      return (a, b) => (relevancies[b] ?? 0) - (relevancies[a] ?? 0);
    case 'date': {
      const { dateMs } = await mailbox.sentDates(uids, limits);
      // RFC 5256 2.2: without a Date field the arrival counts.
      const { dates } = await columnsOf(mailbox, uids);
      return byNumber(dateMs.map((date, i) => (Number.isNaN(date) ? dates[i]! : toSeconds(date))));
    }
    default: {
      const keys = await mailbox.sortKeys(uids, key, limits);
      return (a, b) => (keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : 0);
    }
  }
}

/**
 * INTERNALDATE in whole seconds and size of each of `uids`; 0 where a message has gone meanwhile. Seconds, because that is
 * what a client sees: messages that look alike stand in mailbox order, also when reversed (RFC 5256 3).
 */
async function columnsOf(
  mailbox: SearchScope['mailbox'],
  uids: Uint32Array,
): Promise<{ readonly dates: Float64Array; readonly sizes: Float64Array }> {
  const rows = await mailbox.rows(uids);
  if (rows.uids.length === uids.length)
    return { dates: rows.internalDates.map(toSeconds), sizes: rows.sizes };
  const dates = new Float64Array(uids.length);
  const sizes = new Float64Array(uids.length);
  for (let i = 0, row = 0; i < uids.length; i++) {
    if (rows.uids[row] !== uids[i]) continue;
    dates[i] = toSeconds(rows.internalDates[row]!);
    sizes[i] = rows.sizes[row++]!;
  }
  return { dates, sizes };
}

const toSeconds = (ms: number): number => Math.floor(ms / 1000);

const byNumber =
  (values: Float64Array): Compare =>
  (a, b) =>
    values[a]! - values[b]!;

/** Positions 0 to count - 1 in order; pauses between steps. `compare` must not call two positions equal. */
export async function sortInSlices(count: number, compare: Compare, slice: Pausing): Promise<Uint32Array> {
  let from = Uint32Array.from({ length: count }, (_, i) => i);
  let to = new Uint32Array(count);
  for (let start = 0; start < count; start += runMessages) {
    from.subarray(start, start + runMessages).sort(compare);
    await slice.pause();
  }
  for (let width = runMessages; width < count; width *= 2) {
    for (let start = 0; start < count; start += width * 2) {
      const middle = Math.min(start + width, count);
      const end = Math.min(start + width * 2, count);
      let left = start;
      let right = middle;
      for (let at = start; at < end; at++) {
        const takeLeft = left < middle && (right >= end || compare(from[left]!, from[right]!) <= 0);
        to[at] = takeLeft ? from[left++]! : from[right++]!;
        if (at % mergeStep === 0) await slice.pause();
      }
    }
    [from, to] = [to, from];
  }
  return from;
}
