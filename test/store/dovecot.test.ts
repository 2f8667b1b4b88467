// A tree made by a real Dovecot is adopted with its UIDs, UIDVALIDITY, flags and keywords; Dovecot and mutt read it afterwards.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  accountRef,
  allUids,
  append,
  deliver,
  flagsOf,
  inbox,
  nameOf,
  openSynced,
  readAll,
  uidsOf,
} from '../../src/store/contract/fixture.ts';
import type { MailAccount } from '../../src/store/mail-store.ts';
import { storeAt } from '../../src/store/maildir/fixture.ts';
import type { MaildirStore } from '../../src/store/maildir/store.ts';
import { type Dovecot, dovecotMissing, startDovecot } from '../fixture/dovecot.ts';
import { ImapClient } from '../fixture/imap-client.ts';

const address = 'alice@example.test';
const ref = accountRef(address);
/** Folders on the wire as Dovecot is told them, and as we call them. */
const folders: [wire: string, ours: string][] = [
  ['Work/2024', 'Work/2024'],
  ['"&BBAEMQQy-&-&BDMENAQ1-"', 'Абв&где'],
];

interface Expected {
  readonly uidValidity: number;
  readonly uidNext: number;
  readonly messages: Map<number, { flags: string[]; text: string }>;
}

const numberIn = (text: string, item: string): number => Number(new RegExp(`${item} (\\d+)`).exec(text)?.[1]);

async function login(dovecot: Dovecot): Promise<ImapClient> {
  const client = await ImapClient.connect(dovecot.imapPort);
  const answer = await client.command(`LOGIN ${address} pass`);
  assert.equal(answer.status, 'OK', answer.text);
  return client;
}

async function ok(client: ImapClient, command: string): Promise<Awaited<ReturnType<ImapClient['command']>>> {
  const answer = await client.command(command);
  assert.equal(answer.status, 'OK', `${command}: ${answer.text}`);
  return answer;
}

const literal = (text: string): string => `{${Buffer.byteLength(text)}+}\r\n${text}`;

/** What Dovecot says about a mailbox. */
async function look(client: ImapClient, mailbox: string): Promise<Expected> {
  const status = (await ok(client, `STATUS ${mailbox} (UIDNEXT UIDVALIDITY)`)).untagged
    .map(({ raw }) => raw)
    .join();
  await ok(client, `EXAMINE ${mailbox}`);
  const messages = new Map<number, { flags: string[]; text: string }>();
  for (const { values } of (await ok(client, 'UID FETCH 1:* (UID FLAGS BODY.PEEK[])')).untagged) {
    const items = values[2];
    if (values[1] !== 'FETCH' || !Array.isArray(items)) continue;
    const value = (name: string) => items[items.indexOf(name) + 1];
    const flags = (value('FLAGS') as string[]).filter((flag) => flag !== '\\Recent').sort();
    messages.set(Number(value('UID')), { flags, text: String(value('BODY[]')) });
  }
  return { uidValidity: numberIn(status, 'UIDVALIDITY'), uidNext: numberIn(status, 'UIDNEXT'), messages };
}

async function assertSame(account: MailAccount, name: string, expected: Expected): Promise<void> {
  const mailbox = await openSynced(account, nameOf(name));
  assert.equal(mailbox.uidValidity, expected.uidValidity, `UIDVALIDITY of ${name}`);
  assert.equal((await mailbox.view()).uidNext, expected.uidNext, `UIDNEXT of ${name}`);
  assert.deepEqual(await allUids(mailbox), [...expected.messages.keys()]);
  for (const [uid, { flags, text }] of expected.messages) {
    assert.deepEqual(await flagsOf(mailbox, uid), flags, `flags of ${name} ${uid}`);
    assert.equal(String(await readAll(mailbox, uid)), text);
  }
}

const missing = dovecotMissing();
let dovecot: Dovecot;
let store: MaildirStore;
const expected = new Map<string, Expected>();

before(async () => {
  assert.equal(missing, undefined, missing);
  dovecot = await startDovecot();
  const client = await login(dovecot);
  for (const [wire] of folders) {
    await ok(client, `CREATE ${wire}`);
    await ok(client, `SUBSCRIBE ${wire}`);
  }
  for (const [wire] of [['INBOX'], ...folders]) {
    for (let at = 1; at <= 8; at++) {
      const flags = at % 3 === 0 ? ` (\\Seen Key${at})` : '';
      await ok(
        client,
        `APPEND ${wire}${flags} ${literal(`Subject: ${at}\r\n\r\nbody of ${wire} ${at}\r\n`)}`,
      );
    }
    await ok(client, `SELECT ${wire}`);
    await ok(client, 'UID STORE 2,5 +FLAGS (\\Flagged $Label1)');
    await ok(client, 'UID STORE 1,8 +FLAGS (\\Deleted)');
    await ok(client, 'EXPUNGE');
    await ok(client, 'UID STORE 7 FLAGS (\\Answered \\Draft)');
    expected.set(wire as string, await look(client, wire as string));
  }
  await ok(client, 'LOGOUT');
  await dovecot.stop();
  store = storeAt(join(dovecot.base, 'mail'));
});

after(async () => {
  await store?.close();
  await dovecot?.remove();
});

