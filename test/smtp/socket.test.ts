// The receiving and submission ports over real sockets: what only a network shows.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { startServer, type TestServer } from '../fixture/server.ts';

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

/** Reads until `pattern` matches what came since the last call; rejects after 10 s. */
function reader(socket: Socket): (pattern: RegExp) => Promise<string> {
  let text = '';
  let wake = (): void => {};
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    text += chunk;
    wake();
  });
  socket.on('close', () => wake());
  return async (pattern) => {
    const deadline = Date.now() + 10_000;
    while (!pattern.test(text)) {
      const left = deadline - Date.now();
      if (left <= 0 || socket.closed) throw new Error(`no ${pattern} in ${JSON.stringify(text)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const taken = text;
    text = '';
    return taken;
  };
}

async function open(port: number): Promise<{ socket: Socket; until: (pattern: RegExp) => Promise<string> }> {
  const socket = connect(port, '127.0.0.1');
  const until = reader(socket);
  await until(/^220 [^\n]*\n$/);
  return { socket, until };
}

test('S07: MAIL in the same segment as STARTTLS is not run after the handshake', async () => {
  const { socket, until } = await open(server.ports.smtp);
  socket.write('EHLO c.example\r\n');
  await until(/\n250 [^\n]*\n$/);
  socket.write('STARTTLS\r\nEHLO evil.example\r\nMAIL FROM:<evil@b.example>\r\n');
  assert.match(await until(/\n$/), /^220 2\.0\.0 [^\n]*\n$/);
  socket.removeAllListeners('data');
  const secure = connectTls({ socket, rejectUnauthorized: false });
  await once(secure, 'secureConnect');
  const untilSecure = reader(secure);
  secure.write('MAIL FROM:<a@b.example>\r\n');
  assert.equal(await untilSecure(/\n$/), '503 5.5.1 Send EHLO first\r\n');
  secure.write('EHLO c.example\r\nMAIL FROM:<a@b.example>\r\nQUIT\r\n');
  const replies = await untilSecure(/221 [^\n]*\n$/);
  assert.doesNotMatch(replies, /STARTTLS/);
  assert.match(replies, /\n250 2\.1\.0 Ok\r\n221 /);
  secure.destroy();
});

test('a client that sends everything at once and closes its side still reads every reply', async () => {
  const socket = connect(server.ports.smtp, '127.0.0.1');
  const until = reader(socket);
  socket.end(
    'EHLO c.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n' +
      'Subject: once\r\n\r\nhi\r\n.\r\nQUIT\r\n',
  );
  assert.match(await until(/\n221 [^\n]*\n$/), /\n354 [^\n]*\n250 2\.0\.0 Ok, stored as [^\n]*\n221 /);
});

test('two sessions at once: one in the middle of a message does not hold up the other', async () => {
  const slow = await open(server.ports.smtp);
  slow.socket.write(
    'EHLO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\nSubject: slow\r\n',
  );
  await slow.until(/\n354 [^\n]*\n$/);
  const startedMs = performance.now();
  const quick = await open(server.ports.smtp);
  quick.socket.write(
    'EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<alice@example.test>\r\nDATA\r\n\r\nhi\r\n.\r\nQUIT\r\n',
  );
  await quick.until(/\n221 /);
  assert.ok(performance.now() - startedMs < 2000);
  slow.socket.write('\r\nhi\r\n.\r\n');
  await slow.until(/^250 2\.0\.0 /);
  slow.socket.destroy();
});

test('a changed setting acts on the next command of an open session', async () => {
  const { socket, until } = await open(server.ports.smtp);
  socket.write('EHLO c\r\n');
  await until(/SIZE 52428800/);
  await server.tegu(['config', 'set', 'smtp.maxMessageBytes', '70000']);
  for (let attempt = 0; ; attempt++) {
    socket.write('EHLO c\r\n');
    if (/SIZE 70000\r/.test(await until(/\n250 [^\n]*\n$/))) break;
    assert.ok(attempt < 50, 'the setting did not arrive within five seconds');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  socket.write('MAIL FROM:<a@b.example> SIZE=70001\r\nMAIL FROM:<a@b.example> SIZE=70000\r\n');
  assert.match(await until(/\n250 /), /^552 5\.3\.4 [^\n]*\n250 2\.1\.0 /);
  socket.destroy();
});

test('SIGTERM: a waiting session is told 421 4.3.2, one inside a message may finish it', async () => {
  const idle = await open(server.ports.submission);
  const busy = await open(server.ports.smtp);
  busy.socket.write(
    'EHLO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\nSubject: last\r\n',
  );
  await busy.until(/\n354 [^\n]*\n$/);
  const stopped = server.kill('SIGTERM');
  assert.match(await idle.until(/\n$/), /^421 4\.3\.2 /);
  busy.socket.write('\r\nhi\r\n.\r\n');
  assert.match(await busy.until(/\n421 /), /^250 2\.0\.0 Ok, stored as [^\n]*\n421 4\.3\.2 /);
  await stopped;
});
