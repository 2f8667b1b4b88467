// Memory of IMAP sessions that wait: opens many, lets them IDLE in a selected mailbox, and reads PSS of all server processes.
//
// PSS counts shared pages once, so the sum over a tree of processes is what the machine loses. Loopback only. The difference
// to the server without sessions, divided by their number, is the cost of one.

import { readdir, readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { constants, createInflateRaw, deflateRawSync } from 'node:zlib';

export type SessionKind = 'plain' | 'TLS' | 'TLS+COMPRESS';

export interface IdleTarget {
  readonly pid: number;
  readonly port: number;
  readonly tlsPort: number;
  readonly user: string;
  readonly password: string;
}

/** How many log in at the same time. */
const inParallel = 20;
/** Long enough for buffers of log-in to be given back. */
const settleMs = 5_000;

/** Octets that one waiting session costs. */
export async function idleSessionBytes(
  target: IdleTarget,
  kind: SessionKind,
  sessions: number,
): Promise<number> {
  const before = await treePssBytes(target.pid);
  const sockets: Socket[] = [];
  try {
    const open = async (): Promise<void> => {
      while (sockets.length < sessions) {
        const place = sockets.length;
        sockets.length = place + 1;
        sockets[place] = await idleSession(target, kind);
      }
    };
    await Promise.all(Array.from({ length: inParallel }, open));
    await sleep(settleMs);
    return ((await treePssBytes(target.pid)) - before) / sessions;
  } finally {
    for (const socket of sockets) socket?.destroy();
    await sleep(settleMs);
  }
}

/** Logs in, selects INBOX and goes to IDLE. */
async function idleSession(target: IdleTarget, kind: SessionKind): Promise<Socket> {
  const socket =
    kind === 'plain'
      ? connect(target.port, '127.0.0.1')
      : connectTls({ port: target.tlsPort, host: '127.0.0.1', rejectUnauthorized: false });
  const talk = conversation(socket);
  await talk(undefined, /^\* OK/);
  await talk(`a LOGIN ${target.user} ${target.password}`, /^a OK/m);
  const isCompressed = kind === 'TLS+COMPRESS';
  if (isCompressed) await talk('z COMPRESS DEFLATE', /^z OK/m);
  const speak = isCompressed ? conversation(socket, true) : talk;
  await speak('b SELECT INBOX', /^b OK/m);
  await speak('c IDLE', /^\+ /m);
  socket.removeAllListeners('data');
  socket.resume();
  return socket;
}

type Talk = (command: string | undefined, until: RegExp) => Promise<void>;

function conversation(socket: Socket, isCompressed = false): Talk {
  let heard = '';
  let check = (): void => {};
  let fail = (_: Error): void => {};
  const hear = (octets: Buffer): void => {
    heard += octets.toString('latin1');
    check();
  };
  socket.removeAllListeners('data');
  if (isCompressed) {
    const inflate = createInflateRaw({ flush: constants.Z_SYNC_FLUSH });
    inflate.on('data', hear);
    socket.on('data', (octets: Buffer) => inflate.write(octets));
  } else {
    socket.on('data', hear);
  }
  socket.on('error', (error) => fail(error));
  socket.on('close', () => fail(new Error(`the server closed: ${heard}`)));
  return (command, until) =>
    new Promise((resolve, reject) => {
      fail = reject;
      check = () => {
        if (!until.test(heard)) return;
        heard = '';
        check = () => {};
        resolve();
      };
      const line = command === undefined ? '' : `${command}\r\n`;
      if (line === '') check();
      else socket.write(isCompressed ? deflateRawSync(line, { finishFlush: constants.Z_SYNC_FLUSH }) : line);
    });
}

/** Proportional set size of a process and everything it started. */
export async function treePssBytes(pid: number): Promise<number> {
  const parents = new Map<number, number>();
  for (const entry of await readdir('/proc')) {
    const stat = /^\d+$/.test(entry) ? await readFile(`/proc/${entry}/stat`, 'latin1').catch(() => '') : '';
    const parent = /\) \S (\d+) /.exec(stat)?.[1];
    if (parent !== undefined) parents.set(Number(entry), Number(parent));
  }
  const isBelow = (process: number | undefined): boolean =>
    process !== undefined && process > 1 && (process === pid || isBelow(parents.get(process)));
  let kilobytes = 0;
  for (const process of [...parents.keys()].filter(isBelow)) {
    const rollup = await readFile(`/proc/${process}/smaps_rollup`, 'latin1').catch(() => '');
    kilobytes += Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
  }
  return kilobytes * 1024;
}
