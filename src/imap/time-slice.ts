// Keeps long answers from holding the event loop: work that walks many messages calls `pause` between small steps.
//
// DESIGN promise 3: no unbounded CPU slice on the loop. A step between two calls must itself stay far below `sliceMs`.

import { setImmediate } from 'node:timers/promises';
import { Transient } from '../base/outcome.ts';

/** Half of what one session may hold the loop; leaves room for a step that is slower than thought. */
const sliceMs = 2;

export class TimeSlice {
  readonly #closed: AbortSignal;
  #startedMs = performance.now();

  /** `closed` ends the work of a client that went away. */
  constructor(closed: AbortSignal) {
    this.#closed = closed;
  }

  /** Lets others run when the slice is used up. Throws Transient('host.closed') when nobody waits for the answer. */
  async pause(): Promise<void> {
    if (performance.now() - this.#startedMs < sliceMs) return;
    await setImmediate();
    this.#startedMs = performance.now();
    if (this.#closed.aborted)
      throw new Transient('host.closed', 'the client left before the answer was complete');
  }
}
