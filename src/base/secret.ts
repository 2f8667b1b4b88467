// A value that must not reach a log, an error text or a user interface.

import { inspect } from './inspect.ts';

const shown = '[secret]';

/** Holds a password or token; prints as `[secret]` everywhere. Call `reveal()` only where it is used. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [inspect](): string {
    return shown;
  }
}
