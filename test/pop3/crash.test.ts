// What a POP3 client was told survives kill -9: removal after `+OK` to QUIT, nothing before. And the bound of memory: a maildrop
// of 10,000 messages, and a client that takes nothing.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LogInServer, startAgain, startLogInServer } from '../fixture/log-in-server.ts';

const alice = 'alice@example.test';
const settings: [string, string][] = [['pop3.plaintextAuth', 'true']];

let server: LogInServer;
before(async () => {
  server = await startLogInServer({ workers: 1, settings });
});
after(() => server.stop());

/** A client that speaks line by line. */
class Client {
  readonly socket: Socket;
  #text = '';
  #wake: () => void = () => {};

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text: string) => {
      this.#text += text;
      this.#wake();
    });
    this.socket.on('error', () => this.#wake());
    this.socket.on('close', () => this.#wake());
  }

  /** Reads up to `end`; what came when the connection ended. */
  async until(end: string): Promise<string> {
    for (;;) {
      const at = this.#text.indexOf(end);
      if (at >= 0 || this.socket.closed) {
        const taken = at < 0 ? this.#text : this.#text.slice(0, at + end.length);
        this.#text = this.#text.slice(taken.length);
        return taken;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async command(line: string, end = '\r\n'): Promise<string> {
    this.socket.write(`${line}\r\n`);
    return this.until(end);
  }
}

async function login(): Promise<Client> {
  const client = new Client(server.pop3);
  await client.until('\r\n');
  await client.command(`USER ${alice}`);
  assert.match(await client.command(`PASS ${server.password(alice)}`), /^\+OK/);
  return client;
}

async function deliver(count: number, body: string): Promise<void> {
  const client = new Client(server.ports.smtp);
  await client.until('\r\n');
  await client.command('EHLO x', '250 BINARYMIME\r\n');
  for (let i = 0; i < count; i += 50) {
    const batch = Math.min(50, count - i);
    for (let j = 0; j < batch; j++) {
      client.socket.write(`MAIL FROM:<a@b.example>\r\nRCPT TO:<${alice}>\r\nDATA\r\n`);
      for (let line = 0; line < 3; line++) assert.match(await client.until('\r\n'), /^[23]/);
      assert.match(await client.command(`Subject: ${i + j}\r\n\r\n${body}\r\n.`), /^250/);
    }
  }
  client.socket.end('QUIT\r\n');
}

const count = async (): Promise<number> => {
  const client = await login();
  const [, messages] = /^\+OK (\d+) /.exec(await client.command('STAT')) ?? [];
  await client.command('QUIT');
  return Number(messages);
};

async function killAndStart(): Promise<void> {
  const pids = [server.pid, ...(await workerPids())];
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await new Promise((resolve) =>
    (server.child.exitCode ?? server.child.signalCode) !== null
      ? resolve(undefined)
      : server.child.once('exit', resolve),
  );
  server = await startAgain(server, 1);
}

async function workerPids(): Promise<number[]> {
  const text = await readFile(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8');
  return text.trim().split(/\s+/).map(Number);
}

test('kill -9 between DELE and QUIT removes nothing; after +OK to QUIT everything marked is gone', async () => {
  await deliver(5, 'x');
  const marked = await login();
  for (const number of [1, 2, 3]) assert.match(await marked.command(`DELE ${number}`), /^\+OK/);
  await killAndStart();
  assert.equal(await count(), 5);
  const client = await login();
  const before = await client.command('UIDL', '\r\n.\r\n');
  for (const number of [1, 3]) await client.command(`DELE ${number}`);
  assert.match(await client.command('QUIT'), /^\+OK Bye, 2/);
  await killAndStart();
  const left = await login();
  const kept = (await left.command('UIDL', '\r\n.\r\n')).match(/[0-9a-f]{16}/g);
  const all = before.match(/[0-9a-f]{16}/g) ?? [];
  assert.deepEqual(kept, [all[1], all[3], all[4]], 'the others, under the same identifiers');
  await left.command('QUIT');
});

test('a kill at any time around QUIT: what was answered +OK is gone, and the rest is all there', async () => {
  for (let round = 0; round < 4; round++) {
    const had = await count();
    await deliver(4, 'y');
    const client = await login();
    for (let number = had + 1; number <= had + 4; number++) await client.command(`DELE ${number}`);
    client.socket.write('QUIT\r\n');
    const answer = client.until('\r\n');
    await sleep(round * 3);
    await killAndStart();
    const now = await count();
    if ((await answer).startsWith('+OK')) assert.equal(now, had);
    // Without an answer some may be gone, but nothing that was not marked.
    else assert.ok(now >= had && now <= had + 4, `${now - had} of 4 are left`);
    const cleaner = await login();
    for (let number = had + 1; number <= now; number++) await cleaner.command(`DELE ${number}`);
    await cleaner.command('QUIT');
  }
});

test('10,000 messages: a session costs little, and its listings are whole', {
  timeout: 300_000,
}, async (t) => {
  const [first] = await workerPids();
  await deliver(10_000, 'z');
  const total = await count();
  assert.ok(total >= 10_000);
  const resident = async (): Promise<number> => {
    const status = await readFile(join('/proc', String(first), 'status'), 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
  };
  await sleep(500);
  const before = await resident();
  const clients: Client[] = [];
  for (let i = 0; i < 10; i++) clients.push(await login());
  const listings = await Promise.all(clients.map((client) => client.command('UIDL', '\r\n.\r\n')));
  for (const listing of listings) assert.equal(listing.split('\r\n').length, total + 3);
  await sleep(500);
  const each = ((await resident()) - before) / clients.length;
  t.diagnostic(`${Math.round(each / 1024)} KiB a session of ${total} messages, listing included`);
  assert.ok(each < 8 * 1024 * 1024, `${each} bytes a session`);
  for (const client of clients) client.socket.destroy();
});

test('a client that asks for much and takes nothing holds no more than what the sockets hold', async () => {
  const [first] = await workerPids();
  await deliver(1, `${'0123456789abcdef'.repeat(60)}\r\n`.repeat(10_000));
  const last = await count();
  const resident = async (): Promise<number> =>
    Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${first}/status`, 'utf8'))?.[1]) * 1024;
  const before = await resident();
  const clients: Client[] = [];
  for (let i = 0; i < 8; i++) {
    const client = await login();
    client.socket.pause();
    client.socket.write(`RETR ${last}\r\n`.repeat(50));
    clients.push(client);
  }
  await sleep(1500);
  const each = ((await resident()) - before) / clients.length;
  for (const client of clients) client.socket.destroy();
  assert.ok(each < 6 * 1024 * 1024, `${Math.round(each / 1024)} KiB a client; the message has 9.6 MB`);
});
