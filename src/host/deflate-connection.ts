// Connection whose octets are compressed both ways, around one that is not (RFC 4978). See connection.ts for the contract.
//
// Owns nothing but the two codecs: closing and draining are those of the inner connection. TLS must have begun before, since
// compression lies above it (RFC 4978 3); startTls() is a Bug here. A wait for the peer forgets what was sent, so that a
// session at rest holds only the octets it may still be referred to.

import type { TraceId } from '../base/brands.ts';
import { assert, Transient } from '../base/outcome.ts';
import type { Connection, TlsFacts } from './connection.ts';
import { Deflation, deflateBatchBytes, Inflation } from './deflate-codec.ts';

export class DeflateConnection implements Connection {
  readonly #inner: Connection;
  readonly #deflation: Deflation;
  readonly #inflation = new Inflation();
  #output: (Uint8Array | string)[] = [];
  #outputBytes = 0;
  #unread: Buffer | undefined;

  /** Everything that is read from `inner` from now on must be compressed; `level` as zlib has it, 1 to 9. */
  constructor(inner: Connection, level: number) {
    this.#inner = inner;
    this.#deflation = new Deflation(level);
  }

  get id(): TraceId {
    return this.#inner.id;
  }
  get remoteAddress(): string {
    return this.#inner.remoteAddress;
  }
  get remotePort(): number {
    return this.#inner.remotePort;
  }
  get localAddress(): string {
    return this.#inner.localAddress;
  }
  get localPort(): number {
    return this.#inner.localPort;
  }
  get tls(): TlsFacts | undefined {
    return this.#inner.tls;
  }
  get closed(): AbortSignal {
    return this.#inner.closed;
  }
  get draining(): AbortSignal {
    return this.#inner.draining;
  }

  async read(timeoutMs: number): Promise<Buffer | undefined> {
    if (this.#unread !== undefined) {
      const rest = this.#unread;
      this.#unread = undefined;
      return rest;
    }
    this.#compressAll();
    this.#deflation.rest();
    // Flushes without content must not stretch the time.
    const endsAt = performance.now() + timeoutMs;
    for (;;) {
      const plain = await this.#inflation.next();
      if (plain !== undefined) return plain;
      const leftMs = Math.ceil(endsAt - performance.now());
      if (leftMs <= 0) throw new Transient('host.timeout', 'nothing came from the peer in time');
      const chunk = await this.#inner.read(leftMs);
      if (chunk === undefined) return undefined;
      this.#inflation.push(chunk);
    }
  }

  unread(rest: Uint8Array): void {
    if (rest.length === 0) return;
    const octets = Buffer.from(rest.buffer, rest.byteOffset, rest.byteLength);
    this.#unread = this.#unread === undefined ? octets : Buffer.concat([octets, this.#unread]);
  }

  write(octets: Uint8Array | string): void {
    if (octets.length === 0) return;
    this.#output.push(octets);
    this.#outputBytes += octets.length;
    if (this.#outputBytes >= deflateBatchBytes) this.#compressAll();
  }

  #compressAll(): void {
    if (this.#output.length === 0) return;
    const parts = this.#output.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part));
    const plain = Buffer.concat(parts, this.#outputBytes);
    this.#output = [];
    this.#outputBytes = 0;
    for (let at = 0; at < plain.length; at += deflateBatchBytes) {
      this.#inner.write(this.#deflation.compress(plain.subarray(at, at + deflateBatchBytes)));
    }
  }

  flush(): Promise<void> {
    this.#compressAll();
    return this.#inner.flush();
  }

  async startTls(): Promise<void> {
    assert(false, 'TLS begins before compression');
  }

  async end(): Promise<void> {
    this.#compressAll();
    this.#inflation.close();
    await this.#inner.end();
  }

  destroy(): void {
    this.#inflation.close();
    this.#inner.destroy();
  }
}
