// Keeps the columns of all open mailboxes of a worker inside `store.rowCacheBytes`: least recently used ones are dropped
// and read again from the index when needed.

import type { Columns } from './columns.ts';

/** Who owns columns that may be dropped. */
interface ColumnOwner {
  columns: Columns | undefined;
}

/** One per store. */
export class ColumnCache {
  readonly #limitBytes: () => number;
  /** Insertion order is order of use. */
  readonly #sizes = new Map<ColumnOwner, number>();
  #total = 0;

  constructor(limitBytes: () => number) {
    this.#limitBytes = limitBytes;
  }

  get totalBytes(): number {
    return this.#total;
  }

  /** Marks the owner's columns as just used; drops others when the sum is too large, never these. */
  touch(owner: ColumnOwner): void {
    this.forget(owner);
    const size = owner.columns?.byteLength ?? 0;
    this.#sizes.set(owner, size);
    this.#total += size;
    for (const [other] of this.#sizes) {
      if (this.#total <= this.#limitBytes() || other === owner) break;
      other.columns = undefined;
      this.forget(other);
    }
  }

  /** Takes an owner out of the account. */
  forget(owner: ColumnOwner): void {
    this.#total -= this.#sizes.get(owner) ?? 0;
    this.#sizes.delete(owner);
  }
}
