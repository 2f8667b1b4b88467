// NOTIFY over a session without sockets (RFC 5465): what is refused, what is told between commands and inside IDLE.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog } from '../../host/log.ts';
import { type MaildirStore, openMaildirStore } from '../../store/maildir/store.ts';
import { DirectBus, fixedSettings, type TestClient, TestServices } from '../session-fixture.ts';

let root: string;
let store: MaildirStore;
let services: TestServices;
/** Changes things; `ear` listens. */
let hand: TestClient;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'tegu-notify-'));
  const bus = new DirectBus();
  store = openMaildirStore({
    name: 'main',
    address: `maildir:${root}`,
    settings: fixedSettings(),
    bus,
    log: silentLog,
  });
  services = new TestServices({ store, bus, settings: { 'imap.maxNotifyMailboxes': 20 } });
  hand = await services.login();
});
after(async () => {
  await hand.command('LOGOUT');
  await store.close();
  await rm(root, { recursive: true, force: true });
});

const append = async (mailbox: string): Promise<void> => {
  assert.match(await hand.command(`APPEND ${mailbox} {18+}\r\nSubject: x\r\n\r\nabc\r\n`), /T OK/);
};

/** A session that listens as told. */
async function ear(notify: string, select = 'INBOX'): Promise<TestClient> {
  const client = await services.login();
  assert.match(await client.command(`SELECT ${select}`), /T OK/);
  assert.match(await client.command(notify), /T OK/);
  return client;
}

/** What comes unasked, until `pattern` matched it. */
async function hears(client: TestClient, pattern: RegExp): Promise<string> {
  let heard = '';
  for (let i = 0; i < 500; i++) {
    heard += client.take();
    if (pattern.test(heard)) return heard;
    await sleep(10);
  }
  return assert.fail(`${pattern} never came: ${heard}`);
}

/** Waits as long as news usually takes, several times over. */
async function hearsNothing(client: TestClient): Promise<void> {
  await sleep(150);
  assert.equal(client.take(), '');
}

