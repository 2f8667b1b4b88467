// Which messages are \Recent for one session (RFC 3501 2.3.2): those that this session was the first to be told of.
//
// Kept as ranges of UIDs [from, to): the store hands out the flag by range, and mail comes at the end. A session that
// shares a busy mailbox with others collects one range for each time it was first.

import type { Uid } from '../base/brands.ts';
import type { MessageView } from './message-view.ts';

export class RecentMessages {
  /** Ascending, disjoint pairs [from, to). */
  readonly #bounds: number[] = [];

  /** Marks the UIDs in [from, to) as recent; `from` must not lie before the last range. */
  add(from: number, to: number): void {
    if (from >= to) return;
    const last = this.#bounds.length - 1;
    if (last > 0 && from <= this.#bounds[last]!) this.#bounds[last] = Math.max(to, this.#bounds[last]!);
    else this.#bounds.push(from, to);
  }

  has(uid: Uid | number): boolean {
    let low = 0;
    let high = this.#bounds.length >> 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#bounds[middle * 2 + 1]! <= uid) low = middle + 1;
      else high = middle;
    }
    return low * 2 < this.#bounds.length && this.#bounds[low * 2]! <= uid;
  }

  /** Recent messages that the client counts. */
  count(view: MessageView): number {
    let total = 0;
    for (let i = 0; i < this.#bounds.length; i += 2) {
      total += view.countUids(this.#bounds[i]!, this.#bounds[i + 1]! - 1);
    }
    return total;
  }
}
