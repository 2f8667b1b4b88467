// Keeps the number of open indexes of a worker at `store.openIndexes`: the least recently used idle ones are closed.

/** What the pool closes. */
interface Closable {
  /** Closes now if nothing is under way; false otherwise. */
  closeIdle(): boolean;
}

/** One per store. */
export class IndexPool {
  readonly #limit: () => number;
  readonly #onClosed: (closed: Closable) => void;
  /** Insertion order is order of use. */
  readonly #open = new Set<Closable>();

  /** `onClosed` hears of every account whose index was closed here. */
  constructor(limit: () => number, onClosed: (closed: Closable) => void) {
    this.#limit = limit;
    this.#onClosed = onClosed;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Marks an account as just used; closes others that are too many. Busy ones stay and are tried again next time. */
  touch(account: Closable): void {
    this.#open.delete(account);
    this.#open.add(account);
    let excess = this.#open.size - this.#limit();
    for (const other of this.#open) {
      if (excess <= 0 || other === account) break;
      if (!other.closeIdle()) continue;
      this.#open.delete(other);
      this.#onClosed(other);
      excess--;
    }
  }

  forget(account: Closable): void {
    this.#open.delete(account);
  }
}
