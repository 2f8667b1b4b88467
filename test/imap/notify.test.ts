// NOTIFY over real sockets with two workers (RFC 5465): what one worker changes, sessions of the other hear between commands,
// also of mailboxes that belong to somebody else.

import { after, before, test } from 'node:test';
import { ImapClient } from '../fixture/imap-client.ts';
import { startServer, type TestServer } from '../fixture/server.ts';

/** So many connections that both workers have some of them. */
const sessions = 8;
const message = Buffer.from('Subject: news\r\n\r\nabc\r\n');

let server: TestServer;
let alice: ImapClient;

before(
  async () => {
    server = await startServer({ workers: 2, settings: [['imap.plaintextAuth', 'true']] });
    alice = await logIn('alice');
    await alice.ok('CREATE Team');
  },
  { timeout: 120_000 },
);
after(() => server?.stop());

async function logIn(user: string): Promise<ImapClient> {
  const client = await ImapClient.connect(server.ports.imap);
  await client.ok(`LOGIN ${user}@example.test "${server.password(`${user}@example.test`)}"`);
  return client;
}

async function listening(user: string, notify: string): Promise<ImapClient[]> {
  const clients = await Promise.all(Array.from({ length: sessions }, () => logIn(user)));
  for (const client of clients) {
    await client.ok('SELECT INBOX');
    await client.ok(notify);
  }
  return clients;
}

/** Every client hears it without a command. */
async function allHear(clients: readonly ImapClient[], pattern: RegExp): Promise<void> {
  for (const client of clients) {
    for (;;) {
      const line = (await client.readAnswer()).toString('latin1');
      if (pattern.test(line)) break;
    }
  }
}

test('two workers: mail, flags, removals and names reach sessions that wait between commands', {
  timeout: 60_000,
}, async () => {
  const clients = await listening(
    'alice',
    'NOTIFY SET (selected (MessageNew (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)]) MessageExpunge FlagChange)) ' +
      '(personal (MessageNew MessageExpunge MailboxName))',
  );
  await alice.append('INBOX', message);
  await allHear(clients, /FETCH \(UID \d+ BODY\[HEADER\.FIELDS \(SUBJECT\)\] \{17\}/);
  await alice.ok('SELECT INBOX');
  await alice.ok('STORE 1 +FLAGS (\\Deleted)');
  await allHear(clients, /FETCH \(.*\\Deleted/);
  await alice.ok('EXPUNGE');
  await allHear(clients, /^\* 1 EXPUNGE/);
  await alice.append('Team', message);
  await allHear(clients, /^\* STATUS "?Team"? \(MESSAGES 1 UIDNEXT 2 /);
  await alice.ok('CREATE Born');
  await allHear(clients, /^\* LIST \(.*Born"?/);
  await alice.ok('RENAME Born Grown');
  await allHear(clients, /^\* LIST \(.*Grown"? \("OLDNAME" \("?Born"?\)\)/);
  // What was told between commands does not confuse the next one.
  for (const client of clients) await client.ok('NOOP');
  for (const client of clients) client.close();
});

test('two workers: mailboxes of somebody else', { timeout: 60_000 }, async () => {
  await alice.ok('SETACL Team bob@example.test lr');
  const team = '"Other Users/alice@example.test/Team"';
  const clients = await listening('bob', `NOTIFY SET (mailboxes ${team} (MessageNew MessageExpunge))`);
  await alice.append('Team', message);
  await allHear(clients, /^\* STATUS "Other Users\/alice@example\.test\/Team" \(MESSAGES 2 UIDNEXT 3 /);
  for (const client of clients) client.close();
});