test('dovecot: UIDs, UIDVALIDITY, UIDNEXT, flags, keywords and text are taken over', async () => {
  const account = await store.openAccount(ref);
  await assertSame(account, 'INBOX', expected.get('INBOX') as Expected);
  for (const [wire, ours] of folders) await assertSame(account, ours, expected.get(wire) as Expected);
  const subscribed = (await account.subscriptions()).map(String);
  for (const [, ours] of folders) assert.ok(subscribed.includes(ours), ours);
  account.close();
});

test('dovecot: the list is taken once, so that a lost index cannot bring its UIDs back', async () => {
  const names = await readdir(join(dovecot.home(address), 'Maildir'));
  assert.ok(!names.includes('dovecot-uidlist') && names.includes('dovecot-uidlist.adopted'));
});

test('dovecot: mail goes on where Dovecot stopped', async () => {
  const account = await store.openAccount(ref);
  const before = expected.get('INBOX') as Expected;
  await deliver({ store, ref }, 'Subject: delivered\r\n\r\nby us\r\n');
  const mailbox = await openSynced(account);
  assert.equal((await allUids(mailbox)).at(-1), before.uidNext);
  const uid = await append(account, inbox, 'Subject: appended\r\n\r\nby us\r\n', [
    '\\Seen',
    'Key3',
    'OurKey',
  ]);
  assert.equal(uid, before.uidNext + 1);
  await mailbox.storeFlags(uidsOf(2), 'remove', ['\\Flagged']);
  await mailbox.copyTo(uidsOf(3), nameOf('Work/2024'));
  await mailbox.moveTo(uidsOf(4), nameOf('Абв&где'));
  account.close();
});

test('dovecot: reads the tree after us', async () => {
  const account = await store.openAccount(ref);
  const ours = new Map<string, string[]>();
  for (const [wire, name] of [['INBOX', 'INBOX'] as const, ...folders]) {
    const mailbox = await openSynced(account, nameOf(name));
    const rows = await Promise.all(
      (await allUids(mailbox)).map(
        async (uid) => `${await readAll(mailbox, uid)}${await flagsOf(mailbox, uid)}`,
      ),
    );
    ours.set(wire, rows.sort());
  }
  account.close();
  await store.close();
  assert.equal(spawnSync('chown', ['-R', '5000:5000', join(dovecot.base, 'mail')]).status, 0);
  dovecot = await startDovecot(dovecot.base);
  const client = await login(dovecot);
  for (const [wire, rows] of ours) {
    const theirs = await look(client, wire);
    assert.deepEqual(
      [...theirs.messages.values()].map(({ text, flags }) => `${text}${flags}`).sort(),
      rows,
      wire,
    );
  }
  const listed = (await ok(client, 'LSUB "" "*"')).untagged.map(({ raw }) => raw).join('\n');
  for (const name of ['Sent', 'Work/2024', '&BBAEMQQy-&-&BDMENAQ1-']) assert.ok(listed.includes(name), name);
  await ok(client, 'LOGOUT');
  assert.doesNotMatch(await dovecot.log(), /Error|Panic|Corrupt/i);
});

/** Has mutt copy all messages of a Maildir into one mbox, which shows what it saw and which flags. */
async function muttCopies(maildir: string, scratch: string): Promise<string> {
  const out = join(scratch, 'copied.mbox');
  const settings = ['folder=/dev/null', 'quit=yes', 'confirmappend=no', 'confirmcreate=no', 'wait_key=no'];
  const keys = `<tag-pattern>~A<enter><tag-prefix><copy-message>${out}<enter><exit>`;
  const lines = [...settings.map((setting) => `set ${setting}`), 'set mbox_type=mbox', `push "${keys}"`];
  await writeFile(join(scratch, 'muttrc'), `${lines.join('\n')}\n`);
  const command = `mutt -n -R -F ${join(scratch, 'muttrc')} -f ${maildir}`;
  const run = spawn('script', ['-qec', command, '/dev/null'], {
    env: { ...process.env, TERM: 'vt100', HOME: scratch },
    // Standard input stays open: at its end mutt would stop in the middle of the keys.
    stdio: ['pipe', 'ignore', 'inherit'],
    timeout: 20_000,
  });
  const [status] = await once(run, 'exit');
  assert.equal(status, 0);
  return await readFile(out, 'latin1');
}

test('mutt: reads every message with its flags', async () => {
  const maildir = join(dovecot.home(address), 'Maildir');
  const text = await muttCopies(maildir, dovecot.base);
  const files = [...(await readdir(join(maildir, 'cur'))), ...(await readdir(join(maildir, 'new')))];
  assert.equal(text.match(/^Subject: /gm)?.length, files.length);
  for (const subject of ['delivered', 'appended'])
    assert.match(text, new RegExp(`^Subject: ${subject}$`, 'm'));
  const seen = files.filter((name) => /:2,[A-Z]*S/.test(name)).length;
  assert.equal(text.match(/^Status: RO?$/gm)?.filter((line) => line.includes('R')).length ?? 0, seen);
  const flagged = files.filter((name) => /:2,[A-Z]*F/.test(name)).length;
  assert.equal(text.match(/^X-Status: [A-Z]*F/gm)?.length ?? 0, flagged);
});
