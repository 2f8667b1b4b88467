// Shared and public mailboxes over real sockets with two workers: rights that are given and taken reach every session,
// wherever it runs; quotas that an administrator sets over IMAP last.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ImapClient } from '../fixture/imap-client.ts';
import { startServer, type TestServer } from '../fixture/server.ts';

const team = '"Other Users/alice@example.test/Team"';
/** So many connections that both workers have some of them. */
const sessions = 8;
const message = (text: string): Buffer => Buffer.from(`Subject: ${text}\r\n\r\n${text}\r\n`);

let server: TestServer;
let alice: ImapClient;

before(
  async () => {
    server = await startServer({ workers: 2, settings: [['imap.plaintextAuth', 'true']] });
    alice = await logIn('alice');
    await alice.ok('CREATE Team');
    await alice.append('Team', message('one'));
  },
  { timeout: 120_000 },
);
after(() => server?.stop());

async function logIn(user: string): Promise<ImapClient> {
  const client = await ImapClient.connect(server.ports.imap);
  await client.ok(`LOGIN ${user}@example.test "${server.password(`${user}@example.test`)}"`);
  return client;
}

async function untilAnswer(client: ImapClient, pattern: RegExp): Promise<string> {
  for (;;) {
    const line = (await client.readAnswer()).toString('latin1');
    if (pattern.test(line)) return line;
  }
}

async function idling(rights: string): Promise<ImapClient[]> {
  await alice.ok(`SETACL Team bob@example.test ${rights}`);
  const clients = await Promise.all(Array.from({ length: sessions }, () => logIn('bob')));
  for (const client of clients) {
    await client.ok(`SELECT ${team}`);
    client.send('IDLE');
    assert.match((await client.readAnswer()).toString(), /^\+ /);
  }
  return clients;
}

test('two workers: mail for a shared mailbox wakes idling sessions on both', {
  timeout: 60_000,
}, async () => {
  const clients = await idling('lr');
  await alice.append('Team', message('two'));
  for (const client of clients) await untilAnswer(client, /^\* 2 EXISTS/);
  for (const client of clients) client.close();
});

test('two workers: a right that is taken ends idling sessions on both', { timeout: 60_000 }, async () => {
  const clients = await idling('lr');
  await alice.ok('DELETEACL Team bob@example.test');
  for (const client of clients) await untilAnswer(client, /^\* BYE .*withdrawn/);
  const late = await logIn('bob');
  assert.match((await late.command(`SELECT ${team}`)).text, /^\[NONEXISTENT\]/);
  late.close();
});

test('two workers: \\Seen of one session shows in the other sessions of that user only', {
  timeout: 60_000,
}, async () => {
  await alice.ok('SETACL Team bob@example.test lrs');
  await alice.ok('SELECT Team');
  const clients = await Promise.all(Array.from({ length: sessions }, () => logIn('bob')));
  for (const client of clients) await client.ok(`SELECT ${team} (CONDSTORE)`);
  const [writer, ...readers] = clients;
  await writer!.ok('STORE 1 +FLAGS (\\Seen)');
  for (const client of readers) {
    const { untagged } = await client.ok('NOOP');
    assert.ok(
      untagged.some(({ raw }) => /FETCH \(FLAGS \(\\Seen.*MODSEQ/.test(raw)),
      untagged.map(({ raw }) => raw).join(),
    );
  }
  const { untagged } = await alice.ok('NOOP');
  assert.equal(
    untagged.some(({ raw }) => raw.includes('Seen')),
    false,
  );
  for (const client of clients) client.close();
});

test('public folders of the command line are seen and granted while the server runs', {
  timeout: 60_000,
}, async () => {
  const bob = await logIn('bob');
  await server.tegu(['shared', 'create', 'example.test', 'News']);
  await server.tegu(['shared', 'grant', 'example.test', 'News', 'anyone', 'read']);
  // The settings reach the workers within a second.
  for (let i = 0; i < 100; i++) {
    if ((await bob.ok('LIST "" Shared/News')).untagged.length > 0) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.match((await bob.ok('SELECT Shared/News')).text, /^\[READ-ONLY\]/);
  await server.tegu(['shared', 'revoke', 'example.test', 'News', 'anyone']);
  // CHECK looks at the mailbox: the session ends with BYE behind its answer.
  await assert.rejects(async () => {
    for (let i = 0; i < 3; i++) await bob.command('CHECK');
  });
  bob.close();
});

test('quota: what an administrator sets over IMAP is in users.json and binds', {
  timeout: 60_000,
}, async () => {
  const admin = await logIn('admin');
  const used = Number(
    /MAILBOX (\d+) 100/.exec(
      (await admin.ok('SETQUOTA "bob@example.test" (MAILBOX 100)')).untagged[0]?.raw ?? '',
    )?.[1],
  );
  assert.ok(used > 0);
  await admin.ok(`SETQUOTA "bob@example.test" (MAILBOX ${used + 1})`);
  const users = JSON.parse(await readFile(join(server.data, 'users.json'), 'utf8')).users;
  const record = users.find(({ address }: { address: string }) => address === 'bob@example.test');
  assert.equal(record.quotaMailboxes, used + 1);
  for (let i = 0; i < 100; i++) {
    const bob = await logIn('bob');
    const { untagged } = await bob.ok('GETQUOTAROOT INBOX');
    if (untagged.some(({ raw }) => raw.includes(`MAILBOX ${used} ${used + 1}`))) {
      await bob.ok('CREATE One');
      assert.match((await bob.command('CREATE Two')).text, /^\[OVERQUOTA\]/);
      bob.close();
      admin.close();
      return;
    }
    bob.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail('the limit never reached a session');
});
