// Remembers who already has a message that did not reach everybody, so that the next attempt of the sending server makes no
// second copy for them (S11, S12).
//
// A message is known again by its reverse-path, size and SHA-256. The hash is taken only of messages that failed in part and
// of those that look like one of them, so ordinary mail pays one look into a small table. Entries are told to the other
// workers over the bus and are in memory only: after a restart a second copy is possible, a lost message is not.

import { createHash } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import type { MessageBody } from '../base/message-body.ts';
import type { Bus } from '../cluster/bus.ts';
import { formatMailbox } from '../proto/address/mailbox.ts';
import type { ReversePath } from '../proto/address/path.ts';
import type { Settings } from '../settings/settings.ts';

interface Entry {
  readonly accounts: Set<string>;
  readonly expiresMs: number;
}

/** What makes two messages look alike, hashed so that no address goes over the bus. */
function likenessOf(reversePath: ReversePath, sizeBytes: number): string {
  const sender = reversePath === null ? '' : formatMailbox(reversePath);
  return createHash('sha256').update(`${sizeBytes} ${sender}`).digest('base64');
}

/** SHA-256 of all octets. */
async function bodyDigest(body: MessageBody): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of body.chunks()) hash.update(chunk);
  return hash.digest('base64');
}

const nobody: ReadonlySet<string> = new Set();

export class PartialLedger {
  readonly #bus: Bus;
  readonly #clock: Clock;
  readonly #settings: Settings;
  /** `key digest` → entry, oldest first. */
  readonly #entries = new Map<string, Entry>();
  /** Number of entries a key has. */
  readonly #keys = new Map<string, number>();
  readonly #unsubscribe: () => void;

  constructor(bus: Bus, clock: Clock, settings: Settings) {
    this.#bus = bus;
    this.#clock = clock;
    this.#settings = settings;
    this.#unsubscribe = bus.subscribe('delivery.partial', (told) => {
      this.#insert(told.key, told.digest, told.accounts, told.expiresMs);
    });
  }

  /** Accounts that have this very message already; the body is read only when there may be some. */
  async findDelivered(reversePath: ReversePath, body: MessageBody): Promise<ReadonlySet<string>> {
    if (this.#entries.size === 0) return nobody;
    const key = likenessOf(reversePath, body.sizeBytes);
    if (!this.#keys.has(key)) return nobody;
    const entry = this.#entries.get(`${key} ${await bodyDigest(body)}`);
    return entry === undefined || entry.expiresMs <= this.#clock.nowMs() ? nobody : entry.accounts;
  }

  /** Notes who has it, here and in the other workers. */
  async remember(reversePath: ReversePath, body: MessageBody, accounts: readonly string[]): Promise<void> {
    if (accounts.length === 0) return;
    const key = likenessOf(reversePath, body.sizeBytes);
    const digest = await bodyDigest(body);
    const expiresMs = this.#clock.nowMs() + this.#settings.get('delivery.partialHours') * 3_600_000;
    this.#insert(key, digest, accounts, expiresMs);
    this.#bus.publish('delivery.partial', { key, digest, accounts: [...accounts], expiresMs });
  }

  close(): void {
    this.#unsubscribe();
  }

  #insert(key: string, digest: string, accounts: readonly string[], expiresMs: number): void {
    const name = `${key} ${digest}`;
    const known = this.#entries.get(name);
    if (known !== undefined) {
      for (const account of accounts) known.accounts.add(account);
      return;
    }
    this.#entries.set(name, { accounts: new Set(accounts), expiresMs });
    this.#keys.set(key, (this.#keys.get(key) ?? 0) + 1);
    this.#shrink();
  }

  /** Drops the oldest beyond the bound, and those at the front whose time is over. */
  #shrink(): void {
    const now = this.#clock.nowMs();
    const most = this.#settings.get('delivery.partialMessages');
    for (const [name, entry] of this.#entries) {
      if (this.#entries.size <= most && entry.expiresMs > now) return;
      this.#entries.delete(name);
      const key = name.slice(0, name.indexOf(' '));
      const left = (this.#keys.get(key) ?? 1) - 1;
      if (left <= 0) this.#keys.delete(key);
      else this.#keys.set(key, left);
    }
  }
}
