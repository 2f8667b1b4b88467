// Search keys that the message view and the index columns decide: no message is opened for them. Each key becomes a loop over
// typed arrays, made once a search, which fills in the verdicts of a batch.

import { dayOf } from '../../proto/imap/date.ts';
import type { DayTest, SystemFlagName } from '../../proto/imap/search-key.ts';
import { type Ranges, resolveSequenceSet } from '../../proto/imap/sequence-set.ts';
import { Flag, type MessageRows } from '../../store/mail-store.ts';
import { flagBit } from '../flag-names.ts';
import { type LeafKey, Verdict } from './search-program.ts';
import type { SearchScope } from './search-scope.ts';

const systemBits: Readonly<Record<SystemFlagName, number>> = Flag;

/** The messages of a batch: UIDs ascending, and their numbers. */
export interface ViewBatch {
  readonly uids: Uint32Array;
  readonly seqs: Uint32Array;
}

/** Fills in the verdicts of a whole batch. */
export type ViewFill = (batch: ViewBatch, column: Uint8Array) => void;
/** Fills in the verdicts of the messages in `rows`; row i is message `places[i]` of the batch. */
export type RowFill = (rows: MessageRows, places: Uint32Array, column: Uint8Array) => void;

export const verdictOf = (matches: boolean): number => (matches ? Verdict.yes : Verdict.no);

/** For a key that the view decides, undefined for other keys. */
export function viewFill(key: LeafKey, scope: SearchScope): ViewFill | undefined {
  switch (key.kind) {
    case 'all':
    // Stores here keep the date for every message; what they do not know is NIL, which no day matches.
    case 'save-date-kept':
      return (_, column) => column.fill(Verdict.yes);
    case 'recent':
      return ({ uids }, column) => {
        for (let i = 0; i < uids.length; i++) column[i] = verdictOf(scope.isRecent(uids[i]!));
      };
    case 'seqs': {
      // RFC 9051 6.4.4 has no error for numbers beyond the mailbox here; they match nothing.
      const ranges = resolveSequenceSet(key.set, scope.count);
      return ({ seqs }, column) => fillRanges(seqs, ranges, column);
    }
    case 'uids': {
      const ranges = resolveSequenceSet(key.set, scope.largestUid);
      return ({ uids }, column) => fillRanges(uids, ranges, column);
    }
    case 'saved':
      return ({ uids }, column) => fillMembers(uids, scope.saved, column);
    case 'text':
      // Every message contains the empty string.
      return key.text === '' ? (_, column) => column.fill(Verdict.yes) : undefined;
    default:
      return undefined;
  }
}

/** Verdict for each of `numbers` (ascending): is it in `ranges`? */
function fillRanges(numbers: Uint32Array, ranges: Ranges, column: Uint8Array): void {
  let range = firstRange(ranges, numbers[0] ?? 0);
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i]!;
    while (range < ranges.length && ranges[range + 1]! < number) range += 2;
    column[i] = verdictOf(range < ranges.length && ranges[range]! <= number);
  }
}

/** Index of the first range that does not end before `number`. */
function firstRange(ranges: Ranges, number: number): number {
  let low = 0;
  let high = ranges.length >> 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle * 2 + 1]! < number) low = middle + 1;
    else high = middle;
  }
  return low * 2;
}

/** Verdict for each of `uids`: is it among `members`? Both ascend. */
export function fillMembers(uids: Uint32Array, members: Uint32Array, column: Uint8Array): void {
  let at = 0;
  for (let i = 0; i < uids.length; i++) {
    while (at < members.length && members[at]! < uids[i]!) at++;
    column[i] = verdictOf(members[at] === uids[i]);
  }
}

/** For a key that the index columns decide, undefined for other keys. `nowMs` is the time of the command. */
export function rowFill(key: LeafKey, scope: SearchScope, nowMs: number): RowFill | undefined {
  switch (key.kind) {
    case 'flag':
      return fillFlag(systemBits[key.flag]);
    case 'keyword':
      return fillFlag(flagBit(key.name, scope.mailbox.keywords()));
    case 'larger':
      return fillNumbers('sizes', (size) => size > key.bytes);
    case 'smaller':
      return fillNumbers('sizes', (size) => size < key.bytes);
    case 'internal-date':
      // RFC 9051 6.4.4 disregards time and zone; the zone of this server is UTC.
      return fillNumbers('internalDates', (date) => dayMatches(dayOf(date), key.test, key.day));
    case 'younger': {
      const since = nowMs - key.seconds * 1000;
      return fillNumbers('internalDates', (date) => date >= since);
    }
    case 'older': {
      const until = nowMs - key.seconds * 1000;
      return fillNumbers('internalDates', (date) => date <= until);
    }
    case 'modseq':
      return fillNumbers('modSeqs', (modSeq) => modSeq >= key.atLeast);
    default:
      return undefined;
  }
}

const fillFlag =
  (bit: number): RowFill =>
  ({ flags }, places, column) => {
    for (let row = 0; row < flags.length; row++) column[places[row]!] = verdictOf((flags[row]! & bit) !== 0);
  };

const fillNumbers =
  (name: 'sizes' | 'internalDates' | 'modSeqs', test: (value: number) => boolean): RowFill =>
  (rows, places, column) => {
    const values = rows[name];
    for (let row = 0; row < values.length; row++) column[places[row]!] = verdictOf(test(values[row]!));
  };

/** BEFORE, ON and SINCE over days. */
export function dayMatches(day: number, test: DayTest, wanted: number): boolean {
  if (test === 'on') return day === wanted;
  return test === 'before' ? day < wanted : day >= wanted;
}
