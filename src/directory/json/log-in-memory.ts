// Remembers log-ins that succeeded a short while ago, so that a client that opens ten connections costs one password hash.
//
// Keeps a keyed hash of login and password, never the password; the key lives as long as the process. An entry is only
// good for the stored hash it was verified against, so a changed password ends it at once.

import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';

/** Entries kept; the oldest goes first. About 150 bytes each. */
const maxEntries = 20_000;

export class LogInMemory {
  readonly #clock: Clock;
  readonly #ttlMs: () => number;
  readonly #key = randomBytes(32);
  readonly #entries = new Map<string, { readonly stored: string; readonly untilMs: number }>();

  constructor(clock: Clock, ttlMs: () => number) {
    this.#clock = clock;
    this.#ttlMs = ttlMs;
  }

  /** True when this password was verified against `stored` within the time to live. */
  knows(address: string, password: string, stored: string): boolean {
    const entry = this.#entries.get(this.#tag(address, password));
    return entry !== undefined && entry.stored === stored && entry.untilMs > this.#clock.nowMs();
  }

  remember(address: string, password: string, stored: string): void {
    const ttlMs = this.#ttlMs();
    if (ttlMs === 0) return;
    const tag = this.#tag(address, password);
    this.#entries.delete(tag);
    if (this.#entries.size >= maxEntries) {
      const oldest = this.#entries.keys().next().value;
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    this.#entries.set(tag, { stored, untilMs: this.#clock.nowMs() + ttlMs });
  }

  #tag(address: string, password: string): string {
    return createHmac('sha256', this.#key).update(`${address.length}:${address}${password}`).digest('base64');
  }
}
