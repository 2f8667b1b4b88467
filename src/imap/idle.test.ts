import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MailboxName } from '../base/brands.ts';
import { silentLog } from '../host/log.ts';
import { type MaildirStore, openMaildirStore } from '../store/maildir/store.ts';
import { DirectBus, fixedSettings, type TestClient, TestServices } from './session-fixture.ts';

let root: string;
let store: MaildirStore;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'tegu-idle-'));
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

const account = { address: 'alice@example.test', quotaBytes: 0, quotaMessages: 0 };

async function deliver(mailbox: string): Promise<void> {
  const octets = Buffer.from('Subject: new\r\n\r\nbody\r\n');
  await store.deliver({
    account,
    mailbox: mailbox as MailboxName,
    prefix: Buffer.from('Return-Path: <>\r\n'),
    body: {
      sizeBytes: octets.length,
      memory: [octets],
      path: undefined,
      async *chunks() {
        yield octets;
      },
      async release() {},
    },
    flags: [],
  });
}

/** Waits for an answer that matches; the test's own time-out ends a vain wait. */
async function heard(client: TestClient, pattern: RegExp): Promise<string> {
  let text = '';
  while (!pattern.test(text)) {
    await sleep(5);
    text += client.take();
  }
  return text;
}

async function idling(services: TestServices, box: string): Promise<TestClient> {
  const client = await services.login();
  await client.command(`CREATE ${box}`);
  await client.command(`SELECT ${box}`);
  assert.match(await client.send('i IDLE\r\n'), /\+ \S/);
  return client;
}

test('IDLE: a notification tells new mail at once, DONE ends it', { timeout: 10_000 }, async () => {
  const services = new TestServices({ store });
  const client = await idling(services, 'notified');
  await deliver('notified');
  services.bus.publish('mailbox.changed', { account: account.address, mailbox: 'notified' });
  await heard(client, /^\* 1 EXISTS\r\n/m);
  assert.match(await client.send('done\r\n'), /^i OK \S/m);
  await client.command('LOGOUT');
});

test('IDLE: changes that no notification told are found by looking', { timeout: 10_000 }, async () => {
  const client = await idling(new TestServices({ store, settings: { 'imap.pollMs': 20 } }), 'polled');
  await deliver('polled');
  await heard(client, /^\* 1 EXISTS\r\n/m);
  await client.send('DONE\r\n');
  await client.command('LOGOUT');
});

test('IDLE: notifications for other mailboxes and accounts are not heard', { timeout: 10_000 }, async () => {
  const services = new TestServices({ store });
  const client = await idling(services, 'quiet');
  await deliver('quiet');
  services.bus.publish('mailbox.changed', { account: account.address, mailbox: 'INBOX' });
  services.bus.publish('mailbox.changed', { account: 'bob@example.test' });
  await sleep(50);
  assert.equal(client.take(), '');
  await client.send('DONE\r\n');
  await client.command('LOGOUT');
});

test('I18: IDLE says "Still here" now and then, without a selected mailbox too', {
  timeout: 10_000,
}, async () => {
  const client = await new TestServices({ store, settings: { 'imap.stillHereMs': 15 } }).login();
  assert.equal(await client.send('i IDLE\r\n'), '+ idling\r\n');
  await heard(client, /(\* OK Still here\r\n){2}/);
  assert.match(await client.send('DONE\r\n'), /i OK/);
  await client.command('LOGOUT');
});

test('I18: IDLE waits for its client longer than 29 minutes', { timeout: 10_000 }, async () => {
  const client = await new TestServices({ store }).login();
  const waits: number[] = [];
  const read = client.connection.read.bind(client.connection);
  client.connection.read = (timeoutMs) => {
    waits.push(timeoutMs);
    return read(timeoutMs);
  };
  await client.send('i IDLE\r\n');
  assert.ok((waits[0] ?? 0) >= 30 * 60_000);
  await client.connection.timeOut();
  assert.match(client.take(), /^\* BYE \S/m);
  assert.equal(client.isClosed, true);
});

test('IDLE: anything but DONE is BAD and ends it', { timeout: 10_000 }, async () => {
  const client = await new TestServices({ store }).login();
  await client.send('i IDLE\r\n');
  assert.match(await client.send('n NOOP\r\n'), /^i BAD/);
  assert.match(await client.command('NOOP'), /^T OK/);
  await client.command('LOGOUT');
});

test('IDLE: draining says BYE at once', { timeout: 10_000 }, async () => {
  const client = await new TestServices({ store }).login();
  await client.send('i IDLE\r\n');
  await client.connection.drain();
  assert.match(client.take(), /^\* BYE Server is shutting down/m);
  assert.equal(client.isClosed, true);
});

test('IDLE: DONE pipelined with the next command', { timeout: 10_000 }, async () => {
  const client = await new TestServices({ store }).login();
  assert.match(await client.send('i IDLE\r\nDONE\r\nn NOOP\r\n'), /^\+ idling\r\ni OK .*\r\nn OK/);
  await client.command('LOGOUT');
});

test('I18: one connection too many closes the one that waits longest, not the one at work', {
  timeout: 10_000,
}, async () => {
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const services = new TestServices({ store, clock, settings: { 'imap.maxConnectionsPerUser': 3 } });
  const clients: TestClient[] = [];
  for (let i = 0; i < 3; i++) {
    nowMs += 1000;
    clients.push(await services.login());
  }
  nowMs += 1000;
  await clients[0]!.send('i IDLE\r\n');
  nowMs += 1000;
  // Now clients[1] waits longest: it has been silent since its log-in.
  const fourth = await services.login();
  assert.match(await fourth.command('NOOP'), /^T OK/);
  assert.match(clients[1]!.take(), /^\* BYE Too many connections/m);
  assert.deepEqual(
    clients.map((client) => client.isClosed),
    [false, true, false],
  );
  for (const client of [clients[0]!, clients[2]!, fourth]) await client.connection.finish();
});

test('an account that was disabled loses its sessions, idle or at work; a dead directory takes none', {
  timeout: 10_000,
}, async () => {
  const services = new TestServices({ store });
  const [idle, silent] = [await services.login(), await services.login()];
  await idle.send('i IDLE\r\n');
  const loaded = async () => {
    services.bus.publish('directory.loaded', { source: 'test' });
    await sleep(20);
  };
  await loaded();
  services.directory.isDown = true;
  services.directory.isDisabled = true;
  await loaded();
  assert.deepEqual([idle.isClosed, silent.isClosed], [false, false]);
  services.directory.isDown = false;
  await loaded();
  for (const client of [idle, silent]) {
    assert.match(client.take(), /^\* BYE Your account was disabled or removed\r\n$/m);
    assert.equal(client.isClosed, true);
  }
});
