// The answers of SEARCH, SORT and ESEARCH: the old form, and ESEARCH with the options that were asked for.
//
// RFC 3501 7.2.5, RFC 4731, RFC 5267 (order, PARTIAL), RFC 9394, RFC 7377 (MAILBOX), RFC 6203 (RELEVANCY), RFC 7162 (MODSEQ).

import { formatNumberList, formatSequenceSet } from '../../native/imap-wire.ts';
import { partialBounds, type SearchReturns } from '../../proto/imap/search-return.ts';
import type { ImapSession } from '../session.ts';

/** A result as it is told. */
export interface ToldResult {
  /** Numbers or UIDs, in the order of the answer. */
  readonly numbers: Uint32Array;
  /** Modification sequence of each; empty unless a MODSEQ key was used. */
  readonly modSeqs: Float64Array;
  /** 1 to 100 for each; empty when nothing was fuzzy. */
  readonly relevancies: Uint8Array;
  readonly byUid: boolean;
  /** Numbers stand in an order that matters (SORT). */
  readonly isSorted: boolean;
  /** `MAILBOX name UIDVALIDITY n` of a search in a mailbox that is not selected (RFC 7377 2.1). */
  readonly source?: string;
}

/** `* SEARCH 2 3 6` or `* SORT …`, with the highest modification sequence behind it (RFC 7162 3.1.5). */
export function writeSearch(session: ImapSession, { numbers, modSeqs, isSorted }: ToldResult): void {
  const modSeq = modSeqs.length === 0 ? '' : ` (MODSEQ ${highest(modSeqs)})`;
  session.untagged(formatNumberList(numbers, isSorted ? 'SORT' : 'SEARCH'), modSeq);
}

/** RFC 4731 3.1: MIN, MAX and ALL are left out when nothing matched, COUNT is not. */
export function writeExtendedSearch(session: ImapSession, returns: SearchReturns, result: ToldResult): void {
  const { numbers, modSeqs, relevancies, byUid, source } = result;
  const tag = `TAG "${session.commandTag}"`;
  const parts = [`ESEARCH (${source === undefined ? tag : `${tag} ${source}`})`];
  if (byUid) parts.push('UID');
  const found = numbers.length > 0;
  // RFC 5267 3: of a sorted result the first and the last, else the smallest and the largest; ours ascend.
  if (found && returns.min) parts.push(`MIN ${numbers[0]}`);
  if (found && returns.max) parts.push(`MAX ${numbers[numbers.length - 1]}`);
  if (found && returns.all) parts.push(`ALL ${numberSet(numbers)}`);
  if (returns.count) parts.push(`COUNT ${numbers.length}`);
  if (returns.partial !== undefined) {
    const { first, last } = returns.partial;
    const { from, to } = partialBounds(returns.partial, numbers.length);
    const window = numbers.subarray(from, to);
    parts.push(`PARTIAL (${first}:${last} ${window.length === 0 ? 'NIL' : numberSet(window)})`);
  }
  if (found && returns.relevancy) {
    const scores = relevancies.length === numbers.length ? [...relevancies] : Array.from(numbers, () => 100);
    parts.push(`RELEVANCY (${scores.join(' ')})`);
  }
  const told = relevantModSeqs(returns, modSeqs);
  if (told.length > 0) parts.push(`MODSEQ ${highest(told)}`);
  session.untagged(parts.join(' '));
}

/** True when the options ask for an answer at all (RFC 5182 2.4, RFC 5267 4.3). */
export const wantsAnswer = (returns: SearchReturns): boolean =>
  returns.min ||
  returns.max ||
  returns.all ||
  returns.count ||
  returns.relevancy ||
  returns.update ||
  returns.context ||
  returns.partial !== undefined;

/** Numbers as a set that keeps their order: ascending runs are drawn together, nothing else is. */
export function numberSet(numbers: Uint32Array): string {
  const parts: string[] = [];
  for (let from = 0; from < numbers.length; ) {
    let to = from + 1;
    while (to < numbers.length && numbers[to]! > numbers[to - 1]!) to++;
    parts.push(formatSequenceSet(numbers.subarray(from, to)));
    from = to;
  }
  return parts.join(',');
}

/** RFC 7162 3.1.10: with MIN or MAX alone the sequence of that message, with both of these two, else of all. */
function relevantModSeqs(returns: SearchReturns, modSeqs: Float64Array): Float64Array {
  const { min, max, all, count, partial } = returns;
  if (all || count || partial !== undefined || modSeqs.length === 0 || (!min && !max)) return modSeqs;
  const first = modSeqs[0]!;
  const last = modSeqs[modSeqs.length - 1]!;
  if (min && max) return Float64Array.of(first, last);
  return Float64Array.of(min ? first : last);
}

const highest = (modSeqs: Float64Array): number => modSeqs.reduce((a, b) => Math.max(a, b), 1);
