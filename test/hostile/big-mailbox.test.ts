// A mailbox of 100,000 messages on a real server: what one session does with it is not felt by another.

import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fillMaildirs } from '../../bench/imap-corpus.ts';
import { startServer, type TestServer } from '../fixture/server.ts';

const messages = 100_000;
/** What another session may wait for its NOOP. */
const maxWaitMs = 100;

let server: TestServer;

before(async () => {
  server = await startServer({ workers: 1, settings: [['imap.plaintextAuth', 'true']] });
  // Log-in makes the account's folders.
  (await Session.open(server)).close();
  const maildir = join(server.data, 'mail', 'example.test', 'alice', 'Maildir');
  await fillMaildirs([{ path: maildir, owner: 0 }], messages);
});
after(() => server.stop());

/** A client that only looks for the tagged line. */
class Session {
  readonly #socket: Socket;
  #tail = '';
  #tags = 0;
  #check: () => void = () => {};
  #fail: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('close', () => this.#fail());
    socket.on('data', (octets: Buffer) => {
      this.#tail = (this.#tail + octets.toString('latin1')).slice(-4096);
      this.#check();
    });
  }

  static async open({ ports, password }: TestServer): Promise<Session> {
    const session = new Session(connect(ports.imap, '127.0.0.1'));
    await session.#until(/^\* OK .*\r\n/m);
    await session.ok(`LOGIN alice@example.test ${password('alice@example.test')}`);
    return session;
  }

  /** Milliseconds until the tagged OK. */
  async ok(command: string): Promise<number> {
    const tag = `t${++this.#tags}`;
    const started = performance.now();
    this.#socket.write(`${tag} ${command}\r\n`);
    const line = await this.#until(new RegExp(`^${tag} .*\\r\\n`, 'm'));
    assert.match(line, / OK /, command);
    return performance.now() - started;
  }

  #until(pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#fail = () => reject(new Error(`closed: ${this.#tail}`));
      this.#check = () => {
        const found = pattern.exec(this.#tail);
        if (found === null) return;
        this.#tail = '';
        this.#check = () => {};
        resolve(found[0]);
      };
      this.#check();
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** The longest NOOP of another session while `command` runs. */
async function longestNoop(worker: Session, other: Session, command: string): Promise<number> {
  let isRunning = true;
  const running = worker.ok(command).finally(() => {
    isRunning = false;
  });
  let longest = 0;
  while (isRunning) longest = Math.max(longest, await other.ok('NOOP'));
  await running;
  return longest;
}

test('STORE and FETCH over 100,000 messages: another session never waits 100 ms', {
  timeout: 400_000,
}, async () => {
  const worker = await Session.open(server);
  const other = await Session.open(server);
  await worker.ok('SELECT INBOX');
  for (const command of [
    'STORE 1:* +FLAGS.SILENT (\\Flagged)',
    'STORE 1:* -FLAGS (\\Flagged)',
    'FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE)',
    'FETCH 1:* FLAGS',
  ]) {
    const longest = await longestNoop(worker, other, command);
    assert.ok(longest < maxWaitMs, `${command}: NOOP took ${Math.round(longest)} ms`);
  }
  worker.close();
  other.close();
});

test('FETCH of ten messages takes the same time at both ends of a large mailbox as in a small one', async () => {
  const session = await Session.open(server);
  await session.ok('SELECT INBOX');
  const window = async (from: number): Promise<number> => {
    const times: number[] = [];
    for (let i = 0; i < 15; i++) {
      times.push(await session.ok(`FETCH ${from}:${from + 9} (UID FLAGS RFC822.SIZE)`));
    }
    return times.sort((a, b) => a - b)[7] ?? 0;
  };
  const large: number[] = [];
  for (const from of [1, messages / 2, messages - 9]) large.push(await window(from));
  await session.ok('CREATE Small');
  await session.ok('COPY 1:10 Small');
  await session.ok('SELECT Small');
  const small = await window(1);
  for (const ms of large) {
    assert.ok(
      ms < small * 3 + 5,
      `${ms.toFixed(1)} ms in the large one, ${small.toFixed(1)} ms in the small`,
    );
  }
  session.close();
});
