// Connection over a TCP socket, with the TLS upgrade in place. See connection.ts for the contract.
//
// Owns the socket. Input is pulled ('readable' + read()), so Node stops reading the descriptor when 64 KiB wait. Output is
// gathered and sent in one write; flush() waits for the kernel when more than 64 KiB are pending and gives up on a peer
// that takes nothing for `writeTimeoutMs`.

import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import type { TraceId } from '../base/brands.ts';
import { Transient } from '../base/outcome.ts';
import type { Connection, TlsFacts } from './connection.ts';
import { SocketTls } from './socket-tls.ts';

/** Octets gathered before they are sent without waiting for flush(). */
const gatherBytes = 32_768;
/** Pending output above which flush() waits. */
const highWaterBytes = 65_536;
/** How long end() waits for the peer to take the last octets. */
const lingerMs = 5_000;

/** What the TLS upgrade needs; a function so that a reloaded certificate serves the next handshake. */
export interface TlsServerOptions {
  readonly secureContext: SecureContext;
  readonly selectContext: (serverName: string) => SecureContext | undefined;
  readonly handshakeTimeoutMs: number;
  /** Clients are asked for a certificate; one that is missing or wrong does not end the handshake. */
  readonly requestCertificate?: boolean;
}

export interface SocketConnectionOptions {
  readonly id: TraceId;
  readonly draining: AbortSignal;
  readonly writeTimeoutMs: number;
  readonly tls: () => TlsServerOptions;
}

export class SocketConnection implements Connection {
  readonly id: TraceId;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly draining: AbortSignal;
  tls: TlsFacts | undefined;

  readonly #options: SocketConnectionOptions;
  #socket: Socket;
  #failure: Error | undefined;
  #ended = false;
  #isClosed = false;
  #closed: AbortController | undefined;
  #unread: Buffer | undefined;
  #wake: (() => void) | undefined;
  #output: (Uint8Array | string)[] = [];
  #outputBytes = 0;

  constructor(socket: Socket, options: SocketConnectionOptions) {
    this.#options = options;
    this.id = options.id;
    this.draining = options.draining;
    this.remoteAddress = plainAddress(socket.remoteAddress ?? '');
    this.remotePort = socket.remotePort ?? 0;
    this.localAddress = plainAddress(socket.localAddress ?? '');
    this.localPort = socket.localPort ?? 0;
    this.#socket = socket;
    this.#listen(socket);
  }

