// swaks and curl send to a running server in every way users do; what lies in the Maildir afterwards is what they sent, octet
// for octet, behind our Return-Path and Received (and Date, Message-ID where a submission lacks them).

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startServer, type TestServer } from '../fixture/server.ts';

const alice = 'alice@example.test';
const bob = 'bob@example.test';

let server: TestServer;
let scratch: string;
before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'tegu-send-'));
  server = await startServer();
});
after(async () => {
  await server.stop();
  await rm(scratch, { recursive: true });
});

interface Run {
  readonly code: number;
  readonly output: string;
}

async function run(program: string, args: readonly string[]): Promise<Run> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve(status ?? -1));
  });
  return { code, output };
}

/** The one message in bob's INBOX whose octets contain `mark`. */
async function stored(mark: string, user = 'bob'): Promise<string> {
  const folder = join(server.data, 'mail', 'example.test', user, 'Maildir', 'new');
  const found: string[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    const text = (await readFile(join(folder, name))).toString('latin1');
    if (text.includes(mark)) found.push(text);
  }
  assert.equal(found.length, 1, `messages with ${mark}`);
  return found[0] as string;
}

/** Splits what the server put in front from the message. */
function split(text: string): { prefix: string; message: string } {
  const prefix = /^Return-Path: <[^>]*>\r\nReceived: from [^\r]*\r\n(?:\t[^\r]*\r\n)+/.exec(text)?.[0] ?? '';
  assert.notEqual(prefix, '', 'trace fields stand in front');
  return { prefix, message: text.slice(prefix.length) };
}

let count = 0;
/** A message in a file, complete with Date and Message-ID, and a mark to find it by. */
async function messageFile(
  subject: string,
  body: Buffer | string,
): Promise<{ path: string; octets: string; mark: string }> {
  const mark = `X-Mark: ${++count}-${randomBytes(6).toString('hex')}`;
  const header = `From: ${alice}\r\nTo: ${bob}\r\nDate: Wed, 25 Nov 2026 12:00:00 +0300\r\nMessage-ID: <${count}@x.example>\r\n`;
  const octets = Buffer.concat([
    Buffer.from(`${header}${mark}\r\nSubject: `),
    Buffer.from(`${subject}\r\n\r\n`, 'latin1'),
    Buffer.from(body as string),
  ]);
  const path = join(scratch, `${count}.eml`);
  await writeFile(path, octets);
  return { path, octets: octets.toString('latin1'), mark };
}

interface Way {
  readonly name: string;
  readonly curl: () => readonly string[];
  readonly swaks: () => readonly string[];
  readonly protocol: string;
}

const ways: readonly Way[] = [
  {
    name: 'in clear to the receiving port',
    curl: () => ['--url', `smtp://127.0.0.1:${server.ports.smtp}/client.example`],
    swaks: () => ['--server', '127.0.0.1', '--port', String(server.ports.smtp)],
    protocol: 'ESMTP',
  },
  {
    name: 'STARTTLS to the receiving port',
    curl: () => ['--url', `smtp://127.0.0.1:${server.ports.smtp}/client.example`, '--ssl-reqd', '-k'],
    swaks: () => ['--server', '127.0.0.1', '--port', String(server.ports.smtp), '--tls'],
    protocol: 'ESMTPS',
  },
  {
    name: 'STARTTLS and log-in to the submission port',
    curl: () => [
      ...['--url', `smtp://127.0.0.1:${server.ports.submission}/client.example`, '--ssl-reqd', '-k'],
      ...['-u', `${alice}:${server.password(alice)}`],
    ],
    swaks: () => [
      ...['--server', '127.0.0.1', '--port', String(server.ports.submission), '--tls'],
      ...['--auth', 'PLAIN', '--auth-user', alice, '--auth-password', server.password(alice)],
    ],
    protocol: 'ESMTPSA',
  },
  {
    name: 'implicit TLS and log-in to the submissions port',
    curl: () => [
      ...['--url', `smtps://127.0.0.1:${server.ports.submissions}/client.example`, '-k'],
      ...['-u', `${alice}:${server.password(alice)}`, '--login-options', 'AUTH=LOGIN'],
    ],
    swaks: () => [
      ...['--server', '127.0.0.1', '--port', String(server.ports.submissions), '--tls-on-connect'],
      ...['--auth', 'LOGIN', '--auth-user', alice, '--auth-password', server.password(alice)],
    ],
    protocol: 'ESMTPSA',
  },
];

const curl = (way: Way, file: string, from = alice, to = bob) =>
  run('curl', ['-sS', ...way.curl(), '--mail-from', from, '--mail-rcpt', to, '-T', file]);
/** swaks ends the data with a line end of its own, so it gets the file without the last one. */
async function swaks(way: Way, file: string): Promise<Run> {
  const octets = await readFile(file);
  await writeFile(`${file}.swaks`, octets.subarray(0, -2));
  return run('swaks', [...way.swaks(), ...envelope(alice, bob), '--data', `@${file}.swaks`]);
}
const envelope = (from: string, to: string) => ['--ehlo', 'client.example', '--from', from, '--to', to];

