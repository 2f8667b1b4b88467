import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Transient } from '../base/outcome.ts';
import { silentLog } from '../host/log.ts';
import type { MailAccount, MailStore } from '../store/mail-store.ts';
import { type MaildirStore, openMaildirStore } from '../store/maildir/store.ts';
import {
  DirectBus,
  fixedSettings,
  type SettingOverrides,
  type TestClient,
  TestServices,
} from './session-fixture.ts';

let root: string;
let store: MaildirStore;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'tegu-append-'));
  store = openMaildirStore({
    name: 'main',
    address: `maildir:${root}`,
    settings: fixedSettings(),
    bus: new DirectBus(),
    log: silentLog,
  });
});
after(async () => {
  await store.close();
  await rm(root, { recursive: true, force: true });
});

/** A new mailbox for each test, so that counts begin at 0. */
let boxes = 0;
async function withBox(
  run: (client: TestClient, box: string) => Promise<void>,
  settings: SettingOverrides = {},
): Promise<void> {
  const client = await new TestServices({ store, settings }).login();
  const box = `box${++boxes}`;
  await client.command(`CREATE ${box}`);
  await run(client, box);
  await client.command('LOGOUT');
}

const mail = 'From: a@example.test\r\nSubject: hi\r\n\r\nbody\r\n';
const messages = async (client: TestClient, box: string): Promise<number> =>
  Number(/MESSAGES (\d+)/.exec(await client.command(`STATUS ${box} (MESSAGES)`))?.[1]);

test('APPEND: asks for the literal, stores it, answers APPENDUID', () =>
  withBox(async (client, box) => {
    assert.match(await client.send(`a APPEND ${box} (\\Seen) {${mail.length}}\r\n`), /^\+ \S/);
    assert.match(await client.send(`${mail}\r\n`), /^a OK \[APPENDUID [1-9]\d* 1\] \S/);
    assert.equal(await messages(client, box), 1);
  }));

