import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Permanent, Transient } from '../base/outcome.ts';
import { silentLog } from '../host/log.ts';
import { type ControlServer, openControl } from './control.ts';
import { callControl } from './control-client.ts';
import { LineCutter, maxLineBytes } from './control-protocol.ts';

let dir = '';
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tegu-control-'));
});
after(() => rm(dir, { recursive: true }));

const handlers = {
  echo: (args: unknown) => args,
  nothing: () => {},
  refuse: async () => {
    throw new Permanent('settings.exists', 'there is one already');
  },
  crash: () => {
    throw new TypeError('secret detail');
  },
};
async function withServer(name: string, run: (path: string, server: ControlServer) => Promise<void>) {
  const path = join(dir, name, 'run', 'control.sock');
  const server = await openControl(path, handlers, silentLog);
  try {
    await run(path, server);
  } finally {
    await server.close();
  }
}

test('control socket: verbs are answered; only the owner can open it', async () => {
  await withServer('plain', async (path) => {
    assert.deepEqual(await callControl(path, 'echo', { a: [1, 'ж'] }), {
      running: true,
      result: { a: [1, 'ж'] },
    });
    assert.deepEqual(await callControl(path, 'nothing', undefined), { running: true, result: null });
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal((await stat(join(path, '..'))).mode & 0o777, 0o700);
  });
});

test('control socket: failures carry the code; what is our fault carries no detail', async () => {
  await withServer('failures', async (path) => {
    const refused = (code: string, text: RegExp) => (error: unknown) =>
      error instanceof Permanent && error.detail.serverCode === code && text.test(error.message);
    await assert.rejects(
      callControl(path, 'refuse', 1),
      refused('settings.exists', /^there is one already$/),
    );
    await assert.rejects(callControl(path, 'crash', 1), refused('internal.bug', /^(?!.*secret)/));
    for (const verb of ['absent', 'constructor', '__proto__'])
      await assert.rejects(callControl(path, verb, 1), refused('admin.unknown_verb', /does not know/));
  });
});

test('control socket: nobody there is an answer; a leftover of a killed server is replaced', async () => {
  const path = join(dir, 'leftover', 'run', 'control.sock');
  assert.deepEqual(await callControl(path, 'echo', 1), { running: false });
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, '');
  assert.deepEqual(await callControl(path, 'echo', 1), { running: false });
  await withServer('leftover', async () => {
    assert.deepEqual(await callControl(path, 'echo', 1), { running: true, result: 1 });
  });
  assert.deepEqual(await callControl(path, 'echo', 1), { running: false });
});

test('control socket: a second server on the same data directory is refused', async () => {
  await withServer('twice', async (path) => {
    await assert.rejects(openControl(path, {}, silentLog), { code: 'admin.already_running' });
    assert.deepEqual(await callControl(path, 'echo', 1), { running: true, result: 1 }, 'the first goes on');
  });
});

test('control socket: works below a directory whose path is longer than a socket address', async () => {
  await withServer(`${'d'.repeat(100)}/${'e'.repeat(100)}`, async (path) => {
    assert.ok(path.length > 200);
    assert.deepEqual(await callControl(path, 'echo', 1), { running: true, result: 1 });
    assert.ok((await stat(path)).isSocket());
    await assert.rejects(openControl(path, {}, silentLog), { code: 'admin.already_running' });
  });
  assert.deepEqual(await callControl(join(dir, 'x'.repeat(120), 'control.sock'), 'echo', 1), {
    running: false,
  });
});

test('control socket: nonsense is answered, pipelined requests keep their order, a line without end is cut off', async () => {
  await withServer('nonsense', async (path) => {
    const talk = async (octets: string): Promise<string> => {
      const socket = connect(path);
      socket.write(octets);
      let text = '';
      socket.on('error', () => {});
      for await (const chunk of socket) {
        text += String(chunk);
        if (text.split('\n').length > 3) break;
      }
      return text;
    };
    const answers = await talk('{}\n{"verb":"echo","args":1}\n[]]\n');
    assert.deepEqual(
      answers
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
        .map((answer) => answer.code ?? answer.result),
      ['admin.bad_request', 1, 'admin.bad_request'],
    );
    await assert
      .rejects(talk('x'.repeat(maxLineBytes + 70_000)), /ECONNRESET|EPIPE|premature|aborted/i)
      .catch(async () => assert.equal(await talk('x'.repeat(maxLineBytes + 70_000)), ''));
  });
});

test('control client: a server that closes or talks nonsense is Transient', async () => {
  for (const [name, answer] of [
    ['closes', undefined],
    ['nonsense', 'hello\n'],
  ] as const) {
    const path = join(dir, `${name}.sock`);
    const server = createServer((socket) => {
      socket.on('data', () => (answer === undefined ? socket.end() : socket.write(answer)));
    });
    await new Promise<void>((done) => server.listen(path, done));
    await assert.rejects(
      callControl(path, 'echo', 1),
      (error) => error instanceof Transient && error.code === 'admin.no_answer',
    );
    await new Promise((done) => server.close(done));
  }
});

test('control lines: any split gives the same lines; the bound is exact', () => {
  const text = '{"a":"ж"}\n\n{"b":1}\nrest';
  const octets = Buffer.from(text);
  for (let cut = 0; cut <= octets.length; cut++) {
    const lines = new LineCutter();
    const found = [octets.subarray(0, cut), octets.subarray(cut)].flatMap((part) => lines.push(part));
    assert.deepEqual(found, ['{"a":"ж"}', '', '{"b":1}']);
  }
  assert.deepEqual(new LineCutter().push(Buffer.from(`${'x'.repeat(maxLineBytes)}\n`)).length, 1);
  assert.equal(new LineCutter().push(Buffer.from(`${'x'.repeat(maxLineBytes + 1)}\n`)), 'too long');
  assert.equal(new LineCutter().push(Buffer.alloc(maxLineBytes + 1, 'x')), 'too long');
});
