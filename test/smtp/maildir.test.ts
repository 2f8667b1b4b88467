// From the wire into a real Maildir: what a 250 means, quota, partial failure and its retry.

import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { ProcessBus } from '../../src/cluster/local/process-bus.ts';
import { Delivery } from '../../src/delivery/delivery.ts';
import { silentLog } from '../../src/host/log.ts';
import { MemoryConnection } from '../../src/host/memory-connection.ts';
import { FixtureDirectory, fixtureAccount } from '../../src/routing/fixture.ts';
import { serveSmtp } from '../../src/smtp-in/command-loop.ts';
import { SmtpFixture, talk } from '../../src/smtp-in/fixture.ts';
import { openMaildirStore } from '../../src/store/maildir/store.ts';

const roots: string[] = [];
let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tegu-deliver-'));
  roots.push(root);
});
after(() => Promise.all(roots.map((path) => rm(path, { recursive: true }))));

const accounts = [
  fixtureAccount('alice@example.test'),
  fixtureAccount('bob@example.test'),
  fixtureAccount('small@example.test', { quotaBytes: 20_000 }),
];

/** A receiving session behind EHLO whose accepted mail lands in the Maildir below `root`. */
async function open(values = {}) {
  const fixture = new SmtpFixture(values);
  const bus = new ProcessBus(() => {});
  const changed: string[] = [];
  bus.subscribe('mailbox.changed', ({ account }) => changed.push(account));
  const store = openMaildirStore({
    name: 'main',
    address: `maildir:${root}`,
    settings: fixture.settings,
    bus,
    log: silentLog,
  });
  const { settings, services } = fixture;
  const delivery = new Delivery({
    settings,
    stores: () => store,
    bus,
    log: silentLog,
    clock: services.clock,
  });
  const directory = new FixtureDirectory(accounts);
  const connection = new MemoryConnection();
  await connection.serve(
    serveSmtp({ ...services, directory, sink: delivery }, { kind: 'mx', implicitTls: false }),
  );
  await connection.send('EHLO client.example\r\n');
  connection.take();
  return { connection, changed, fixture, store };
}

async function send(connection: MemoryConnection, recipients: readonly string[], text: string, size = '') {
  const commands = [
    `MAIL FROM:<s@b.example>${size}`,
    ...recipients.map((who) => `RCPT TO:<${who}@example.test>`),
    'DATA',
  ];
  const replies = await talk(connection, ...commands.map((line) => `${line}\r\n`));
  if (!replies.at(-1)?.startsWith('354')) return replies;
  for (let at = 0; at < text.length; at += 60_000) connection.push(text.slice(at, at + 60_000));
  await connection.send('.\r\n');
  return [...replies, connection.take()];
}

/** Names and contents of what lies in new/ of a user's INBOX. */
async function inbox(user: string): Promise<{ name: string; octets: Buffer }[]> {
  const folder = join(root, 'example.test', user, 'Maildir', 'new');
  const names = await readdir(folder).catch(() => []);
  return Promise.all(names.map(async (name) => ({ name, octets: await readFile(join(folder, name)) })));
}

const prefix =
  /^Return-Path: <s@b\.example>\r\nReceived: from client\.example \(\[192\.0\.2\.1\]\)\r\n\tby mx\.example\.test with ESMTP\r\n\tid [0-9a-z]{16} for <(alice|bob)@example\.test>;\r\n\tWed, 25 Nov 2026 11:07:20 \+0000\r\n/;

for (const [name, text, values] of [
  ['in memory', 'Subject: x\r\n\r\nhi\r\n', {}],
  [
    'in the spool file',
    `Subject: x\r\n\r\n${'0123456789abcdef\r\n'.repeat(150_000)}`,
    { 'smtp.spoolMemoryBytes': 50_000 },
  ],
] as const) {
  test(`M03: a message held ${name} lies in both mailboxes, octet for octet behind our prefix, with its true size`, async () => {
    const { connection, changed, fixture } = await open(values);
    const replies = await send(connection, ['alice', 'bob'], text);
    assert.match(replies.at(-1) ?? '', /^250 2\.0\.0 Ok, stored as /);
    for (const user of ['alice', 'bob']) {
      const [message, ...more] = await inbox(user);
      assert.deepEqual(more, []);
      const stored = message?.octets.toString('latin1') ?? '';
      const head = prefix.exec(stored)?.[0] ?? '';
      assert.notEqual(head, '');
      assert.ok(head.includes(`for <${user}@`));
      assert.ok(stored.slice(head.length) === text, 'the octets are those that were sent');
      assert.ok(message?.name.includes(`,S=${stored.length}`), message?.name);
    }
    assert.deepEqual(await readdir(fixture.spoolDirectory), []);
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(changed.sort(), ['alice@example.test', 'bob@example.test']);
  });
}

test('quota: refused at RCPT by the announced size, at the end when nothing was announced, and others get the mail', async () => {
  const { connection } = await open();
  const large = 'x'.repeat(30_000);
  const announced = await send(connection, ['small', 'alice'], `${large}\r\n`, ' SIZE=30000');
  assert.deepEqual(
    announced.map((reply) => reply.slice(0, 9)),
    ['250 2.1.0', '552 5.2.2', '250 2.1.5', '354 End w', '250 2.0.0'],
  );
  const silent = await send(connection, ['small'], `${large}\r\n`);
  assert.match(silent.at(-1) ?? '', /^552 5\.2\.2 /);
  const both = await send(connection, ['small', 'alice'], `other ${large}\r\n`);
  assert.match(both.at(-1) ?? '', /^452 4\.2\.2 /);
  const again = await send(connection, ['small', 'alice'], `other ${large}\r\n`);
  assert.match(again.at(-1) ?? '', /^452 4\.2\.2 /);
  assert.equal((await inbox('alice')).length, 2, 'one copy of each message, however often it was tried');
  assert.equal((await inbox('small')).length, 0);
  assert.match((await send(connection, ['small'], 'small enough\r\n')).at(-1) ?? '', /^250 /);
});

test('S11: a mailbox that cannot be written: 451, the other keeps its copy, the retry makes no second one', async () => {
  const { connection } = await open();
  await send(connection, ['alice', 'bob'], 'first\r\n');
  const home = join(root, 'example.test', 'bob');
  await rm(home, { recursive: true });
  await writeFile(home, 'in the way');
  const failed = await send(connection, ['bob', 'alice'], 'second\r\n');
  assert.match(failed.at(-1) ?? '', /^451 4\.3\.0 Not stored for every recipient yet/);
  assert.equal((await inbox('alice')).length, 2);
  await rm(home);
  const retried = await send(connection, ['bob', 'alice'], 'second\r\n');
  assert.match(retried.at(-1) ?? '', /^250 /);
  assert.equal((await inbox('alice')).length, 2);
  assert.equal((await inbox('bob')).length, 1);
  const alone = await send(connection, ['alice'], 'second\r\n');
  assert.match(alone.at(-1) ?? '', /^250 /);
  assert.equal((await inbox('alice')).length, 2, 'also when the sender retries recipient by recipient');
});

test('an account that never was used gets its Maildir with the first message', async () => {
  const { connection } = await open();
  assert.equal((await inbox('alice')).length, 0);
  assert.match((await send(connection, ['Alice+tag'], 'hi\r\n')).at(-1) ?? '', /^250 /);
  const [message] = await inbox('alice');
  assert.match(message?.octets.toString() ?? '', /for <Alice\+tag@example\.test>;/);
});