test('I20: flags and date are optional, sizes above 64 KiB are nothing special', () =>
  withBox(async (client, box) => {
    const large = `${mail}${'x'.repeat(3_046_592 - mail.length)}`;
    assert.match(await client.send(`a APPEND "${box}" {3046592}\r\n`), /^\+ /);
    assert.match(await client.send(`${large}\r\n`), /^a OK \[APPENDUID /);
    for (const options of [
      '()',
      '(\\Draft $Kw)',
      '" 1-Jan-2026 10:00:00 +0300"',
      '(\\Seen) "01-Feb-2026 10:00:00 +0000"',
    ]) {
      const answer = await client.send(`b APPEND ${box} ${options} {${mail.length}+}\r\n${mail}\r\n`);
      assert.match(answer, /^b OK/, options);
    }
    assert.equal(await messages(client, box), 5);
  }));

test('I20: APPENDLIMIT is enforced before the client uploads, the session goes on', () =>
  withBox(
    async (client, box) => {
      assert.match(await client.send(`a APPEND ${box} {1001}\r\n`), /^a NO \[TOOBIG\] \S/);
      assert.match(await client.send(`b APPEND ${box} {1000}\r\n`), /^\+ /);
      assert.match(await client.send(`${mail.padEnd(1000, 'x')}\r\n`), /^b OK/);
      const big = 'y'.repeat(5000);
      assert.match(
        await client.send(`c APPEND ${box} {5000+}\r\n${big}\r\nd NOOP\r\n`),
        /^c NO \[TOOBIG\].*\r\nd OK/,
      );
    },
    { 'imap.appendLimitBytes': 1000 },
  ));

test('I22: a missing mailbox is TRYCREATE before the literal is asked for', () =>
  withBox(async (client) => {
    assert.match(await client.send('a APPEND nowhere {100}\r\n'), /^a NO \[TRYCREATE\] \S/);
    assert.match(
      await client.send(`b APPEND nowhere {5+}\r\nhello\r\nc NOOP\r\n`),
      /^b NO \[TRYCREATE\].*\r\nc OK/,
    );
  }));

test('APPEND: the mailbox name may be a literal', () =>
  withBox(async (client, box) => {
    assert.match(await client.send(`a APPEND {${box.length}}\r\n`), /^\+ /);
    assert.match(await client.send(`${box} {${mail.length}}\r\n`), /^\+ /);
    assert.match(await client.send(`${mail}\r\n`), /^a OK/);
  }));

for (const args of [
  '',
  ' (\\Seen)',
  ' {0}',
  ' (\\Recent) {5}',
  ' (\\Foo) {5}',
  ' "yesterday" {5}',
  ' "1" "2" {5}',
  ' atom',
  ' {5} x',
]) {
  test(`APPEND box${args}: refused, nothing stored, nothing waits`, () =>
    withBox(async (client, box) => {
      const answer = await client.send(`a APPEND ${box}${args}\r\n`);
      assert.match(answer, /^a (BAD|NO) \S/);
      assert.match(await client.send('b NOOP\r\n'), /^b OK/);
      assert.equal(await messages(client, box), 0);
    }));
}

test('APPEND: garbage after the literal stores nothing', () =>
  withBox(async (client, box) => {
    const answer = await client.send(`a APPEND ${box} {${mail.length}+}\r\n${mail}garbage\r\nb NOOP\r\n`);
    assert.match(answer, /^a BAD .*\r\nb OK/);
    assert.equal(await messages(client, box), 0);
  }));

test('MULTIAPPEND: all messages become visible together with their UIDs', () =>
  withBox(async (client, box) => {
    const one = `{${mail.length}+}\r\n${mail}`;
    const answer = await client.send(
      `a APPEND ${box} (\\Seen) ${one} ${one} "01-Feb-2026 10:00:00 +0000" ${one}\r\n`,
    );
    assert.match(answer, /^a OK \[APPENDUID \d+ 1:3\]/);
    assert.equal(await messages(client, box), 3);
  }));

test('MULTIAPPEND: an empty literal gives up and nothing is stored', () =>
  withBox(async (client, box) => {
    const answer = await client.send(`a APPEND ${box} {${mail.length}+}\r\n${mail} {0+}\r\n\r\nb NOOP\r\n`);
    assert.match(answer, /^a NO \S.*\r\nb OK/);
    assert.equal(await messages(client, box), 0);
  }));

test('threat: MULTIAPPEND has a bound on its messages', () =>
  withBox(
    async (client, box) => {
      const one = `{${mail.length}+}\r\n${mail}`;
      assert.match(await client.send(`a APPEND ${box} ${one} ${one} ${one}\r\n`), /^a NO \[LIMIT\]/);
      assert.equal(await messages(client, box), 0);
      assert.match(await client.send(`b APPEND ${box} ${one} ${one}\r\n`), /^b OK/);
    },
    { 'imap.maxAppendMessages': 2 },
  ));

test('APPEND to the selected mailbox: EXISTS comes before the tagged OK', () =>
  withBox(async (client, box) => {
    await client.command(`SELECT ${box}`);
    const answer = await client.send(`a APPEND ${box} {${mail.length}+}\r\n${mail}\r\n`);
    assert.match(answer, /^\* 1 EXISTS\r\n[\s\S]*a OK \[APPENDUID/);
  }));

test('a literal8 is taken by APPEND and refused elsewhere', () =>
  withBox(async (client, box) => {
    const binary = 'Subject: x\r\nContent-Transfer-Encoding: binary\r\n\r\na\0b';
    assert.match(await client.send(`a APPEND ${box} ~{${binary.length}+}\r\n${binary}\r\n`), /^a OK/);
    assert.match(await client.send('b STATUS ~{5+}\r\nINBOX (MESSAGES)\r\n'), /^b BAD/);
  }));

test('a store that fails after the last octet: NO, and the rest of the command is not taken for a new one', async () => {
  const failing = Object.create(store) as MailStore;
  failing.openAccount = async (ref) => {
    const real = await store.openAccount(ref);
    const account = Object.create(real) as MailAccount;
    account.close = () => real.close();
    account.append = async () => ({
      add: async (_message, octets) => {
        for await (const chunk of octets) assert.ok(chunk.length > 0);
        throw new Transient('store.full', 'no room');
      },
      commit: () => assert.fail('nothing to commit'),
      abort: async () => {},
    });
    return account;
  };
  const client = await new TestServices({ store: failing }).login();
  const answer = await client.send(`a APPEND INBOX {${mail.length}+}\r\n${mail} {3+}\r\nabc\r\nb NOOP\r\n`);
  assert.match(answer, /^a NO \[UNAVAILABLE\] .*\r\nb OK .*\r\n$/);
  assert.match(await client.send(`c APPEND INBOX {${mail.length}}\r\n`), /^\+ /);
  assert.match(await client.send(`${mail}\r\nd NOOP\r\n`), /^c NO .*\r\nd OK .*\r\n$/);
  await client.command('LOGOUT');
});

test('a client that dies in the middle of a message leaves nothing behind', () =>
  withBox(async (client, box) => {
    const dying = await new TestServices({ store }).login();
    await dying.send(`a APPEND ${box} {1000}\r\n`);
    await dying.connection.send('Subject: half\r\n');
    await dying.connection.finish();
    await dying.connection.ended;
    assert.equal(await messages(client, box), 0);
  }));

test('threat: a 100 MB APPEND does not sit in memory', () =>
  withBox(async (client, box) => {
    const sizeBytes = 104_857_600;
    const chunk = Buffer.alloc(65_536, 'line of text, sixty-four octets long, for a large message...\r\n');
    await client.send(`a APPEND ${box} {${sizeBytes}}\r\n`);
    let peak = 0;
    const start = process.memoryUsage();
    for (let sent = 0; sent < sizeBytes; sent += chunk.length) {
      await client.connection.send(chunk);
      const now = process.memoryUsage();
      peak = Math.max(peak, now.heapUsed - start.heapUsed, now.arrayBuffers - start.arrayBuffers);
    }
    assert.match(await client.send('\r\n'), /^a OK \[APPENDUID/);
    assert.ok(peak < 48_000_000, `peak ${peak}`);
  }));
