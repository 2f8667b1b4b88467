// One accepted connection as a session sees it: bytes in on demand, bytes out with back-pressure, TLS upgrade in place.
//
// Reading is pull-based, so a peer that sends faster than we work is stopped by TCP, and nothing is buffered beyond one
// chunk. A session owns its connection and ends it. Implemented in socket-connection.ts; tests may use memory pairs.

import type { TraceId } from '../base/brands.ts';

/** Facts about the TLS layer, undefined members where the handshake did not have them. */
export interface TlsFacts {
  readonly protocol: string;
  readonly cipher: string;
  readonly serverName: string | undefined;
  /**
   * Octets that tie a log-in to this TLS connection (`tls-exporter`, RFC 9266) or to the server's certificate
   * (`tls-server-end-point`, RFC 5929 4); undefined where this connection has none.
   */
  channelBinding?(type: 'tls-exporter' | 'tls-server-end-point'): Uint8Array | undefined;
  /** Names in the client's certificate when it was asked for, shown and verified; undefined otherwise. */
  clientNames?(kind: 'email' | 'commonName'): readonly string[] | undefined;
}

export interface Connection {
  readonly id: TraceId;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly tls: TlsFacts | undefined;
  /** Aborted when the socket closes for whatever reason, or the server begins to drain (see `draining`). */
  readonly closed: AbortSignal;
  /** Aborted when the server wants the session to finish: answer 421 or BYE at the next command boundary. */
  readonly draining: AbortSignal;

  /**
   * Next chunk as it came, at most 64 KiB; undefined at end of input. Throws Transient('host.timeout') when nothing came
   * for `timeoutMs`, Transient('host.closed') when the socket broke. One read at a time.
   */
  read(timeoutMs: number): Promise<Buffer | undefined>;
  /** Puts octets back in front of the next read. */
  unread(rest: Uint8Array): void;
  /** Queues octets; they leave at the next flush(), read() or when 32 KiB have gathered. Strings are sent as latin1. */
  write(octets: Uint8Array | string): void;
  /** Sends what was queued; resolves when the send buffer is below its high-water mark (back-pressure). */
  flush(): Promise<void>;
  /**
   * Server-side TLS handshake. Call it right after write()ing the go-ahead line ("220 …", "OK begin TLS") and without a
   * flush() between: it first drops every octet received so far (RFC 3207 4.2: command injection), then sends the queued
   * line, then shakes hands. Throws Transient('host.tls_handshake') when that fails; the connection is then closed.
   */
  startTls(): Promise<void>;
  /** Flushes and closes gracefully, bounded by a few seconds. */
  end(): Promise<void>;
  /** Closes at once. */
  destroy(): void;
}

/** Runs one session; the listener destroys the connection when the promise settles. */
export type ServeConnection = (connection: Connection) => Promise<void>;
