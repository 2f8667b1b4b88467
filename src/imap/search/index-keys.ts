// Search keys that the message view and the index columns decide: no message is opened for them.

import { dayOf } from '../../proto/imap/date.ts';
import type { DayTest, SystemFlagName } from '../../proto/imap/search-key.ts';
import { type Ranges, rangesContain, resolveSequenceSet } from '../../proto/imap/sequence-set.ts';
import { Flag } from '../../store/mail-store.ts';
import { flagBit } from '../flag-names.ts';
import type { SelectedMailbox } from '../selected-mailbox.ts';
import { type LeafKey, Verdict } from './search-program.ts';

const systemBits: Readonly<Record<SystemFlagName, number>> = Flag;

/** Judges one message by its number and UID. */
export type ViewTest = (seq: number, uid: number) => boolean;

/** Index columns of one message. */
export interface IndexRow {
  readonly flags: number;
  readonly modSeq: number;
  readonly sizeBytes: number;
  readonly internalDateMs: number;
}
export type RowTest = (row: IndexRow) => boolean;

/** Test for a key that the view decides, undefined for other keys. */
export function viewTest(key: LeafKey, selected: SelectedMailbox): ViewTest | undefined {
  switch (key.kind) {
    case 'all':
      return () => true;
    case 'recent':
      return (_seq, uid) => selected.recent.has(uid);
    case 'seqs': {
      // RFC 9051 6.4.4 has no error for numbers beyond the mailbox here; they match nothing.
      const ranges: Ranges = resolveSequenceSet(key.set, selected.view.count);
      return (seq) => rangesContain(ranges, seq);
    }
    case 'uids': {
      const ranges: Ranges = resolveSequenceSet(key.set, selected.view.largestUid);
      return (_seq, uid) => rangesContain(ranges, uid);
    }
    case 'text':
      // Every message contains the empty string.
      return key.text === '' ? () => true : undefined;
    default:
      return undefined;
  }
}

/** Test for a key that the index columns decide, undefined for other keys. */
export function rowTest(key: LeafKey, selected: SelectedMailbox): RowTest | undefined {
  switch (key.kind) {
    case 'flag': {
      const bit = systemBits[key.flag];
      return (row) => (row.flags & bit) !== 0;
    }
    case 'keyword': {
      const bit = flagBit(key.name, selected.mailbox.keywords());
      return (row) => (row.flags & bit) !== 0;
    }
    case 'larger':
      return (row) => row.sizeBytes > key.bytes;
    case 'smaller':
      return (row) => row.sizeBytes < key.bytes;
    case 'internal-date':
      // RFC 9051 6.4.4 disregards time and zone; the zone of this server is UTC.
      return (row) => dayMatches(dayOf(row.internalDateMs), key.test, key.day);
    case 'modseq':
      return (row) => row.modSeq >= key.atLeast;
    default:
      return undefined;
  }
}

/** BEFORE, ON and SINCE over days. */
export function dayMatches(day: number, test: DayTest, wanted: number): boolean {
  if (test === 'before') return day < wanted;
  return test === 'on' ? day === wanted : day >= wanted;
}

export const verdictOf = (matches: boolean): number => (matches ? Verdict.yes : Verdict.no);
