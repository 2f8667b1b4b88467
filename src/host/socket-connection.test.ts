import assert from 'node:assert/strict';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';
import { systemClock } from '../base/clock.ts';
import { Transient } from '../base/outcome.ts';
import type { Connection, ServeConnection } from './connection.ts';
import { type Listener, openListener } from './listener.ts';
import { silentLog } from './log.ts';
import { createSelfSigned } from './self-signed.ts';

let context: SecureContext;
const listeners: Listener[] = [];

before(async () => {
  const { keyPem, certificatePem } = await createSelfSigned(['localhost'], ['127.0.0.1'], Date.now(), 30);
  context = createSecureContext({ key: keyPem, cert: certificatePem });
});
after(async () => {
  for (const listener of listeners) await listener.drain(0);
});

interface Limits {
  readonly total?: number;
  readonly perAddress?: number;
  readonly writeTimeoutMs?: number;
  readonly implicitTls?: boolean;
}

async function listen(serve: ServeConnection, limits: Limits = {}): Promise<Listener> {
  const listener = await openListener({
    name: 'test',
    address: '127.0.0.1',
    port: 0,
    implicitTls: limits.implicitTls ?? false,
    refusal: '421 full\r\n',
    limits: () => ({
      maxConnections: limits.total ?? 100,
      maxConnectionsPerAddress: limits.perAddress ?? 100,
      writeTimeoutMs: limits.writeTimeoutMs ?? 5_000,
    }),
    tls: () => ({ secureContext: context, selectContext: () => context, handshakeTimeoutMs: 500 }),
    isBanned: (address) => address === '127.0.0.9',
    serve,
    log: silentLog,
    clock: systemClock,
  });
  listeners.push(listener);
  return listener;
}

