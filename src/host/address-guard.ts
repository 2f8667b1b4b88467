// AuthGuard over bounded in-memory tables. One failure budget an address; the same wrong password again is free.
//
// What this worker learns is passed to `tell`, what others tell comes in through `hear…`, so every worker bans alike. Tables
// hold at most `maxAddresses` entries, the least recently used goes first: an attack from many addresses cannot grow them.

import { createHmac } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import type { AuthGuard } from './auth-guard.ts';

export interface GuardLimits {
  /** Failures within the window after which the address is banned; 0 = never. */
  readonly maxFailures: number;
  readonly windowMs: number;
  readonly banMs: number;
  /** Delay of the first failure's answer; doubles with each further one up to delayMaxMs. */
  readonly delayMs: number;
  readonly delayMaxMs: number;
  readonly maxAddresses: number;
}

/** What other workers should know. */
export interface GuardTell {
  failure(address: string, secretTag: string): void;
  ban(address: string, untilMs: number): void;
}

interface Entry {
  failures: number;
  windowEndsMs: number;
  bannedUntilMs: number;
  /** Tags already counted in this window. */
  readonly tags: Set<string>;
}

const maxTagsPerAddress = 64;

export class AddressGuard implements AuthGuard {
  readonly #limits: () => GuardLimits;
  readonly #clock: Clock;
  readonly #key: Uint8Array;
  readonly #tell: GuardTell;
  readonly #entries = new Map<string, Entry>();

  constructor(limits: () => GuardLimits, clock: Clock, key: Uint8Array, tell: GuardTell) {
    this.#limits = limits;
    this.#clock = clock;
    this.#key = key;
    this.#tell = tell;
  }

  isBanned(address: string): boolean {
    const entry = this.#entries.get(guardKey(address));
    return entry !== undefined && entry.bannedUntilMs > this.#clock.nowMs();
  }

  failed(address: string, _login: string, secretTag: string): number {
    const failures = this.#count(guardKey(address), secretTag);
    this.#tell.failure(address, secretTag);
    const limits = this.#limits();
    return Math.min(limits.delayMs * 2 ** Math.max(0, failures - 1), limits.delayMaxMs);
  }

  succeeded(address: string, _login: string): void {
    const entry = this.#entries.get(guardKey(address));
    if (entry !== undefined) entry.failures = Math.floor(entry.failures / 2);
  }

  secretTag(login: string, password: string): string {
    return createHmac('sha256', this.#key)
      .update(`${login.length}:${login}${password}`)
      .digest('base64')
      .slice(0, 22);
  }

  /** Another worker saw a failure. */
  hearFailure(address: string, secretTag: string): void {
    this.#count(guardKey(address), secretTag);
  }

  /** Another worker, or an administrator, banned (or with 0 freed) an address. */
  hearBan(address: string, untilMs: number): void {
    const entry = this.#entry(guardKey(address));
    entry.bannedUntilMs = untilMs;
    if (untilMs === 0) entry.failures = 0;
  }

  #count(address: string, secretTag: string): number {
    const limits = this.#limits();
    const now = this.#clock.nowMs();
    const entry = this.#entry(address);
    if (entry.windowEndsMs <= now) {
      entry.windowEndsMs = now + limits.windowMs;
      entry.failures = 0;
      entry.tags.clear();
    }
    if (!entry.tags.has(secretTag)) {
      if (entry.tags.size < maxTagsPerAddress) entry.tags.add(secretTag);
      entry.failures += 1;
    }
    if (limits.maxFailures > 0 && entry.failures >= limits.maxFailures && entry.bannedUntilMs <= now) {
      entry.bannedUntilMs = now + limits.banMs;
      this.#tell.ban(address, entry.bannedUntilMs);
    }
    return entry.failures;
  }

  #entry(address: string): Entry {
    const known = this.#entries.get(address);
    if (known !== undefined) {
      this.#entries.delete(address);
      this.#entries.set(address, known);
      return known;
    }
    if (this.#entries.size >= this.#limits().maxAddresses) {
      const oldest = this.#entries.keys().next().value;
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    const entry: Entry = {
      failures: 0,
      windowEndsMs: 0,
      bannedUntilMs: 0,
      tags: new Set(),
    };
    this.#entries.set(address, entry);
    return entry;
  }
}

/** IPv6 attackers own a /64, so it counts as one address. */
function guardKey(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : new Array(Math.max(0, 8 - left.length - right.length)).fill('0');
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`;
}
