// curl, Python's poplib and fetchmail take mail from a running server of two workers, as scanners and robots do; every
// message arrives octet for octet, and what they removed is gone for IMAP too.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { ImapClient } from '../fixture/imap-client.ts';
import { type LogInServer, startLogInServer } from '../fixture/log-in-server.ts';
import { certificatePath } from '../fixture/server.ts';

const alice = 'alice@example.test';
const messages = [
  `From: a@b.example\r\nTo: ${alice}\r\nSubject: plain\r\n\r\ntext\r\n`,
  `From: a@b.example\r\nTo: ${alice}\r\nSubject: dots\r\n\r\n.\r\n..\r\n.a\r\n\r\n.\r\n`,
  `From: a@b.example\r\nTo: ${alice}\r\nSubject: \xcf\xf0\xe8\xe2\xe5\xf2\r\n\r\n8 bit \x80\xff\r\n`,
  `From: a@b.example\r\nTo: ${alice}\r\nSubject: long\r\n\r\n${`${'x'.repeat(76)}\r\n`.repeat(4000)}`,
];

let server: LogInServer;
let scratch: string;
before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'tegu-pop3-'));
  server = await startLogInServer({ settings: [['imap.plaintextAuth', 'true']] });
});
after(async () => {
  await server.stop();
  await rm(scratch, { recursive: true });
});

interface Run {
  readonly code: number;
  readonly output: string;
}

function run(program: string, args: readonly string[]): Promise<Run> {
  const options = { timeout: 60_000, encoding: 'latin1', maxBuffer: 16_777_216 } as const;
  return new Promise((resolve) => {
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), output: stdout + stderr });
    });
    child.stdin?.end();
  });
}

async function imap(): Promise<ImapClient> {
  const client = await ImapClient.connect(server.ports.imap);
  await client.ok(`LOGIN ${alice} ${server.password(alice)}`);
  return client;
}

/** INBOX holds exactly `messages`. */
async function fill(): Promise<void> {
  const client = await imap();
  await client.ok('SELECT INBOX');
  await client.ok('STORE 1:* +FLAGS.SILENT (\\Deleted)').catch(() => {});
  await client.ok('EXPUNGE');
  for (const message of messages) await client.append('INBOX', Buffer.from(message, 'latin1'));
  client.close();
}

async function count(): Promise<number> {
  const client = await imap();
  const answer = await client.ok('STATUS INBOX (MESSAGES)');
  client.close();
  return Number(/MESSAGES (\d+)/.exec(JSON.stringify(answer))?.[1]);
}

const curl = (path: string, ...more: string[]): Promise<Run> =>
  run('curl', [
    '--silent',
    '--show-error',
    '--cacert',
    certificatePath(server),
    '--user',
    `${alice}:${server.password(alice)}`,
    path,
    ...more,
  ]);

test('curl: lists, fetches and removes, over TLS from the start and over STLS', async () => {
  await fill();
  const tls = `pop3s://localhost:${server.pop3s}`;
  const stls = `pop3://localhost:${server.pop3}`;
  const listed = await curl(`${tls}/`);
  assert.equal(listed.output, messages.map((message, i) => `${i + 1} ${message.length}\r\n`).join(''));
  for (const [i, message] of messages.entries()) {
    const { code, output } =
      i % 2 === 0 ? await curl(`${tls}/${i + 1}`) : await curl(`${stls}/${i + 1}`, '--ssl-reqd');
    assert.equal(code, 0, output);
    assert.equal(output, message);
  }
  const removed = await curl(`${stls}/2`, '--ssl-reqd', '--request', 'DELE', '--list-only');
  assert.equal(removed.code, 0, removed.output);
  assert.equal(await count(), messages.length - 1);
  const refused = await run('curl', ['--silent', '--user', `${alice}:x`, `${stls}/`]);
  assert.equal(refused.code, 67, 'no password in clear');
});

const poplib = `
import poplib, ssl, sys, hashlib
host, port, ca, user, password, delete = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5], sys.argv[6]
box = poplib.POP3_SSL(host, port, context=ssl.create_default_context(cafile=ca), timeout=30)
assert 'UIDL' in box.capa() and 'PLAIN' in box.capa()['SASL'], box.capa()
box.user(user)
box.pass_(password)
count, size = box.stat()
uids = [line.split()[1].decode() for line in box.uidl()[1]]
for number in range(1, count + 1):
    lines = box.retr(number)[1]
    octets = b''.join(line + b'\\r\\n' for line in lines)
    assert len(octets) == int(box.list(number).split()[2]), number
    head = box.top(number, 0)[1]
    assert lines[:len(head)] == head
    print(uids[number - 1], hashlib.sha256(octets).hexdigest())
    if delete == 'yes':
        box.dele(number)
if delete == 'yes':
    box.rset()
    box.dele(1)
box.quit()
`;