test('notify: what the grammar and section 5 forbid', async () => {
  const client = await services.login();
  for (const wrong of [
    '',
    ' SET',
    ' SOME',
    ' NONE x',
    ' SET STATUS',
    ' SET (personal)',
    ' SET (personal ())',
    ' SET (personal MessageNew)',
    ' SET (personal (MessageNew))',
    ' SET (personal (MessageExpunge))',
    ' SET (personal (FlagChange))',
    ' SET (personal (AnnotationChange))',
    ' SET (personal (Weather)) (',
    ' SET (subtree-one INBOX (MailboxName))',
    ' SET (selected (MailboxName))',
    ' SET (selected (MessageNew MessageExpunge)) (selected-delayed NONE)',
    ' SET (personal (MessageNew (UID) MessageExpunge))',
    ' SET (selected (MessageNew () MessageExpunge))',
    ' SET (selected (MessageNew (ALL) MessageExpunge))',
    ' SET (somewhere (MailboxName))',
    ' SET (mailboxes (MailboxName))',
    ' SET (mailboxes () (MailboxName))',
  ]) {
    assert.match(await client.command(`NOTIFY${wrong}`), /^T BAD /, wrong);
    // So many in a row would end the session.
    await client.command('NOOP');
  }
  for (const event of ['MessageNew MessageExpunge AnnotationChange', 'Weather']) {
    const answer = await client.command(`NOTIFY SET (personal (${event}))`);
    assert.match(answer, /^T NO \[BADEVENT \(MessageNew MessageExpunge FlagChange MailboxName /, event);
  }
  await client.command('LOGOUT');
});

test('notify: new messages of the selected mailbox come between commands, with the data asked for', async () => {
  const client = await ear(
    'NOTIFY SET (selected (MessageNew (UID BODY[HEADER.FIELDS (SUBJECT)]) MessageExpunge FlagChange))',
  );
  await append('INBOX');
  const heard = await hears(client, /BODY\[HEADER\.FIELDS \(SUBJECT\)\] \{14\}\r\nSubject: x\r\n\r\n\)\r\n/);
  assert.match(heard, /^\* 1 EXISTS\r\n/);
  assert.match(heard, /\* 1 FETCH \(UID \d+ /);
  // The client did not read the message.
  assert.doesNotMatch(await client.command('FETCH 1 FLAGS'), /Seen/);
  await hand.command('SELECT INBOX');
  await hand.command('STORE 1 +FLAGS (\\Flagged \\Deleted)');
  await hears(client, /\* 1 FETCH \(.*\\Flagged/);
  await hand.command('EXPUNGE');
  await hears(client, /\* 1 EXPUNGE\r\n/);
  await client.command('LOGOUT');
});

test('notify: selected-delayed keeps removals for the end of a command', async () => {
  await append('INBOX');
  const client = await ear('NOTIFY SET (selected-delayed (MessageNew MessageExpunge))');
  await hand.command('SELECT INBOX');
  await hand.command('STORE 1 +FLAGS.SILENT \\Deleted');
  await hand.command('EXPUNGE');
  await append('INBOX');
  assert.doesNotMatch(await hears(client, /\* 2 EXISTS\r\n/), /EXPUNGE/);
  assert.match(await client.command('NOOP'), /\* 1 EXPUNGE\r\n/);
  await client.command('LOGOUT');
});

test('notify: without the selected mailbox nothing of it comes between commands', async () => {
  for (const notify of ['NOTIFY NONE', 'NOTIFY SET (personal (MessageNew MessageExpunge))']) {
    const client = await ear(notify);
    await append('INBOX');
    await hearsNothing(client);
    await client.command('LOGOUT');
  }
});

test('notify: other mailboxes by STATUS; the first group that names one decides', async () => {
  for (const name of ['Work', 'Work/Loud', 'Quiet']) await hand.command(`CREATE ${name}`);
  const client = await services.login();
  const answer = await client.command(
    'NOTIFY SET STATUS (mailboxes (Quiet Missing) NONE) (subtree Work (MessageNew MessageExpunge FlagChange))',
  );
  assert.equal((answer.match(/\* STATUS/g) ?? []).length, 2);
  assert.match(answer, /\* STATUS "?Work"? \(MESSAGES 0 UIDNEXT 1 UIDVALIDITY \d+ HIGHESTMODSEQ \d+\)\r\n/);
  await append('Quiet');
  await hearsNothing(client);
  await append('Work/Loud');
  await hears(
    client,
    /^\* STATUS "?Work\/Loud"? \(MESSAGES 1 UIDNEXT 2 UIDVALIDITY \d+ HIGHESTMODSEQ \d+\)\r\n$/,
  );
  await hand.command('SELECT Work/Loud');
  await hand.command('STORE 1 +FLAGS \\Deleted');
  await hears(client, /^\* STATUS "?Work\/Loud"? \(.*HIGHESTMODSEQ \d+\)\r\n$/);
  await hand.command('EXPUNGE');
  await hears(client, /^\* STATUS "?Work\/Loud"? \(MESSAGES 0 UIDNEXT 2 .*\)\r\n$/);
  // NONE ends it.
  await client.command('NOTIFY NONE');
  await append('Work/Loud');
  await hearsNothing(client);
  await client.command('LOGOUT');
});

test('notify: names that come, change and go; subscriptions', async () => {
  const client = await services.login();
  await client.command('NOTIFY SET (personal (MailboxName SubscriptionChange))');
  await hand.command('CREATE Born');
  await hears(client, /^\* LIST \([^)]*\) "\/" "?Born"?\r\n$/);
  await hand.command('SUBSCRIBE Born');
  await hears(client, /^\* LIST \([^)]*\\Subscribed[^)]*\) "\/" "?Born"?\r\n$/);
  await hand.command('UNSUBSCRIBE Born');
  const unsubscribed = await hears(client, /^\* LIST \([^)]*\) "\/" "?Born"?\r\n$/);
  assert.doesNotMatch(unsubscribed, /Subscribed/);
  await hand.command('RENAME Born Grown');
  await hears(client, /^\* LIST \([^)]*\) "\/" "?Grown"? \("OLDNAME" \("?Born"?\)\)\r\n$/);
  await hand.command('DELETE Grown');
  await hears(client, /^\* LIST \([^)]*\\NonExistent[^)]*\) "\/" "?Grown"?\r\n$/);
  await client.command('LOGOUT');
});

