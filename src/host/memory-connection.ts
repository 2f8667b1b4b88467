// Connection without a socket, for tests of sessions: octets go in by hand, replies come out as the writes they left in.
//
// Everything is driven by the test: `send` resolves when the session has used what it was given and waits again (or ended),
// so a scripted dialogue needs no timers and no sleeps. Time-outs happen when the test says so. Keeps the promises of
// connection.ts, TLS included: startTls() drops what was not read and sets the facts.

import type { TraceId } from '../base/brands.ts';
import { assert, Transient } from '../base/outcome.ts';
import type { Connection, ServeConnection, TlsFacts } from './connection.ts';

const maxChunkBytes = 65_536;
const gatherBytes = 16_384;

export interface MemoryConnectionOptions {
  readonly id?: string;
  readonly remoteAddress?: string;
  readonly localAddress?: string;
  readonly localPort?: number;
  /** Facts from the first octet on (implicit TLS). */
  readonly tls?: TlsFacts;
}

/** What startTls() makes of the connection. */
export const memoryTls: TlsFacts = {
  protocol: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  serverName: undefined,
};

/** Both ends: a session reads and writes the `Connection` members, the test uses the rest. */
export class MemoryConnection implements Connection {
  readonly id: TraceId;
  readonly remoteAddress: string;
  readonly remotePort = 40_000;
  readonly localAddress: string;
  readonly localPort: number;
  tls: TlsFacts | undefined;
  /** Every write as it left, in order. */
  readonly segments: Buffer[] = [];

  readonly #closed = new AbortController();
  readonly #draining = new AbortController();
  #input: Buffer[] = [];
  #inputEnded = false;
  #timedOut = false;
  #output: Buffer[] = [];
  #outputBytes = 0;
  #wakeReader: (() => void) | undefined;
  #idleWaiters: (() => void)[] = [];
  #session: Promise<void> | undefined;

  constructor(options: MemoryConnectionOptions = {}) {
    this.id = (options.id ?? '0sess0000session') as TraceId;
    this.remoteAddress = options.remoteAddress ?? '192.0.2.1';
    this.localAddress = options.localAddress ?? '192.0.2.25';
    this.localPort = options.localPort ?? 25;
    this.tls = options.tls;
  }

  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  get draining(): AbortSignal {
    return this.#draining.signal;
  }

  /** Starts a session on this connection and waits until it first wants input. */
  async serve(session: ServeConnection): Promise<void> {
    this.#session = session(this).finally(() => this.destroy());
    this.#session.catch(() => {});
    await this.idle();
  }

  /** The session's end; rejects with what it threw. */
  get ended(): Promise<void> {
    assert(this.#session !== undefined, 'serve() was not called');
    return this.#session;
  }

  /** Gives the session one chunk and waits until it wants more, or has ended. */
  async send(octets: Uint8Array | string): Promise<void> {
    this.push(octets);
    await this.idle();
  }

  /** Gives one chunk without waiting. Text is UTF-8. */
  push(octets: Uint8Array | string): void {
    const chunk = Buffer.from(octets as Uint8Array);
    for (let at = 0; at < chunk.length; at += maxChunkBytes) {
      this.#input.push(chunk.subarray(at, at + maxChunkBytes));
    }
    this.#wakeReader?.();
  }

  /** The peer sends no more. */
  async finish(): Promise<void> {
    this.#inputEnded = true;
    this.#wakeReader?.();
    await this.idle();
  }

  /** The pending (or next) read finds that its time is over. */
  async timeOut(): Promise<void> {
    this.#timedOut = true;
    this.#wakeReader?.();
    await this.idle();
  }

  /** The server asks the session to finish. */
  async drain(): Promise<void> {
    this.#draining.abort();
    await this.idle();
  }

  /** Resolves when the session waits in read() with nothing left to read, or is over. */
  async idle(): Promise<void> {
    // One turn of the event loop first, so that a session that was just woken has left its read().
    await new Promise((resolve) => setImmediate(resolve));
    while (!this.#closed.signal.aborted && !this.#isStarved()) {
      await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #isStarved(): boolean {
    return this.#wakeReader !== undefined && this.#input.length === 0 && !this.#inputEnded && !this.#timedOut;
  }

  #reportIdle(): void {
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const wake of waiters) wake();
  }

  /** All octets the session sent so far, as latin1 text. */
  get received(): string {
    return Buffer.concat(this.segments).toString('latin1');
  }

  /** What was sent since the last call, as latin1 text. */
  take(): string {
    const text = this.received.slice(this.#taken);
    this.#taken += text.length;
    return text;
  }
  #taken = 0;

  async read(_timeoutMs: number): Promise<Buffer | undefined> {
    assert(this.#wakeReader === undefined, 'one read at a time');
    this.#leave();
    for (;;) {
      const chunk = this.#input.shift();
      if (chunk !== undefined) return chunk;
      if (this.#closed.signal.aborted || this.#inputEnded) return undefined;
      if (this.#timedOut) {
        this.#timedOut = false;
        throw new Transient('host.timeout', 'nothing came from the peer in time');
      }
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
        this.#reportIdle();
      });
      this.#wakeReader = undefined;
    }
  }

  unread(rest: Uint8Array): void {
    if (rest.length > 0) this.#input.unshift(Buffer.from(rest));
  }

  write(octets: Uint8Array | string): void {
    if (this.#closed.signal.aborted) return;
    const chunk = typeof octets === 'string' ? Buffer.from(octets, 'latin1') : Buffer.from(octets);
    this.#output.push(chunk);
    this.#outputBytes += chunk.length;
    if (this.#outputBytes >= gatherBytes) this.#leave();
  }

  #leave(): void {
    if (this.#outputBytes === 0) return;
    this.segments.push(Buffer.concat(this.#output));
    this.#output = [];
    this.#outputBytes = 0;
  }

  async flush(): Promise<void> {
    this.#leave();
    if (this.#closed.signal.aborted) throw new Transient('host.closed', 'the connection broke');
  }

  async startTls(): Promise<void> {
    this.#leave();
    this.#input = [];
    this.tls = memoryTls;
  }

  async end(): Promise<void> {
    this.#leave();
    this.destroy();
  }

  destroy(): void {
    if (this.#closed.signal.aborted) return;
    this.#output = [];
    this.#outputBytes = 0;
    this.#closed.abort();
    this.#wakeReader?.();
    this.#reportIdle();
  }
}