test('poplib: UIDL is the same in every session and worker, octets are what came in, RSET and DELE', async () => {
  await fill();
  const session = (remove: string): Promise<Run> =>
    run('python3', [
      '-c',
      poplib,
      'localhost',
      String(server.pop3s),
      certificatePath(server),
      alice,
      server.password(alice),
      remove,
    ]);
  const runs = await Promise.all(Array.from({ length: 4 }, () => session('no')));
  for (const { code, output } of runs) {
    assert.equal(code, 0, output);
    assert.equal(output, runs[0]?.output);
  }
  const { createHash } = await import('node:crypto');
  const hashes = messages.map((message) =>
    createHash('sha256').update(Buffer.from(message, 'latin1')).digest('hex'),
  );
  const lines =
    runs[0]?.output
      .trim()
      .split('\n')
      .map((line) => line.split(' ')) ?? [];
  assert.deepEqual(
    lines.map(([, hash]) => hash),
    hashes,
  );
  assert.ok(lines.every(([uid]) => /^[0-9a-f]{16}$/.test(uid ?? '')));
  assert.equal((await session('yes')).code, 0);
  const left = (await session('no')).output.trim().split('\n');
  assert.deepEqual(left, runs[0]?.output.trim().split('\n').slice(1), 'the others keep their identifiers');
});

test('fetchmail: takes everything once, by UIDL when mail is kept', async () => {
  await fill();
  const config = join(scratch, 'fetchmailrc');
  const collected = join(scratch, 'collected');
  const text = (more: string): string =>
    `set idfile "${join(scratch, 'ids')}"\n` +
    `poll localhost protocol POP3 service ${server.pop3s} uidl\n` +
    `  user "${alice}" password "${server.password(alice)}" ssl sslcertck sslcertfile "${certificatePath(server)}"\n` +
    `  mda "cat >> ${collected}; printf 'END\\n' >> ${collected}" ${more}\n`;
  const fetch = async (more: string): Promise<Run> => {
    await writeFile(config, text(more));
    await chmod(config, 0o600);
    return run('fetchmail', ['-f', config, '--pidfile', join(scratch, 'pid'), '--nosyslog', '-vv']);
  };
  const ends = async (): Promise<number> =>
    (await readFile(collected, 'latin1').catch(() => '')).split('\n').filter((line) => line === 'END').length;
  const kept = await fetch('keep');
  assert.equal(kept.code, 0, kept.output);
  assert.equal(await ends(), messages.length);
  const again = await fetch('keep');
  assert.equal(again.code, 1, `1 = no new mail: ${again.output}`);
  assert.equal(await ends(), messages.length);
  assert.equal(await count(), messages.length);
  const taken = await fetch('fetchall nokeep');
  assert.equal(taken.code, 0, taken.output);
  assert.equal(await count(), 0);
});

test('pop3.lock holds over all workers, and ends with the session', async () => {
  await server.tegu(['config', 'set', 'pop3.lock', 'true']);
  try {
    const holder = new PlainClient(server.pop3s);
    assert.match(await holder.login(), /^\+OK Maildrop/);
    // Connections are spread over the workers by the kernel: some of these meet the other one.
    const others = Array.from({ length: 8 }, () => new PlainClient(server.pop3s));
    for (const other of others) assert.match(await other.login(), /^-ERR \[IN-USE\]/);
    assert.ok((await count()) >= 0, 'IMAP goes on');
    holder.destroy();
    let answer = '';
    for (let attempt = 0; attempt < 50 && !answer.startsWith('+OK'); attempt++)
      answer = await others[0]!.login();
    assert.match(answer, /^\+OK Maildrop/);
    for (const other of others) other.destroy();
  } finally {
    await server.tegu(['config', 'set', 'pop3.lock', 'false']);
  }
});

/** A client over TLS that only logs in. */
class PlainClient {
  readonly #socket: TLSSocket;
  #text = '';
  #wake: () => void = () => {};

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (text: string) => {
      this.#text += text;
      this.#wake();
    });
  }

  /** The answer to PASS. */
  async login(): Promise<string> {
    this.#socket.write(`USER ${alice}\r\nPASS ${server.password(alice)}\r\n`);
    while (!/^(\+OK Maildrop|-ERR).*\r\n/m.test(this.#text)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const answer = /^(\+OK Maildrop|-ERR).*\r\n/m.exec(this.#text)?.[0] ?? '';
    this.#text = '';
    return answer;
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