  get closed(): AbortSignal {
    this.#closed ??= new AbortController();
    if (this.#isClosed) this.#closed.abort();
    return this.#closed.signal;
  }

  #listen(socket: Socket): void {
    socket.on('readable', this.#onReadable);
    socket.on('end', this.#onEnd);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
  }

  readonly #onReadable = (): void => this.#wake?.();
  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#wake?.();
  };
  readonly #onError = (error: Error): void => {
    this.#failure ??= error;
    this.#wake?.();
  };
  readonly #onClose = (): void => {
    this.#isClosed = true;
    this.#output = [];
    this.#closed?.abort();
    this.#wake?.();
  };

  async read(timeoutMs: number): Promise<Buffer | undefined> {
    this.#send();
    const first = this.#take();
    if (first !== undefined) return first;
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      this.#wake?.();
    }, timeoutMs);
    try {
      for (;;) {
        const chunk = this.#take();
        if (chunk !== undefined) return chunk;
        if (this.#failure !== undefined) {
          throw new Transient('host.closed', 'the connection broke', { cause: this.#failure });
        }
        if (this.#ended || this.#isClosed) return undefined;
        if (timedOut) throw new Transient('host.timeout', 'nothing came from the peer in time');
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
    } finally {
      clearTimeout(timer);
      this.#wake = undefined;
    }
  }

  #take(): Buffer | undefined {
    if (this.#unread !== undefined) {
      const chunk = this.#unread;
      this.#unread = undefined;
      return chunk;
    }
    const chunk = this.#socket.read() as Buffer | null;
    return chunk ?? undefined;
  }

  unread(rest: Uint8Array): void {
    if (rest.length === 0) return;
    const octets = Buffer.from(rest.buffer, rest.byteOffset, rest.byteLength);
    this.#unread = this.#unread === undefined ? octets : Buffer.concat([octets, this.#unread]);
  }

  write(octets: Uint8Array | string): void {
    if (this.#isClosed || octets.length === 0) return;
    const last = this.#output.length - 1;
    if (typeof octets === 'string' && typeof this.#output[last] === 'string') this.#output[last] += octets;
    else this.#output.push(octets);
    this.#outputBytes += octets.length;
    if (this.#outputBytes >= gatherBytes) this.#send();
  }

  #send(): void {
    const output = this.#output;
    if (output.length === 0) return;
    this.#output = [];
    const total = this.#outputBytes;
    this.#outputBytes = 0;
    const socket = this.#socket;
    if (this.#isClosed || socket.destroyed || !socket.writable) return;
    if (output.length === 1) {
      writeOne(socket, output[0] as Uint8Array | string);
    } else if (total <= highWaterBytes) {
      socket.write(
        Buffer.concat(
          output.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)),
          total,
        ),
      );
    } else {
      socket.cork();
      for (const part of output) writeOne(socket, part);
      socket.uncork();
    }
  }

  async flush(): Promise<void> {
    this.#send();
    const socket = this.#socket;
    let pending = socket.writableLength;
    while (pending > highWaterBytes && !this.#isClosed && !socket.destroyed) {
      await waitForDrain(socket, this.#options.writeTimeoutMs);
      const now = socket.writableLength;
      if (now >= pending && now > highWaterBytes) {
        this.destroy();
        throw new Transient('host.timeout', 'the peer takes no output');
      }
      pending = now;
    }
    if (this.#isClosed || socket.destroyed) {
      throw new Transient('host.closed', 'the connection broke', { cause: this.#failure });
    }
  }

  async startTls(): Promise<void> {
    const plain = this.#socket;
    this.#unread = undefined;
    while (plain.read() !== null) {
      // Dropped: what came before the handshake was not protected by it.
    }
    plain.removeListener('readable', this.#onReadable);
    plain.removeListener('end', this.#onEnd);
    plain.removeListener('close', this.#onClose);
    this.#send();
    const options = this.#options.tls();
    const secure = new TLSSocket(plain, {
      isServer: true,
      secureContext: options.secureContext,
      // Who shows no certificate, or one of somebody else, may still log in by other means.
      requestCert: options.requestCertificate === true,
      rejectUnauthorized: false,
      SNICallback: (name, done) => done(null, options.selectContext(name)),
    });
    this.#socket = secure;
    this.#listen(secure);
    await handshake(secure, options.handshakeTimeoutMs, this.draining);
    this.tls = new SocketTls(secure);
  }

  async end(): Promise<void> {
    this.#send();
    const socket = this.#socket;
    if (this.#isClosed || socket.destroyed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(finish, lingerMs);
      function finish(): void {
        clearTimeout(timer);
        socket.removeListener('close', finish);
        resolve();
      }
      socket.once('close', finish);
      socket.end(() => {
        // Read on so that the peer's last octets do not turn our reply into a reset.
        socket.removeListener('readable', this.#onReadable);
        socket.resume();
      });
    });
    socket.destroy();
  }

  destroy(): void {
    this.#output = [];
    this.#outputBytes = 0;
    this.#socket.destroy();
  }
}

function writeOne(socket: Socket, part: Uint8Array | string): void {
  if (typeof part === 'string') socket.write(part, 'latin1');
  else socket.write(part);
}

/** Resolves at 'drain', at close, or after the timeout; the caller looks at what changed. */
function waitForDrain(socket: Socket, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(finish, timeoutMs);
    function finish(): void {
      clearTimeout(timer);
      socket.removeListener('drain', finish);
      socket.removeListener('close', finish);
      resolve();
    }
    socket.once('drain', finish);
    socket.once('close', finish);
  });
}

function handshake(socket: TLSSocket, timeoutMs: number, draining: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(new Error('no handshake in time')), timeoutMs);
    const onDrain = (): void => fail(new Error('the server is stopping'));
    function settle(): void {
      clearTimeout(timer);
      draining.removeEventListener('abort', onDrain);
      socket.removeListener('secure', done);
      socket.removeListener('error', fail);
      socket.removeListener('close', closed);
    }
    function done(): void {
      settle();
      resolve();
    }
    function closed(): void {
      fail(new Error('closed during the handshake'));
    }
    function fail(cause: Error): void {
      settle();
      socket.destroy();
      reject(new Transient('host.tls_handshake', `TLS handshake failed: ${cause.message}`, { cause }));
    }
    socket.once('secure', done);
    socket.once('error', fail);
    socket.once('close', closed);
    draining.addEventListener('abort', onDrain, { once: true });
  });
}

/** IPv4 clients of a dual-stack socket appear as IPv4. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