test('notify: a mailbox that is made later is told of, too', async () => {
  const client = await services.login();
  await client.command('NOTIFY SET (mailboxes Later (MessageNew MessageExpunge))');
  await hand.command('CREATE Later');
  await append('Later');
  await hears(client, /\* STATUS "?Later"? \(MESSAGES 1 /);
  await client.command('LOGOUT');
});

test('notify: annotations by name', async () => {
  const client = await services.login();
  await client.command('NOTIFY SET (mailboxes Work (MailboxMetadataChange))');
  await hand.command('SETMETADATA Quiet (/private/comment "a")');
  await hearsNothing(client);
  await hand.command('SETMETADATA Work (/private/comment "a")');
  await hears(client, /^\* METADATA "?Work"? \/private\/comment\r\n$/);
  await client.command('NOTIFY SET (personal (ServerMetadataChange))');
  await hand.command('SETMETADATA "" (/private/comment "a")');
  await hears(client, /^\* METADATA "" \/private\/comment\r\n$/);
  await client.command('LOGOUT');
});

test('notify: inside IDLE as outside', async () => {
  const client = await ear(
    'NOTIFY SET (selected (MessageNew MessageExpunge)) (mailboxes Work (MessageNew MessageExpunge))',
  );
  await client.send('i IDLE\r\n');
  await append('Work');
  await hears(client, /\* STATUS "?Work"? \(MESSAGES 1 /);
  await append('INBOX');
  await hears(client, /\* \d+ EXISTS\r\n/);
  assert.match(await client.send('DONE\r\n'), /i OK/);
  await client.command('LOGOUT');
});

test('notify: more mailboxes than allowed', async () => {
  const client = await services.login();
  await client.command('NOTIFY SET (personal (MessageNew MessageExpunge))');
  for (let i = 0; i < 20; i++) await hand.command(`CREATE Many${i}`);
  await hears(client, /\* OK \[NOTIFICATIONOVERFLOW\] /);
  await append('Work');
  client.take();
  await hearsNothing(client);
  assert.match(
    await client.command('NOTIFY SET (personal (MessageNew MessageExpunge))'),
    /^T NO \[NOTIFICATIONOVERFLOW\]/,
  );
  assert.match(await client.command('NOTIFY SET (inboxes (MessageNew MessageExpunge))'), /^T OK/);
  await client.command('LOGOUT');
});

test('notify: changes that no notification told are found by looking', async () => {
  const deaf = new TestServices({ store, bus: new DirectBus(), settings: { 'imap.pollMs': 20 } });
  const client = await deaf.login();
  await hand.command('CREATE looked');
  await client.command('SELECT INBOX');
  const events = '(MessageNew MessageExpunge)';
  assert.match(
    await client.command(
      `NOTIFY SET (selected ${events}) (mailboxes looked ${events}) (personal (MailboxName))`,
    ),
    /T OK/,
  );
  await append('looked');
  await hears(client, /\* STATUS "looked" \(MESSAGES 1 /);
  await append('INBOX');
  await hears(client, /^\* \d+ EXISTS\r\n/m);
  await hand.command('CREATE found');
  await hears(client, /^\* LIST \(\\HasNoChildren\) "\/" "found"\r\n/m);
  await client.command('LOGOUT');
});

test('notify: more news than may wait ends it', async () => {
  const bus = new DirectBus();
  const small = new TestServices({ store, bus, settings: { 'imap.maxNotifyPending': 2 } });
  const client = await small.login();
  await client.command('SELECT INBOX');
  assert.match(await client.command('NOTIFY SET (personal (MessageNew MessageExpunge))'), /T OK/);
  for (const mailbox of ['a1', 'a2', 'a3', 'a4', 'a5'])
    bus.publish('mailbox.changed', { account: 'alice@example.test', mailbox });
  assert.match(await hears(client, /OVERFLOW/), /^\* OK \[NOTIFICATIONOVERFLOW\] \S/m);
  bus.publish('mailbox.changed', { account: 'alice@example.test', mailbox: 'a1' });
  await hearsNothing(client);
  await client.command('LOGOUT');
});

test('notify: with QRESYNC removals are VANISHED and data carry the UID; UIDONLY has no message numbers', async () => {
  await hand.command('CREATE forms');
  const events = '(selected (MessageNew (FLAGS) MessageExpunge FlagChange))';
  const clients: TestClient[] = [];
  for (const extension of ['QRESYNC', 'UIDONLY']) {
    const client = await services.login();
    await client.command(`ENABLE ${extension}`);
    await client.command('SELECT forms');
    assert.match(await client.command(`NOTIFY SET ${events}`), /T OK/);
    clients.push(client);
  }
  const [quick, uidOnly] = clients as [TestClient, TestClient];
  await append('forms');
  await hears(quick, /^\* 1 EXISTS\r\n(.*\r\n)*\* 1 FETCH \(UID 1 FLAGS \(.*\)\)\r\n/m);
  await hears(uidOnly, /^\* 1 EXISTS\r\n(.*\r\n)*\* 1 UIDFETCH \(FLAGS \(.*\)\)\r\n/m);
  await hand.command('SELECT forms');
  await hand.command('STORE 1 +FLAGS.SILENT (\\Deleted)');
  await hand.command('EXPUNGE');
  for (const client of clients) {
    const heard = await hears(client, /^\* VANISHED 1\r\n/m);
    assert.doesNotMatch(heard, /EXPUNGE/);
    await client.command('LOGOUT');
  }
});

test('notify: news never falls into the answers of a command', async () => {
  await hand.command('CREATE storm');
  const client = await ear('NOTIFY SET (mailboxes storm (MessageNew MessageExpunge FlagChange))');
  let heard = '';
  for (let i = 0; i < 40; i++) {
    const both = [append('storm'), client.send(`n${i} UID SEARCH ALL\r\nm${i} NOOP\r\n`)] as const;
    await both[0];
    heard += await both[1];
  }
  heard += await hears(client, /MESSAGES 40 /);
  const lines = heard.split('\r\n').filter((line) => line !== '');
  const known = /^(\* STATUS "storm" \(MESSAGES \d+ .*\)|\* SEARCH[ \d]*|[nm]\d+ OK .*)$/;
  for (const line of lines) assert.match(line, known);
  assert.equal(lines.filter((line) => /^[nm]\d+ OK/.test(line)).length, 80);
  await client.command('LOGOUT');
});
