// The first octets of messages, read before they are asked for: POP3 clients take one message after the other, and each
// would otherwise wait for the disk on its own.
//
// Begins only when a client went from one number to the next, looks a few messages ahead, and holds at most that many
// steps. A failure is kept and shows when its message is asked for.

import type { Maildrop } from './maildrop.ts';

/** Octets of the first step; also the step of the rest. */
export const stepBytes = 65_536;
/** Messages that are read ahead. */
const ahead = 4;

type Outcome = { readonly octets: Buffer } | { readonly error: unknown };

export class ReadAhead {
  readonly #drop: Maildrop;
  readonly #pending = new Map<number, Promise<Outcome>>();
  #expected = 0;

  constructor(drop: Maildrop) {
    this.#drop = drop;
  }

  /** Octets [0, stepBytes) of a message. Throws what Mailbox.read throws. */
  async first(number: number): Promise<Buffer> {
    const isSequence = number === this.#expected;
    this.#expected = number + 1;
    const pending = this.#pending.get(number);
    if (!isSequence) this.#pending.clear();
    this.#pending.delete(number);
    if (isSequence) this.#begin(number + 1);
    const outcome = await (pending ?? this.#read(number));
    if ('error' in outcome) throw outcome.error;
    return outcome.octets;
  }

  #begin(from: number): void {
    const end = Math.min(from + ahead, this.#drop.last + 1);
    for (let number = from; number < end; number++) {
      // Large messages wait for nobody: their first step is little of them.
      if (this.#pending.has(number) || !this.#drop.has(number) || this.#drop.size(number) > stepBytes)
        continue;
      this.#pending.set(number, this.#read(number));
    }
  }

  /** Never rejects. */
  async #read(number: number): Promise<Outcome> {
    try {
      return { octets: await this.#drop.mailbox.read(this.#drop.uid(number), 0, stepBytes) };
    } catch (error) {
      return { error };
    }
  }
}
