// Peers that misbehave, each kind for itself, while a well-behaved user goes on: others answer within 100 ms, and no worker
// needs more memory than docs/limits.md says.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImapClient } from '../fixture/imap-client.ts';
import { startServer, type TestServer } from '../fixture/server.ts';
import { Probe, type ProbeResult } from './probe.ts';

/** docs/limits.md: resident memory of one worker with default settings and this kind of load. */
const workerBoundBytes = 400 * 1024 * 1024;
const answerMs = 100;

let server: TestServer;
before(async () => {
  server = await startServer({
    settings: [
      ['imap.plaintextAuth', 'true'],
      ['host.maxConnectionsPerAddress', '5000'],
    ],
  });
});
after(() => server.stop());

/** Runs one attack with the probe beside it. */
async function underProbe(attack: () => Promise<void>): Promise<string> {
  const probe = await Probe.start(server.ports.smtp, server.ports.imap);
  let result: ProbeResult | undefined;
  await attack().finally(async () => {
    result = await probe.stop();
  });
  const { answersMs = [], controlMs = [] } = result ?? {};
  const worst = Math.max(...answersMs);
  const machine = Math.max(...controlMs);
  const memory = Math.max(...(await workerMemory()));
  const summary = `${answersMs.length} answers, slowest ${worst.toFixed(1)} ms (a trivial process: ${machine.toFixed(1)} ms), largest worker ${(memory / 1_048_576).toFixed(0)} MiB`;
  assert.ok(answersMs.length > 5, 'the probe got too few answers to prove anything');
  assert.ok(worst <= answerMs, summary);
  assert.ok(memory < workerBoundBytes, summary);
  return summary;
}

async function workerMemory(): Promise<number[]> {
  const children = await readFile(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8');
  const pids = children.split(' ').filter((pid) => pid !== '');
  return Promise.all(
    pids.map(
      async (pid) =>
        Number(/VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024,
    ),
  );
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'data');
  return socket;
}

/** Writes until the peer closes or `bytes` are gone; resolves with what was written. */
async function flood(socket: Socket, block: Buffer, bytes: number): Promise<number> {
  let written = 0;
  let closed = false;
  socket.once('close', () => {
    closed = true;
  });
  socket.resume();
  while (written < bytes && !closed) {
    written += block.length;
    if (!socket.write(block)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
  }
  return written;
}

describe('hostile peers', () => {
  test('slow loris: 400 sessions that send one octet at a time', { timeout: 60_000 }, async (t) => {
    const result = await underProbe(async () => {
      const sockets = await Promise.all(
        Array.from({ length: 400 }, (_, i) => open(i % 2 === 0 ? server.ports.smtp : server.ports.imap)),
      );
      for (let octet = 0; octet < 40; octet++) {
        for (const socket of sockets) socket.write('x');
        await sleep(50);
      }
      for (const socket of sockets) socket.destroy();
    });
    t.diagnostic(result);
  });

  test('1,000 idle half-open sessions', { timeout: 60_000 }, async (t) => {
    const result = await underProbe(async () => {
      const sockets: Socket[] = [];
      for (let batch = 0; batch < 40; batch++) {
        const ports = Array.from({ length: 25 }, (_, i) =>
          i % 2 === 0 ? server.ports.smtp : server.ports.imap,
        );
        sockets.push(...(await Promise.all(ports.map(open))));
        await sleep(20);
      }
      for (const socket of sockets) socket.end();
      await sleep(500);
      for (const socket of sockets) socket.destroy();
    });
    t.diagnostic(result);
  });

  for (const service of ['smtp', 'imap'] as const) {
    test(`a line of 1 GB over ${service} is cut off without being kept`, { timeout: 120_000 }, async (t) => {
      let written = 0;
      const result = await underProbe(async () => {
        const socket = await open(server.ports[service]);
        written = await flood(socket, Buffer.alloc(65_536, 0x61), 1_000_000_000);
        socket.destroy();
        await sleep(300);
      });
      t.diagnostic(`${(written / 1e6).toFixed(0)} MB were taken before the end; ${result}`);
    });
  }

  test('literals that are announced and never sent', { timeout: 60_000 }, async (t) => {
    const result = await underProbe(async () => {
      const sockets = await Promise.all(Array.from({ length: 200 }, () => open(server.ports.imap)));
      for (const [index, socket] of sockets.entries()) {
        socket.write(index % 2 === 0 ? 'a LOGIN {60}\r\n' : 'a LOGIN {400000000}\r\n');
      }
      await sleep(1_000);
      for (const socket of sockets) socket.destroy();
    });
    t.diagnostic(result);
  });

  const messages: readonly [string, () => Buffer][] = [
    [
      '100,000 header lines',
      () => Buffer.from(`${'X-Line: value\r\n'.repeat(100_000)}Subject: many\r\n\r\nbody\r\n`),
    ],
    ['10,000 levels of MIME', () => deepMime(10_000)],
    ['200,000 parts of MIME', () => wideMime(200_000)],
  ];
  for (const [what, make] of messages) {
    test(`a message of ${what} is stored, described and served`, { timeout: 120_000 }, async (t) => {
      const message = make();
      const client = await ImapClient.connect(server.ports.imap);
      await client.ok(`LOGIN alice@example.test ${server.password('alice@example.test')}`);
      const result = await underProbe(async () => {
        // Several times, so that the probe is asked often enough while it happens.
        for (let copy = 0; copy < 6; copy++) {
          await client.append('INBOX', message);
          await client.ok('SELECT INBOX');
          await client.ok('FETCH * (ENVELOPE BODYSTRUCTURE RFC822.SIZE)');
          const [items] = (await client.fetch('FETCH * BODY.PEEK[]')).values();
          const octets = items?.get('BODY[]');
          assert.ok(Buffer.isBuffer(octets) && octets.equals(message), 'the octets differ');
        }
      });
      client.close();
      t.diagnostic(`${message.length} octets; ${result}`);
    });
  }
});

function deepMime(levels: number): Buffer {
  const lines: string[] = ['Subject: deep', 'MIME-Version: 1.0'];
  for (let level = 0; level < levels; level++) {
    lines.push(`Content-Type: multipart/mixed; boundary="b${level}"`, '', `--b${level}`);
  }
  lines.push('', 'leaf');
  for (let level = levels - 1; level >= 0; level--) lines.push(`--b${level}--`);
  return Buffer.from(`${lines.join('\r\n')}\r\n`);
}

function wideMime(parts: number): Buffer {
  const head = 'Subject: wide\r\nContent-Type: multipart/mixed; boundary="x"\r\n\r\n';
  return Buffer.from(`${head}${'--x\r\n\r\nabcd\r\n'.repeat(parts)}--x--\r\n`);
}
