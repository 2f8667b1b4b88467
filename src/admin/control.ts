// The control socket of a running server: a Unix socket with mode 0600 in a directory with mode 0700. Who can open it is the
// server's own user or root; there is no other log-in.
//
// Opening it also proves that no other server runs on this data directory. What a handler throws becomes an answer; a
// client that sends nonsense, too much or nothing for long is cut off.

import { chmod, mkdir, unlink } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { Outcome, Permanent } from '../base/outcome.ts';
import { errorFields, type Log } from '../host/log.ts';
import { type ControlAnswer, LineCutter, parseRequest } from './control-protocol.ts';
import { type SocketPath, shortSocketPath } from './socket-path.ts';

/** What can be asked for: verb → handler. Results must be JSON values. */
export type ControlHandlers = Readonly<Record<string, (args: unknown) => unknown>>;

export interface ControlServer {
  /** Cuts all clients off and removes the socket. */
  close(): Promise<void>;
}

/** More clients at once than any administrator has. */
const maxClients = 64;
/** A client that has sent no request for this long is cut off. */
const idleMs = 60_000;

/** Listens on `path`; Permanent('admin.already_running') when another server does. */
export async function openControl(path: string, handlers: ControlHandlers, log: Log): Promise<ControlServer> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await chmod(dirname(path), 0o700);
  const short = await shortSocketPath(path);
  const clients = new Set<Socket>();
  const server = createServer((socket) => {
    clients.add(socket);
    socket.once('close', () => clients.delete(socket));
    serveClient(socket, handlers, log);
  });
  server.maxConnections = maxClients;
  try {
    await removeLeftover(short.path, path);
    await listen(server, short.path);
    await chmod(short.path, 0o600);
  } catch (error) {
    await short.release();
    throw error;
  }
  return { close: () => closeServer(server, clients, short) };
}

/** A socket file that nobody answers on was left by a server that was killed. */
async function removeLeftover(socketPath: string, path: string): Promise<void> {
  const answered = await new Promise<boolean>((resolve) => {
    const probe = connect(socketPath);
    probe.once('error', () => resolve(false));
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
  });
  if (answered)
    throw new Permanent('admin.already_running', `another server runs on this data directory (${path})`);
  await unlink(socketPath).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

async function closeServer(server: Server, clients: ReadonlySet<Socket>, short: SocketPath): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const socket of clients) socket.destroy();
  await closed;
  await short.release();
}

function serveClient(socket: Socket, handlers: ControlHandlers, log: Log): void {
  const lines = new LineCutter();
  let work: Promise<void> = Promise.resolve();
  socket.setTimeout(idleMs, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    const complete = lines.push(chunk);
    if (complete === 'too long') {
      socket.destroy();
      return;
    }
    for (const line of complete) {
      work = work.then(async () => {
        const answer = await answerLine(line, handlers, log);
        if (!socket.destroyed) socket.write(`${JSON.stringify(answer)}\n`);
      });
    }
  });
}

async function answerLine(line: string, handlers: ControlHandlers, log: Log): Promise<ControlAnswer> {
  const request = parseRequest(line);
  if (request === undefined)
    return { ok: false, code: 'admin.bad_request', message: 'expected a JSON object with "verb"' };
  const handler = Object.hasOwn(handlers, request.verb) ? handlers[request.verb] : undefined;
  if (handler === undefined)
    return { ok: false, code: 'admin.unknown_verb', message: `this server does not know ${request.verb}` };
  try {
    return { ok: true, result: (await handler(request.args)) ?? null };
  } catch (error) {
    log.warn('admin.request_failed', { verb: request.verb, ...errorFields(error) });
    if (error instanceof Outcome) return { ok: false, code: error.code, message: error.message };
    return { ok: false, code: 'internal.bug', message: 'the server failed; see its log' };
  }
}
