// UIDBATCHES (draft-ietf-mailmaint-imap-uidbatches): ranges of UIDs that hold equally many messages, newest first.
//
// A client that counts by UIDs only walks a large mailbox in such ranges. They cover all UIDs from the largest message down
// to 1, so one that was asked for misses nothing; only the last may hold fewer messages.

import { bad, refuse } from '../../proto/imap/fault.ts';
import type { TokenReader } from '../../proto/imap/token-reader.ts';
import { command, ok, onlySelected } from '../command.ts';

/** The draft: smaller batches may be refused, larger ones must not. */
const minBatchMessages = 500;

interface BatchArguments {
  readonly size: number;
  /** Which batches are wanted, counted from 1 at the newest; all when undefined. */
  readonly wanted: { readonly from: number; readonly to: number } | undefined;
}

export const uidBatches = command<BatchArguments>({
  name: 'UIDBATCHES',
  states: onlySelected,
  announce: 'all',
  capability: 'UIDBATCHES',
  parse(tokens: TokenReader) {
    tokens.expectSpace('batch size');
    const size = tokens.expectNumber('batch size');
    let wanted: BatchArguments['wanted'];
    if (tokens.takeSpace()) {
      const [a = 0, b = 0, ...rest] = tokens.expectSequenceSet('batch range').bounds;
      if (a === 0 || b === 0 || rest.length > 0) throw bad('Expected one range of batches');
      wanted = { from: Math.min(a, b), to: Math.max(a, b) };
    }
    tokens.expectEnd();
    return { size, wanted };
  },
  async run(session, { size, wanted }) {
    if (size < minBatchMessages) {
      throw refuse('imap.batch_too_small', 'TOOSMALL', `A batch has at least ${minBatchMessages} messages`);
    }
    const ranges = batchRanges(session.selection.view.uids, size, wanted?.from ?? 1, wanted?.to ?? Infinity);
    const list = ranges.length === 0 ? '' : ` ${ranges.join(',')}`;
    session.untagged(`UIDBATCHES (TAG "${session.commandTag}")${list}`);
    return ok('UIDBATCHES completed');
  },
});

/** Batches `first` to `last` of `uids` (ascending) as `high:low`; each reaches down to just above the next. */
export function batchRanges(uids: Uint32Array, size: number, first: number, last: number): string[] {
  const ranges: string[] = [];
  const count = Math.ceil(uids.length / size);
  for (let batch = first; batch <= Math.min(last, count); batch++) {
    const high = uids[uids.length - 1 - (batch - 1) * size]!;
    const low = uids[Math.max(0, uids.length - batch * size)]!;
    ranges.push(batch === count ? `${high}:1` : `${high}:${low}`);
  }
  return ranges;
}
