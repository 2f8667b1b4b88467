// Group commit: one running sync serves everybody who asked before it began; who asks later waits for the next one.
//
// A sync that fails is final. After a failed fsync Linux marks the pages clean and reports the error once, so that a
// second attempt would succeed without the octets being on the disk; therefore every waiter and every later call gets
// the same failure until the owner opens the file anew.

/** Shares syncs of one file. */
export class GroupSync {
  readonly #sync: () => Promise<void>;
  readonly #onFailure: (error: unknown) => void;
  #next: Promise<void> | undefined;
  #running: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;

  /** `sync` makes durable whatever was written before it was called; `onFailure` hears of the first failure. */
  constructor(sync: () => Promise<void>, onFailure: (error: unknown) => void) {
    this.#sync = sync;
    this.#onFailure = onFailure;
  }

  /** Resolves when a sync that began after this call has ended; rejects with the first failure of this file. */
  wait(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
    this.#next ??= this.#runAfter(this.#running);
    return this.#next;
  }

  /** Resolves when no sync is running or promised any more; never rejects. */
  async idle(): Promise<void> {
    while (this.#next !== undefined) await this.#next.catch(() => {});
    await this.#running.catch(() => {});
  }

  async #runAfter(previous: Promise<void>): Promise<void> {
    // At least one turn of the microtask queue, so that all commits of this turn share the sync.
    await previous.catch(() => {});
    this.#running = this.#next as Promise<void>;
    this.#next = undefined;
    if (this.#failure !== undefined) throw this.#failure.error;
    try {
      await this.#sync();
    } catch (error) {
      this.#failure = { error };
      this.#onFailure(error);
      throw error;
    }
  }
}
