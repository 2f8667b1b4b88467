// Lets at most N password hashes be computed at once: each costs tens of MiB and a pool thread.
//
// More wait in line up to a bound; beyond it the attempt is refused as temporary, so a flood of log-ins cannot grow memory.

import { Transient } from '../../base/outcome.ts';

export class HashQueue {
  readonly #limits: () => { readonly concurrency: number; readonly maxWaiting: number };
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(limits: () => { readonly concurrency: number; readonly maxWaiting: number }) {
    this.#limits = limits;
  }

  /** Runs `work` when it is its turn; Transient('directory.busy') when the line is full. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const { concurrency, maxWaiting } = this.#limits();
    if (this.#running >= concurrency) {
      if (this.#waiting.length >= maxWaiting) {
        throw new Transient('directory.busy', 'too many log-ins are being checked at once');
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      return await work();
    } finally {
      // The next in line takes over our place, or it becomes free.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