async function everything(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

test('connection: reads what came, pushes back what it does not want, sees the end', async () => {
  const seen: string[] = [];
  const { port } = await listen(async (connection) => {
    const first = await connection.read(1_000);
    assert.ok(first);
    seen.push(first.subarray(0, 3).toString());
    connection.unread(first.subarray(3));
    connection.unread(Buffer.from('<'));
    seen.push(String(await connection.read(1_000)));
    seen.push(String(await connection.read(1_000)));
    connection.write('done\r\n');
    await connection.end();
  });
  const socket = connect(port, '127.0.0.1');
  socket.write('abcdef');
  socket.end();
  assert.equal(await everything(socket), 'done\r\n');
  assert.deepEqual(seen, ['abc', '<def', 'undefined']);
});

test('connection: a silent peer times out, the session may still say goodbye', async () => {
  const { port } = await listen(async (connection) => {
    await assert.rejects(connection.read(50), (error: Transient) => error.code === 'host.timeout');
    connection.write('421 bye\r\n');
    await connection.end();
  });
  assert.equal(await everything(connect(port, '127.0.0.1')), '421 bye\r\n');
});

test('connection: text and octets leave in order, in one piece', async () => {
  const { port } = await listen(async (connection) => {
    connection.write('a');
    connection.write(Buffer.from('b'));
    connection.write('\xe9');
    connection.write('d');
    await connection.end();
  });
  const socket = connect(port, '127.0.0.1');
  socket.setEncoding('latin1');
  assert.equal(await everything(socket), 'ab\xe9d');
});

test('connection: a peer that reads nothing stops flush(), then loses the connection', async () => {
  let outcome: unknown;
  const block = Buffer.alloc(1 << 20);
  const { port } = await listen(
    async (connection) => {
      try {
        for (let i = 0; i < 100; i++) {
          connection.write(block);
          await connection.flush();
        }
      } catch (error) {
        outcome = error;
      }
    },
    { writeTimeoutMs: 200 },
  );
  const socket = connect(port, '127.0.0.1');
  socket.pause();
  socket.on('error', () => {});
  const started = performance.now();
  while (outcome === undefined && performance.now() - started < 5_000) await sleep(20);
  assert.ok(outcome instanceof Transient);
  assert.equal(outcome.code, 'host.timeout');
  socket.destroy();
});

async function startTlsOnce(connection: Connection): Promise<void> {
  connection.write('220 hello\r\n');
  await connection.read(1_000);
  connection.write('220 go ahead\r\n');
  await connection.startTls();
  const command = await connection.read(1_000);
  connection.write(`secure ${connection.tls?.protocol}: ${command}`);
  await connection.end();
}

test('starttls: bytes pipelined before the handshake are dropped', async () => {
  const { port } = await listen(startTlsOnce);
  const socket = connect(port, '127.0.0.1');
  socket.write('STARTTLS\r\nINJECTED\r\n');
  let plain = '';
  while (!plain.includes('go ahead'))
    plain += String(await new Promise((resolve) => socket.once('data', resolve)));
  const secure = connectTls({ socket, rejectUnauthorized: false });
  secure.write('NOOP');
  assert.equal(await everything(secure), 'secure TLSv1.3: NOOP');
});

test('starttls: a client that never shakes hands is dropped after the limit', async () => {
  let code = '';
  const { port } = await listen(async (connection) => {
    await connection.read(1_000);
    connection.write('220 go\r\n');
    await connection.startTls().catch((error: Transient) => {
      code = error.code;
    });
  });
  const socket = connect(port, '127.0.0.1');
  socket.write('STARTTLS\r\n');
  assert.equal(await everything(socket), '220 go\r\n');
  assert.equal(code, 'host.tls_handshake');
});

test('listener: implicit TLS speaks TLS from the first octet', async () => {
  const { port } = await listen(
    async (connection) => {
      connection.write(`hello ${connection.tls?.serverName}`);
      await connection.end();
    },
    { implicitTls: true },
  );
  const secure = connectTls({ port, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false });
  assert.equal(await everything(secure), 'hello localhost');
});

test('listener: limits in total and per address answer with the refusal line', async () => {
  const { port } = await listen(
    async (connection) => {
      connection.write('hi');
      await connection.read(5_000);
    },
    { perAddress: 1, total: 2 },
  );
  const first = connect(port, '127.0.0.1');
  await new Promise((resolve) => first.once('data', resolve));
  assert.equal(await everything(connect(port, '127.0.0.1')), '421 full\r\n');
  const other = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' });
  await new Promise((resolve) => other.once('data', resolve));
  const third = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.3' });
  assert.equal(await everything(third), '421 full\r\n');
  const banned = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.9' });
  assert.equal(await everything(banned), '421 full\r\n');
  first.destroy();
  other.destroy();
});

test('listener: draining tells sessions, then cuts those that stay', async () => {
  const ended: string[] = [];
  const { port, drain } = await listen(async (connection) => {
    connection.write('hi');
    const polite = (await connection.read(1_000))?.toString() === 'polite';
    if (!polite) {
      await connection.read(60_000);
      ended.push('cut');
      return;
    }
    await new Promise((resolve) => connection.draining.addEventListener('abort', resolve, { once: true }));
    connection.write('421 draining');
    await connection.end();
    ended.push('finished');
  });
  const polite = connect(port, '127.0.0.1');
  polite.write('polite');
  const stubborn = connect(port, '127.0.0.1');
  stubborn.write('stubborn');
  await Promise.all(
    [polite, stubborn].map((socket) => new Promise((resolve) => socket.once('data', resolve))),
  );
  await sleep(50);
  const rest = everything(polite);
  await drain(300);
  assert.equal(await rest, '421 draining');
  assert.deepEqual(ended.sort(), ['cut', 'finished']);
});

test('listener: two listeners share one port (SO_REUSEPORT)', async () => {
  const serve: ServeConnection = async (connection) => connection.write('x');
  const { port } = await listen(serve);
  const options = { port, address: '127.0.0.1' };
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject);
    probe.listen({ host: options.address, port, reusePort: true }, resolve);
  });
  assert.equal((probe.address() as AddressInfo).port, port);
  probe.close();
});
