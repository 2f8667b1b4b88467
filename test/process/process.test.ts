// The process tree of a running server: workers that die are replaced, SIGTERM drains, SIGHUP reloads, settings and users
// are live in every worker, the service manager is told.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect as connectPlain, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { createSelfSigned } from '../../src/host/self-signed.ts';
import { ImapClient } from '../fixture/imap-client.ts';
import { startServer, type TestServer } from '../fixture/server.ts';

async function workerPids(server: TestServer): Promise<number[]> {
  const children = await readFile(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8');
  return children
    .split(' ')
    .filter((pid) => pid !== '')
    .map(Number);
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (await condition().catch(() => false)) return;
    await sleep(25);
  }
  assert.fail(`never: ${what}`);
}

async function greeted(port: number): Promise<Socket> {
  const socket = connectPlain(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.setEncoding('latin1');
  await once(socket, 'data');
  return socket;
}

async function ask(socket: Socket, line: string): Promise<string> {
  socket.write(line);
  return String((await once(socket, 'data'))[0]);
}

describe('a running server', () => {
  let server: TestServer;
  before(async () => {
    server = await startServer({ workers: 2, settings: [['imap.plaintextAuth', 'true']] });
  });
  after(() => server.stop());

  test('a worker that dies is replaced; the service never stops', async () => {
    const old = await workerPids(server);
    assert.equal(old.length, 2);
    process.kill(old[0] as number, 'SIGKILL');
    // A connection that waited in the dead worker's queue is reset; the next one reaches the other worker.
    await until('another worker answers', async () => {
      const client = await ImapClient.connect(server.ports.imap);
      await client.ok('NOOP');
      client.close();
      return true;
    });
    await until('two workers again', async () => {
      const now = await workerPids(server);
      return now.length === 2 && !now.includes(old[0] as number);
    });
    assert.match(server.log(), /"event":"worker\.died"/);
    await until('the metrics show it', async () => {
      const metrics = await (await fetch(`http://127.0.0.1:${server.ports.metrics}/metrics`)).text();
      return /^tegu_worker_restarts_total 1$/m.test(metrics) && /^tegu_workers 2$/m.test(metrics);
    });
  });

  test('a changed setting is live in every worker without a restart', async () => {
    await server.tegu(['config', 'set', 'smtp.maxMessageBytes', '123456']);
    for (let i = 0; i < 12; i++) {
      await until('SIZE 123456 is announced', async () => {
        const socket = await greeted(server.ports.smtp);
        const answer = await ask(socket, 'EHLO x.test\r\n');
        socket.destroy();
        return answer.includes('SIZE 123456');
      });
    }
    await server.tegu(['config', 'rollback', '2']);
  });

  test('a user added on the command line can log in, a changed password counts', async () => {
    await server.tegu(['user', 'add', 'carol@example.test', '--name', 'Carol'], 'first password\n');
    const logIn = async (password: string): Promise<boolean> => {
      const client = await ImapClient.connect(server.ports.imap);
      const { status } = await client.command(`LOGIN carol@example.test "${password}"`);
      client.close();
      return status === 'OK';
    };
    await until('carol logs in', () => logIn('first password'));
    await server.tegu(['user', 'passwd', 'carol@example.test'], 'second password\n');
    await until('the new password works', () => logIn('second password'));
    await until('the old one does not', async () => !(await logIn('first password')));
  });

  test('SIGHUP takes a new certificate into use for new sessions; old ones go on', async () => {
    const serial = (socket: TLSSocket): string => socket.getPeerCertificate().serialNumber;
    const tls = async (): Promise<TLSSocket> => {
      const socket = connectTls({
        port: server.ports.imaps,
        host: '127.0.0.1',
        servername: 'localhost',
        rejectUnauthorized: false,
      });
      socket.setEncoding('latin1');
      await once(socket, 'data');
      return socket;
    };
    const old = await tls();
    const { keyPem, certificatePem } = await createSelfSigned(['localhost'], [], Date.now(), 30);
    await writeFile(join(server.data, 'tls', 'default.key'), keyPem);
    await writeFile(join(server.data, 'tls', 'default.crt'), certificatePem);
    process.kill(server.pid, 'SIGHUP');
    await until('a new certificate is served', async () => {
      const fresh = await tls();
      const changed = serial(fresh) !== serial(old);
      fresh.destroy();
      return changed;
    });
    assert.match(await ask(old, 'a NOOP\r\n'), /a OK/);
    old.destroy();
  });

  test('a second server on the same data directory is refused', async () => {
    await assert.rejects(startServer({ data: server.data }), /already|running/i);
  });
});

test('SIGTERM: sessions are told, a message that is being received is finished, the exit code is 0', async () => {
  const server = await startServer({
    workers: 2,
    settings: [
      ['imap.plaintextAuth', 'true'],
      ['host.drainSeconds', '10'],
    ],
  });
  const imap = await greeted(server.ports.imap);
  const smtp = await greeted(server.ports.smtp);
  await ask(smtp, 'EHLO x.test\r\n');
  await ask(smtp, 'MAIL FROM:<a@b.test>\r\n');
  await ask(smtp, 'RCPT TO:<alice@example.test>\r\n');
  assert.match(await ask(smtp, 'DATA\r\n'), /^354/);
  smtp.write('Subject: half\r\n\r\n');
  const bye = once(imap, 'data');
  const exit = once(server.child, 'exit');
  process.kill(server.pid, 'SIGTERM');
  assert.match(String((await bye)[0]), /^\* BYE /);
  assert.match(await ask(smtp, 'the rest\r\n.\r\n'), /^250 /);
  assert.equal((await exit)[0], 0);
  await rm(server.data, { recursive: true });
});

test('the service manager hears READY=1 and STOPPING=1', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tegu-notify-'));
  const path = join(folder, 'notify');
  const code = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1]); print('bound', flush=True)
while True: print(s.recv(4096).decode(), flush=True)
`;
  const listener: ChildProcess = spawn('python3', ['-c', code, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let heard = '';
  listener.stdout?.on('data', (chunk: Buffer) => {
    heard += chunk;
  });
  await until('the listener is bound', async () => heard.includes('bound'));
  const server = await startServer({ env: { NOTIFY_SOCKET: path, WATCHDOG_USEC: '200000' } });
  await until('READY=1', async () => heard.includes('READY=1'));
  await until('WATCHDOG=1', async () => heard.includes('WATCHDOG=1'));
  await server.stop();
  await until('STOPPING=1', async () => heard.includes('STOPPING=1'));
  listener.kill();
  await rm(folder, { recursive: true });
});
