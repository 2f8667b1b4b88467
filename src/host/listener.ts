// A listening port: accepts, counts, refuses, and runs one session a connection.
//
// Every worker listens on the same port with SO_REUSEPORT and counts for itself. A session that throws ends alone. The
// listener destroys each connection when its session settles, so no descriptor outlives its session.

import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { Outcome } from '../base/outcome.ts';
import { createTraceId } from '../base/trace-id.ts';
import type { ServeConnection } from './connection.ts';
import { errorFields, type Log } from './log.ts';
import { counter, gauge } from './metrics.ts';
import { systemRandom } from './random.ts';
import { SocketConnection, type TlsServerOptions } from './socket-connection.ts';

const accepted = counter('tegu_connections_total', 'Connections accepted', ['listener']);
const refused = counter('tegu_connections_refused_total', 'Connections refused by a limit or ban', [
  'listener',
  'reason',
]);
const open = gauge('tegu_connections_open', 'Connections open now', ['listener']);

/** Limits read at each accept, so that a changed setting is live. */
export interface ListenerLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly writeTimeoutMs: number;
}

export interface ListenerOptions {
  /** `smtp`, `submission`, `imaps` …: for logs and metrics. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** TLS from the first octet. */
  readonly implicitTls: boolean;
  /** Sent in plain text to a connection that a limit or ban turns away (a whole line). */
  readonly refusal: string;
  readonly limits: () => ListenerLimits;
  readonly tls: () => TlsServerOptions;
  readonly isBanned: (address: string) => boolean;
  readonly serve: ServeConnection;
  readonly log: Log;
  readonly clock: Clock;
}

export interface Listener {
  readonly port: number;
  /** Stops accepting, asks sessions to finish, and destroys those still there after `graceMs`. */
  drain(graceMs: number): Promise<void>;
}

/** Opens the port; rejects with the system's error (EADDRINUSE, EACCES …). */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const state = new ListenerState(options);
  const server = createServer(
    // Half open: a client that closes its side after the last command still gets the answers.
    { noDelay: true, keepAlive: true, keepAliveInitialDelay: 120_000, allowHalfOpen: true },
    (socket) => state.accept(socket),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.address, port: options.port, reusePort: true, backlog: 1024 }, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
  server.on('error', (error) =>
    options.log.error('listener.error', { ...errorFields(error), listener: options.name }),
  );
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : options.port;
  return { port, drain: (graceMs) => state.drain(server, graceMs) };
}

class ListenerState {
  readonly #options: ListenerOptions;
  readonly #draining = new AbortController();
  readonly #sessions = new Map<SocketConnection, Promise<void>>();
  readonly #perAddress = new Map<string, number>();

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  accept(socket: Socket): void {
    const { name, log, clock } = this.#options;
    const limits = this.#options.limits();
    const connection = new SocketConnection(socket, {
      id: createTraceId(clock, systemRandom),
      draining: this.#draining.signal,
      writeTimeoutMs: limits.writeTimeoutMs,
      tls: this.#options.tls,
    });
    const address = connection.remoteAddress;
    const reason = this.#refusalReason(address, limits);
    if (reason !== undefined) {
      refused.inc({ listener: name, reason });
      log.debug('connection.refused', { listener: name, address, reason });
      void this.#refuse(connection);
      return;
    }
    accepted.inc({ listener: name });
    open.inc({ listener: name });
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
    this.#sessions.set(connection, this.#run(connection, address));
  }

  #refusalReason(address: string, limits: ListenerLimits): string | undefined {
    if (address === '') return 'gone';
    if (this.#draining.signal.aborted) return 'draining';
    if (this.#options.isBanned(address)) return 'banned';
    if (this.#sessions.size >= limits.maxConnections) return 'total';
    if ((this.#perAddress.get(address) ?? 0) >= limits.maxConnectionsPerAddress) return 'address';
    return undefined;
  }

  async #refuse(connection: SocketConnection): Promise<void> {
    if (!this.#options.implicitTls) connection.write(this.#options.refusal);
    await connection.end();
  }

  async #run(connection: SocketConnection, address: string): Promise<void> {
    const { name, log, serve, implicitTls } = this.#options;
    try {
      if (implicitTls) await connection.startTls();
      await serve(connection);
    } catch (error) {
      const fields = { ...errorFields(error), listener: name, session: connection.id, address };
      if (error instanceof Outcome && error.code !== 'internal.bug') log.debug('session.ended', fields);
      else log.error('session.failed', fields);
    } finally {
      connection.destroy();
      this.#sessions.delete(connection);
      open.dec({ listener: name });
      const left = (this.#perAddress.get(address) ?? 1) - 1;
      if (left <= 0) this.#perAddress.delete(address);
      else this.#perAddress.set(address, left);
    }
  }

  async drain(server: Server, graceMs: number): Promise<void> {
    server.close();
    this.#draining.abort();
    const timer = setTimeout(() => {
      for (const connection of this.#sessions.keys()) connection.destroy();
    }, graceMs);
    await Promise.allSettled([...this.#sessions.values()]);
    clearTimeout(timer);
  }
}