for (const way of ways) {
  for (const [client, send] of [
    ['curl', curl],
    ['swaks', swaks],
  ] as const) {
    test(`${client} ${way.name}: stored octet for octet, Received says ${way.protocol}`, async () => {
      const file = await messageFile('plain', '.leading dot\r\n..two\r\n.\r\nlast line\r\n');
      const { code, output } = await send(way, file.path);
      assert.equal(code, 0, output);
      const { prefix, message } = split(await stored(file.mark));
      assert.equal(message, file.octets);
      assert.match(
        prefix,
        /^Return-Path: <alice@example\.test>\r\nReceived: from client\.example \(\[127\.0\.0\.1\]\)\r\n/,
      );
      assert.match(prefix, new RegExp(`with ${way.protocol}[ \\r]`));
      assert.match(prefix, /for <bob@example\.test>;/);
      assert.equal(prefix.includes('TLSv1.3'), way.protocol.includes('SMTPS'));
    });
  }
}

for (const [client, send] of [
  ['curl', curl],
  ['swaks', swaks],
] as const) {
  test(`${client}: raw 8-bit header and body`, async () => {
    const file = await messageFile(
      '\xf0\xd2\xc9\xd7\xc5\xd4',
      Buffer.from('\xd0\xd2\xc9\xd7\xc5\xd4\r\n\xff\xfe\r\n', 'latin1'),
    );
    const { code, output } = await send(ways[0] as Way, file.path);
    assert.equal(code, 0, output);
    assert.equal(split(await stored(file.mark)).message, file.octets);
  });

  test(`${client}: an attachment of 25 MB under TLS`, async () => {
    const lines = randomBytes(25_000_000).toString('base64').replace(/.{76}/g, '$&\r\n');
    const body = `--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n${lines}\r\n--b--\r\n`;
    const file = await messageFile('large', body);
    const { code, output } = await send(ways[2] as Way, file.path);
    assert.equal(code, 0, output.slice(-2000));
    assert.ok(split(await stored(file.mark)).message === file.octets, 'the octets are those that were sent');
    assert.deepEqual(await readdir(join(server.data, 'tmp')), [], 'no spool file is left');
  });
}

test('curl: SMTPUTF8, internationalised sender', async () => {
  const file = await messageFile(Buffer.from('привет').toString('latin1'), 'тело\r\n');
  const { code, output } = await curl(ways[0] as Way, file.path, 'почта@пример.example');
  assert.equal(code, 0, output);
  const { prefix, message } = split(await stored(file.mark));
  assert.equal(message, file.octets);
  const text = Buffer.from(prefix, 'latin1').toString();
  assert.match(text, /^Return-Path: <почта@(пример|xn--e1afmkfd)\.example>\r\n/);
  assert.match(text, /with UTF8SMTP\r\n/);
});

test('a submission without Date and Message-ID gets both, nothing else changes', async () => {
  const mark = `X-Mark: bare-${randomBytes(6).toString('hex')}`;
  const path = join(scratch, 'bare.eml');
  await writeFile(path, `${mark}\r\n\r\nhi\r\n`);
  const { code, output } = await curl(ways[3] as Way, path);
  assert.equal(code, 0, output);
  const { message } = split(await stored(mark));
  assert.match(message, /^Date: [^\r]+\r\nMessage-ID: <[^@]+@[^>]+>\r\nX-Mark: [^\r]+\r\n\r\nhi\r\n$/);
});

const refusals: readonly (readonly [string, () => readonly string[], RegExp])[] = [
  [
    'an unknown recipient',
    () => [...(ways[0] as Way).swaks(), ...envelope(alice, 'nobody@example.test')],
    /550 5\.1\.1 /,
  ],
  [
    'relaying',
    () => [...(ways[0] as Way).swaks(), ...envelope(alice, 'x@elsewhere.example')],
    /550 5\.7\.1 Relaying denied/,
  ],
  [
    'submission abroad',
    () => [...(ways[2] as Way).swaks(), ...envelope(alice, 'x@elsewhere.example')],
    /550 5\.7\.1 This server does not deliver to other domains yet/,
  ],
  ['a foreign sender of a user', () => [...(ways[2] as Way).swaks(), ...envelope(bob, bob)], /553 5\.7\.1 /],
  [
    'a wrong password',
    () => [...(ways[2] as Way).swaks(), ...envelope(alice, bob), '--auth-password', 'wrong'],
    /535 5\.7\.8 /,
  ],
  [
    'submission without log-in',
    () => [
      ...['--server', '127.0.0.1', '--port', String(server.ports.submission), '--tls'],
      ...envelope(alice, bob),
    ],
    /530 5\.7\.0 /,
  ],
];
for (const [name, attempt, expected] of refusals) {
  test(`swaks is refused: ${name}`, async () => {
    const { code, output } = await run('swaks', [...attempt(), '--body', 'hi']);
    assert.notEqual(code, 0);
    assert.match(output, expected);
  });
}

test('two recipients in one transaction get a copy each, with their own trace fields', async () => {
  const file = await messageFile('two', 'hi\r\n');
  const { code, output } = await run('curl', [
    ...['-sS', ...(ways[0] as Way).curl(), '--mail-from', 'x@elsewhere.example'],
    ...['--mail-rcpt', bob, '--mail-rcpt', 'Alice+tag@example.test', '-T', file.path],
  ]);
  assert.equal(code, 0, output);
  assert.match(split(await stored(file.mark)).prefix, /for <bob@example\.test>;/);
  assert.match(split(await stored(file.mark, 'alice')).prefix, /for <Alice\+tag@example\.test>;/);
});
