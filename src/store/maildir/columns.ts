// The messages of one mailbox as typed-array columns in memory: what FETCH FLAGS, SEARCH and STATUS are answered from.
//
// 36 octets a message. Rows stand in ascending UID order; new UIDs are always larger than all before, so they are
// appended. `modSeq` is the state of the index that the columns show completely. Shared by all sessions of a worker on
// the mailbox: callers get copies, never views; the list of all UIDs is one copy for everybody until it changes.

import type { MessageRows } from '../mail-store.ts';
import type { ColumnTuple } from './message-table.ts';

const bytesPerRow = 4 + 4 + 8 + 8 + 8;
const firstCapacity = 64;
/** Of capacity, when it is used up. */
const growth = 1.25;

/** Growable columns. */
export class Columns {
  /** The index state shown: all changes up to this MODSEQ are in. */
  modSeq = 0;
  uidNext = 1;
  #count = 0;
  #uids: Uint32Array;
  #flags: Uint32Array;
  #modSeqs: Float64Array;
  #sizes: Float64Array;
  #dates: Float64Array;
  /** The copy that uids() gives out. */
  #shared: Uint32Array | undefined;

  /** Room for `expected` messages and some more: growing copies everything. */
  constructor(expected = 0) {
    const capacity = Math.max(firstCapacity, Math.ceil(expected * growth));
    this.#uids = new Uint32Array(capacity);
    this.#flags = new Uint32Array(capacity);
    this.#modSeqs = new Float64Array(capacity);
    this.#sizes = new Float64Array(capacity);
    this.#dates = new Float64Array(capacity);
  }

  get count(): number {
    return this.#count;
  }

  get byteLength(): number {
    return this.#uids.length * bytesPerRow + (this.#shared?.byteLength ?? 0);
  }

  /** Largest UID held, 0 when empty. */
  get lastUid(): number {
    return this.#count === 0 ? 0 : (this.#uids[this.#count - 1] ?? 0);
  }

  /** Adds or overwrites one row. */
  put(row: ColumnTuple): void {
    const [uid, flags, modSeq, size, date] = row;
    let at = uid > this.lastUid ? this.#count : this.indexOf(uid);
    if (at === this.#count || at < 0) this.#shared = undefined;
    if (at === this.#count) {
      if (this.#count === this.#uids.length) this.#grow();
      this.#count++;
    } else if (at < 0) {
      at = this.#openGap(uid);
    }
    this.#uids[at] = uid;
    this.#flags[at] = flags;
    this.#modSeqs[at] = modSeq;
    this.#sizes[at] = size;
    this.#dates[at] = date;
  }

  #grow(): void {
    const capacity = Math.ceil(this.#uids.length * growth);
    const larger = <T extends Uint32Array | Float64Array>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.#uids = larger(new Uint32Array(capacity), this.#uids);
    this.#flags = larger(new Uint32Array(capacity), this.#flags);
    this.#modSeqs = larger(new Float64Array(capacity), this.#modSeqs);
    this.#sizes = larger(new Float64Array(capacity), this.#sizes);
    this.#dates = larger(new Float64Array(capacity), this.#dates);
  }

  /** Room for a UID between others: rows of one MODSEQ may arrive out of UID order while a delta is read. */
  #openGap(uid: number): number {
    if (this.#count === this.#uids.length) this.#grow();
    const at = this.#lowerBound(uid);
    for (const column of [this.#uids, this.#flags, this.#modSeqs, this.#sizes, this.#dates]) {
      column.copyWithin(at + 1, at, this.#count);
    }
    this.#count++;
    return at;
  }

  /** Removes the given UIDs (ascending); those not held are ignored. */
  remove(uids: readonly number[]): void {
    const gone = uids.map((uid) => this.indexOf(uid)).filter((at) => at >= 0);
    if (gone.length === 0) return;
    this.#shared = undefined;
    let to = gone[0] ?? 0;
    for (const [position, at] of gone.entries()) {
      // What stands between this one and the next moves as a whole.
      const end = gone[position + 1] ?? this.#count;
      for (const column of [this.#uids, this.#flags, this.#modSeqs, this.#sizes, this.#dates]) {
        column.copyWithin(to, at + 1, end);
      }
      to += end - at - 1;
    }
    this.#count = to;
  }

  /** First row whose UID is at or above `uid`. */
  #lowerBound(uid: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#uids[middle] ?? 0) < uid) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Row of a UID, -1 when not held. */
  indexOf(uid: number): number {
    const at = this.#lowerBound(uid);
    return at < this.#count && this.#uids[at] === uid ? at : -1;
  }

  sizeOf(uid: number): number | undefined {
    const at = this.indexOf(uid);
    return at < 0 ? undefined : this.#sizes[at];
  }

  /** All UIDs: one array for all callers, which must not write to it; it never changes. */
  uids(): Uint32Array {
    this.#shared ??= this.#uids.slice(0, this.#count);
    return this.#shared;
  }

  /** The first UID whose flags lack this bit. */
  firstWithout(flag: number): number | undefined {
    for (let at = 0; at < this.#count; at++) if (((this.#flags[at] ?? 0) & flag) === 0) return this.#uids[at];
    return undefined;
  }

  /** A copy of the UIDs whose flags have this bit, ascending. */
  uidsWith(flag: number): Uint32Array {
    return this.#uids.subarray(0, this.#count).filter((_, at) => ((this.#flags[at] ?? 0) & flag) !== 0);
  }

  /** Messages with UID at or above `uid`. */
  countFrom(uid: number): number {
    return this.#count - this.#lowerBound(uid);
  }

  /** Copies of the rows of `uids` (any order; unknown and repeated ones are left out), ascending. `mask` hides flag bits. */
  select(uids: Uint32Array, mask: number): MessageRows {
    const picked = new Uint32Array(uids.length);
    let count = 0;
    let last = -1;
    let sorted = true;
    for (const uid of uids) {
      // Callers mostly ask for runs: the next row is tried before the search.
      const at = this.#uids[last + 1] === uid && last + 1 < this.#count ? last + 1 : this.indexOf(uid);
      if (at < 0 || at === last) continue;
      if (at < last) sorted = false;
      picked[count++] = at;
      last = at;
    }
    const rows = picked.subarray(0, count);
    return this.#copy(sorted ? rows : Uint32Array.from(new Set(rows.slice().sort())), mask);
  }

  /** Copies of the rows with MODSEQ above `modSeq`. */
  selectChanged(modSeq: number, mask: number): MessageRows {
    if (modSeq >= this.modSeq) return this.#copy(new Uint32Array(0), mask);
    const picked = new Uint32Array(this.#count);
    let count = 0;
    for (let at = 0; at < this.#count; at++) if ((this.#modSeqs[at] ?? 0) > modSeq) picked[count++] = at;
    return this.#copy(picked.subarray(0, count), mask);
  }

  #copy(rows: Uint32Array, mask: number): MessageRows {
    const uids = new Uint32Array(rows.length);
    const flags = new Uint32Array(rows.length);
    const modSeqs = new Float64Array(rows.length);
    const sizes = new Float64Array(rows.length);
    const internalDates = new Float64Array(rows.length);
    for (let to = 0; to < rows.length; to++) {
      const at = rows[to] ?? 0;
      uids[to] = this.#uids[at] ?? 0;
      flags[to] = (this.#flags[at] ?? 0) & mask;
      modSeqs[to] = this.#modSeqs[at] ?? 0;
      sizes[to] = this.#sizes[at] ?? 0;
      internalDates[to] = this.#dates[at] ?? 0;
    }
    return { uids, flags, modSeqs, sizes, internalDates };
  }
}
