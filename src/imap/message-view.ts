// The client's picture of a mailbox: which UID stands behind which sequence number.
//
// Holds exactly what was announced: a message that another session expunged stays here until EXPUNGE was sent, so numbers
// never move inside a command (RFC 9051 7.5.1). Four octets a message; look-up is binary search, UIDs always ascend.

import type { Seq, Uid } from '../base/brands.ts';
import { assert } from '../base/outcome.ts';
import type { Ranges } from '../proto/imap/sequence-set.ts';

const noUids = new Uint32Array(0);

export class MessageView {
  #uids: Uint32Array;
  #count: number;
  #isShared: boolean;

  /** `uids` must ascend. They are the view's own from now on, unless `isShared`: then they are copied before a change. */
  constructor(uids: Uint32Array = noUids, isShared = false) {
    this.#uids = uids;
    this.#count = uids.length;
    this.#isShared = isShared;
  }

  /** Messages the client counts (EXISTS). */
  get count(): number {
    return this.#count;
  }

  /** Largest UID, 0 when empty. */
  get largestUid(): number {
    return this.#count === 0 ? 0 : this.#uids[this.#count - 1]!;
  }

  /** UIDs in sequence order; valid until the next change, must not be written to. */
  get uids(): Uint32Array {
    return this.#uids.subarray(0, this.#count);
  }

  uidAt(seq: Seq): Uid {
    assert(seq >= 1 && seq <= this.#count, 'sequence number outside the view');
    return this.#uids[seq - 1]! as Uid;
  }

  /** Sequence number of a message, undefined when the client does not know it. */
  seqOf(uid: Uid): Seq | undefined {
    const index = lowerBound(this.#uids, this.#count, uid);
    return index < this.#count && this.#uids[index] === uid ? ((index + 1) as Seq) : undefined;
  }

  /** Sequence number of each of `uids` (ascending); 0 where the client does not know the message. Linear merge. */
  seqsOf(uids: Uint32Array): Uint32Array {
    const seqs = new Uint32Array(uids.length);
    if (uids.length === 0) return seqs;
    let index = lowerBound(this.#uids, this.#count, uids[0]!);
    for (let i = 0; i < uids.length; i++) {
      const wanted = uids[i]!;
      // Sparse sets jump, dense ones walk.
      if (index < this.#count && this.#uids[index]! < wanted) index = this.#seek(index + 1, wanted);
      if (index < this.#count && this.#uids[index] === wanted) seqs[i] = index + 1;
    }
    return seqs;
  }

  /** UIDs of the messages whose sequence numbers lie in `ranges`, ascending; numbers past the end select nothing. */
  selectSeqs(ranges: Ranges): Uint32Array {
    return this.#select(ranges, (low, high) => [low - 1, Math.min(high, this.#count)]);
  }

  /** UIDs of the messages whose UIDs lie in `ranges`, ascending. */
  selectUids(ranges: Ranges): Uint32Array {
    return this.#select(ranges, (low, high) => [
      lowerBound(this.#uids, this.#count, low),
      lowerBound(this.#uids, this.#count, high + 1),
    ]);
  }

  /** How many messages have a UID in [low, high]. */
  countUids(low: number, high: number): number {
    const from = lowerBound(this.#uids, this.#count, low);
    return lowerBound(this.#uids, this.#count, high + 1, from) - from;
  }

  /** Adds new messages at the end. Every UID must be above the largest known one. */
  append(uids: Uint32Array): void {
    if (uids.length === 0) return;
    assert(uids[0]! > this.largestUid, 'new message with an old UID');
    const needed = this.#count + uids.length;
    if (needed > this.#uids.length) {
      const grown = new Uint32Array(Math.max(needed, Math.ceil(this.#count * 1.25)));
      grown.set(this.uids);
      this.#uids = grown;
      this.#isShared = false;
    }
    this.#uids.set(uids, this.#count);
    this.#count = needed;
  }

  /**
   * Removes messages (UIDs ascending; unknown ones are ignored) and returns the numbers they had, descending: sent as
   * EXPUNGE in this order each number is right when it is read (RFC 9051 7.5.1).
   */
  remove(uids: Uint32Array): Uint32Array {
    const seqs = this.seqsOf(uids).filter((seq) => seq !== 0);
    if (seqs.length === 0) return seqs;
    if (this.#isShared) this.#uids = this.uids.slice();
    this.#isShared = false;
    let write = seqs[0]! - 1;
    let next = 0;
    for (let read = write; read < this.#count; read++) {
      if (next < seqs.length && seqs[next] === read + 1) next++;
      else this.#uids[write++] = this.#uids[read]!;
    }
    this.#count = write;
    return seqs.reverse();
  }

  #select(ranges: Ranges, toIndexes: (low: number, high: number) => [number, number]): Uint32Array {
    const slices: Uint32Array[] = [];
    let total = 0;
    for (let i = 0; i < ranges.length; i += 2) {
      const [from, to] = toIndexes(ranges[i]!, ranges[i + 1]!);
      if (from >= to) continue;
      slices.push(this.#uids.subarray(from, to));
      total += to - from;
    }
    const selected = new Uint32Array(total);
    let at = 0;
    for (const slice of slices) {
      selected.set(slice, at);
      at += slice.length;
    }
    return selected;
  }

  /** First index from `from` whose UID is not below `wanted`, by doubling steps. */
  #seek(from: number, wanted: number): number {
    let step = 1;
    let low = from;
    let high = from;
    while (high < this.#count && this.#uids[high]! < wanted) {
      low = high + 1;
      high += step;
      step *= 2;
    }
    return lowerBound(this.#uids, Math.min(high, this.#count), wanted, low);
  }
}

function lowerBound(uids: Uint32Array, count: number, wanted: number, from = 0): number {
  let low = from;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (uids[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
