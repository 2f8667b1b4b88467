// S07 and I14 over real sockets: what stood in clear before the handshake, and how connections are turned away.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { startServer, type TestServer } from '../fixture/server.ts';

let server: TestServer;
before(async () => {
  server = await startServer({ workers: 1, settings: [['host.maxConnectionsPerAddress', '6']] });
});
after(() => server.stop());

/** Everything that came on a socket so far, and a way to wait for more. */
class Reader {
  text = '';
  readonly #socket: Socket;
  #wake = (): void => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      this.text += chunk;
      this.#wake();
    });
    socket.on('close', () => this.#wake());
    socket.on('error', () => this.#wake());
  }

  /** Takes what came once it matches; rejects after 10 s or when the connection ends before. */
  async until(pattern: RegExp): Promise<string> {
    const deadline = Date.now() + 10_000;
    while (!pattern.test(this.text)) {
      if (this.#socket.closed || Date.now() > deadline)
        throw new Error(`no ${pattern} in ${JSON.stringify(this.text)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const { text } = this;
    this.text = '';
    return text;
  }
}

async function open(port: number, greeting: RegExp): Promise<{ socket: Socket; reader: Reader }> {
  const socket = connect(port, '127.0.0.1');
  const reader = new Reader(socket);
  await reader.until(greeting);
  return { socket, reader };
}

async function secure(socket: Socket): Promise<{ tls: Socket; reader: Reader }> {
  socket.removeAllListeners('data');
  const tls = connectTls({ socket, rejectUnauthorized: false });
  await once(tls, 'secureConnect');
  return { tls, reader: new Reader(tls) };
}

test('S07: IMAP commands in the same segment as STARTTLS are not run, nor is a literal kept for later', async () => {
  const injected = [
    `b LOGIN alice@example.test ${server.password('alice@example.test')}\r\n`,
    'b LOGIN {5}\r\n',
    'b LOGIN {20+}\r\nalice',
    'b LOG',
  ];
  for (const text of injected) {
    const { socket, reader } = await open(server.ports.imap, /^\* OK [^\n]*\n$/);
    socket.write(`a STARTTLS\r\n${text}`);
    assert.match(await reader.until(/\n$/), /^a OK \S[^\n]*\n$/, 'one answer in clear');
    const { tls, reader: inside } = await secure(socket);
    tls.write('c CAPABILITY\r\n');
    const answer = await inside.until(/^c [^\n]*\n$/m);
    assert.match(answer, /^\* CAPABILITY (?!.*STARTTLS)[^\n]*AUTH=PLAIN[^\n]*\nc OK /, JSON.stringify(text));
    tls.write('d SELECT INBOX\r\n');
    assert.match(await inside.until(/\n$/), /^d BAD /, 'nobody is logged in');
    tls.destroy();
  }
});

test('S07: SMTP commands and a half line in the same segment as STARTTLS are gone, on both ports', async () => {
  for (const port of [server.ports.smtp, server.ports.submission]) {
    for (const text of [
      'MAIL FROM:<e@b.example>\r\nRCPT TO:<bob@example.test>\r\n',
      'EHLO evil.example\r\n',
      'RS',
    ]) {
      const { socket, reader } = await open(port, /^220 [^\n]*\n$/);
      socket.write('EHLO c.example\r\n');
      await reader.until(/^250 [^\n]*\n$/m);
      socket.write(`STARTTLS\r\n${text}`);
      assert.match(await reader.until(/\n$/), /^220 2\.0\.0 [^\n]*\n$/);
      const { tls, reader: inside } = await secure(socket);
      tls.write('MAIL FROM:<a@b.example>\r\n');
      assert.match(await inside.until(/\n$/), /^503 5\.5\.1 [^\n]*\n$/, JSON.stringify(text));
      tls.destroy();
    }
  }
});

test('S07: octets that arrive in clear after the answer to STARTTLS are no handshake: the connection ends', async () => {
  for (const [port, greeting, command] of [
    [server.ports.imap, /^\* OK /, 'a STARTTLS\r\n'],
    [server.ports.smtp, /^220 /, 'EHLO c\r\nSTARTTLS\r\n'],
  ] as const) {
    const { socket, reader } = await open(port, greeting);
    socket.write(command);
    await reader.until(/(^a OK|^220 2\.0\.0) [^\n]*\n$/m);
    socket.write('b LOGIN alice@example.test secret\r\nMAIL FROM:<a@b.example>\r\n');
    if (!socket.closed) await once(socket, 'close');
    assert.doesNotMatch(reader.text, /^(b |250|5\d\d)/m);
  }
});

test('I14: an address with too many connections is greeted with BYE (IMAP) or 421 (SMTP), a place that is free again is used', async () => {
  for (const [port, welcome, refusal] of [
    [server.ports.imap, /^\* OK \[CAPABILITY [^\n]*\n$/, /^\* BYE (\[[A-Z]+\] )?[A-Z][^\n]*\n$/],
    [server.ports.smtp, /^220 [^\n]*\n$/, /^421 4\.7\.0 [^\n]*\n$/],
  ] as const) {
    const held: Socket[] = [];
    for (let i = 0; i < 6; i++) held.push((await open(port, welcome)).socket);
    const refused = await open(port, refusal);
    if (!refused.socket.closed) await once(refused.socket, 'close');
    held.pop()?.destroy();
    for (let attempt = 0; ; attempt++) {
      const { socket } = await open(port, /\n$/);
      held.push(socket);
      if (attempt > 100) assert.fail('the place did not become free');
      if (await staysOpen(socket)) break;
    }
    for (const socket of held) socket.destroy();
  }
});

/** False when the server closes the connection within a moment. */
async function staysOpen(socket: Socket): Promise<boolean> {
  await Promise.race([once(socket, 'close'), new Promise((resolve) => setTimeout(resolve, 200))]);
  return !socket.closed;
}
