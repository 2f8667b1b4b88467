// What other servers' users reported about mailbox trees, names, UIDs and removal, over a real Maildir.

import assert from 'node:assert/strict';
import { cp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { openMaildirStore } from '../../src/store/maildir/store.ts';
import type { Answer, ImapClient } from '../fixture/imap-client.ts';
import { alice, type ImapRig, openRig } from '../fixture/imap-session.ts';

let rig: ImapRig;
let client: ImapClient;
beforeEach(async () => {
  // Scans of cur/ are not spaced out: what a test put there must show at once.
  rig = await openRig({ settings: { 'imap.maxBadCommands': 1000, 'store.rescanCostFactor': 0 } });
  client = await rig.client();
});
afterEach(() => rig.close());

const message = (text: string): Buffer => Buffer.from(`Subject: ${text}\r\n\r\n${text}\r\n`);
const maildirOf = (): string => join(rig.root, 'example.test', 'alice', 'Maildir');

/** Mailbox names of LIST or LSUB answers, in their order. */
const namesIn = (answer: Answer): string[] => answer.untagged.map(({ values }) => String(values.at(-1)));
const list = async (pattern: string): Promise<string[]> => namesIn(await client.ok(`LIST "" "${pattern}"`));
const subscribed = async (pattern: string): Promise<string[]> =>
  namesIn(await client.ok(`LSUB "" "${pattern}"`));

/** `UIDVALIDITY` of a mailbox. */
async function uidValidity(name: string): Promise<number> {
  const answer = await client.ok(`STATUS ${name} (UIDVALIDITY)`);
  return Number(/UIDVALIDITY (\d+)/.exec(answer.untagged[0]?.raw ?? '')?.[1]);
}

/** UIDs and first words of the messages of a mailbox. */
async function contents(name: string): Promise<[uid: string, text: string][]> {
  await client.ok(`EXAMINE ${name}`);
  const items = await client.fetch('UID FETCH 1:* (UID BODY.PEEK[TEXT])');
  await client.ok('UNSELECT');
  return [...items.values()].map((item) => [String(item.get('UID')), String(item.get('BODY[TEXT]')).trim()]);
}

test('I15: RENAME takes mail, UIDs, inferiors and every subscription along, also below names without a mailbox', async () => {
  for (const name of ['A', 'A/B', 'A/B/C', 'AB', 'A.B']) {
    await client.ok(`CREATE ${name}`);
    await client.ok(`SUBSCRIBE ${name}`);
  }
  await client.append('A/B/C', message('deep'));
  const validity = await uidValidity('A/B/C');
  // DELETE keeps the name as a superior, and the subscription of a mailbox that is gone.
  await client.ok('DELETE A/B');
  await client.ok('SUBSCRIBE A/Never');
  await client.ok('RENAME A Z/Q');
  assert.deepEqual(
    await list('A%'),
    ['A.B', 'AB', 'Archive'].filter((name) => name !== 'Archive' || true).sort(),
  );
  assert.deepEqual(await list('Z*'), ['Z', 'Z/Q', 'Z/Q/B', 'Z/Q/B/C']);
  assert.deepEqual(await subscribed('Z*'), ['Z/Q', 'Z/Q/B', 'Z/Q/B/C', 'Z/Q/Never']);
  assert.deepEqual(await subscribed('A/*'), []);
  assert.deepEqual(await contents('Z/Q/B/C'), [['1', 'deep']]);
  assert.equal(await uidValidity('Z/Q/B/C'), validity);
  // A name that only its inferiors keep alive moves too.
  await client.ok('RENAME Z/Q/B Y');
  assert.deepEqual(await list('Y*'), ['Y', 'Y/C']);
  assert.deepEqual(await contents('Y/C'), [['1', 'deep']]);
});

test('I15: RENAME into a Cyrillic tree and within it, while another session has an inferior selected', async () => {
  const other = await rig.client();
  const [from, to] = ['&BB8EMAQ,BDoEMA-', '&BBAEQARFBDgEMg-/2026'];
  await client.ok(`CREATE "${from}/&BBQEPgQ8-"`);
  await client.append(`"${from}/&BBQEPgQ8-"`, message('kept'));
  await other.ok(`SELECT "${from}/&BBQEPgQ8-"`);
  await client.ok(`RENAME "${from}" "${to}"`);
  assert.deepEqual(await list('&BBA*'), ['&BBAEQARFBDgEMg-', to, `${to}/&BBQEPgQ8-`]);
  assert.deepEqual(await contents(`"${to}/&BBQEPgQ8-"`), [['1', 'kept']]);
  const seen = await other.fetch('FETCH 1 BODY.PEEK[TEXT]');
  assert.equal(String(seen.get(1)?.get('BODY[TEXT]')), 'kept\r\n');
  other.close();
});

test('I16: one spelling a name, in every command that takes one; commas of base64 and dots are safe on disk', async () => {
  const good = [
    '&BBAEMQQy-&-&BDMENAQ1-',
    '&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-',
    'a.b',
    'a\\\\b',
    '~a',
    '&2D3eAA-',
  ];
  for (const name of good) {
    await client.ok(`CREATE "${name}"`);
    assert.equal((await client.command(`CREATE "${name}"`)).status, 'NO', name);
  }
  const plain = good.map((name) => name.replace('\\\\', '\\'));
  const listed = await list('*');
  for (const name of plain) assert.ok(listed.includes(name), name);
  // A second server on the same tree knows them by the same names: nothing lives in memory only.
  assert.equal((await readdir(maildirOf())).filter((name) => name.includes('/')).length, 0);
  assert.ok((await readdir(maildirOf())).includes('.&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-'));
  const before = (await list('*')).length;
  for (const bad of [
    '&AGEAYg-',
    '&BBA',
    '&BBA-&BBE-',
    '&BBB-',
    '&2D0-',
    '&ACY-',
    '\u0410\u0411',
    'x&y',
    '&BBA=-',
  ]) {
    const name = `{${Buffer.byteLength(bad)}+}\r\n${bad}`;
    for (const command of [
      `CREATE ${name}`,
      `SELECT ${name}`,
      `EXAMINE ${name}`,
      `DELETE ${name}`,
      `RENAME ${name} fine`,
      `RENAME INBOX ${name}`,
      `SUBSCRIBE ${name}`,
      `STATUS ${name} (MESSAGES)`,
      `APPEND ${name} {1+}\r\nx`,
    ]) {
      assert.equal((await client.command(command)).status, 'NO', `${command.split(' ')[0]} ${bad}`);
    }
    await client.ok('SELECT INBOX');
    assert.equal((await client.command(`COPY 1:* ${name}`)).status, 'NO');
    assert.equal((await client.command(`UID MOVE 1:* ${name}`)).status, 'NO');
    await client.ok('UNSELECT');
  }
  assert.equal((await list('*')).length, before);
});

test('I19: UIDVALIDITY of a name grows with every mailbox that takes it, by CREATE, RENAME or another program', async () => {
  let last = 0;
  const grown = async (how: string): Promise<void> => {
    const now = await uidValidity('Box');
    assert.ok(now > last, `${how}: ${now} after ${last}`);
    last = now;
  };
  for (let round = 0; round < 3; round++) {
    await client.ok('CREATE Box');
    await client.append('Box', message('x'));
    await grown('CREATE');
    await client.ok('DELETE Box');
  }
  await client.ok('CREATE Other');
  await client.ok('RENAME Other Box');
  await grown('RENAME');
  await client.ok('DELETE Box');
  await client.ok('CREATE Third');
  await rename(join(maildirOf(), '.Third'), join(maildirOf(), '.Box'));
  await grown('mv');
});

test('I19: a message that comes back from a backup gets a new UID, the others keep theirs', async () => {
  for (const text of ['one', 'two', 'three']) await client.append('INBOX', message(text));
  const validity = await uidValidity('INBOX');
  const saved = join(rig.root, 'saved');
  await cp(join(maildirOf(), 'cur'), saved, { recursive: true });
  await client.ok('SELECT INBOX');
  await client.ok('STORE 2:3 +FLAGS.SILENT (\\Deleted)');
  await client.ok('EXPUNGE');
  await client.append('INBOX', message('four'));
  await client.ok('UNSELECT');
  await cp(saved, join(maildirOf(), 'cur'), { recursive: true, force: false });
  const restored = await contents('INBOX');
  assert.deepEqual(restored.slice(0, 2), [
    ['1', 'one'],
    ['4', 'four'],
  ]);
  assert.deepEqual(restored.map(([, text]) => text).sort(), ['four', 'one', 'three', 'two']);
  assert.deepEqual(
    restored.map(([uid]) => uid),
    ['1', '4', '5', '6'],
  );
  assert.equal(await uidValidity('INBOX'), validity);
});

test('I19: after a whole account was restored as documented, no UID means another message under the same UIDVALIDITY', async () => {
  for (const text of ['one', 'two', 'three']) await client.append('INBOX', message(text));
  const home = join(rig.root, 'example.test', 'alice');
  const saved = join(rig.root, 'saved');
  await cp(home, saved, { recursive: true, filter: (path) => !/tegu\.(index|lock|trash)/.test(path) });
  await client.append('INBOX', message('four'));
  const known = new Map<string, string>();
  for (const [uid, text] of await contents('INBOX')) known.set(`${await uidValidity('INBOX')} ${uid}`, text);
  client.close();
  await rig.store.close();
  await rm(home, { recursive: true });
  await cp(saved, home, { recursive: true });
  const store = openMaildirStore({
    name: 'main',
    address: `maildir:${rig.root}`,
    settings: rig.services.settings,
    bus: rig.services.bus,
    log: rig.services.log,
  });
  try {
    const account = await store.openAccount(alice);
    const { uidValidity: now } = await account.open('INBOX' as never);
    account.close();
    for (const key of known.keys()) assert.ok(now > Number(key.split(' ')[0]), `${now} after ${key}`);
  } finally {
    await store.close();
  }
});

test('I22: MOVE and UIDPLUS are offered; a client without them loses only what it moved itself', async () => {
  const capability = (await client.ok('CAPABILITY')).untagged[0]?.raw ?? '';
  for (const name of ['MOVE', 'UIDPLUS']) assert.ok(capability.split(' ').includes(name), name);
  for (const text of ['one', 'two', 'three', 'four']) await client.append('INBOX', message(text));
  const other = await rig.client();
  await other.ok('SELECT INBOX');
  await other.ok('STORE 1 +FLAGS (\\Deleted)');
  await client.ok('SELECT INBOX');
  const missing = await client.command('UID COPY 2:3 Nowhere');
  assert.match(`${missing.status} ${missing.text}`, /^NO \[TRYCREATE\] \S/);
  assert.match((await client.ok('UID COPY 2:3 Archive')).text, /^\[COPYUID \d+ 2:3 1:2\] \S/);
  await client.ok('UID STORE 2:3 +FLAGS.SILENT (\\Deleted)');
  const removed = (await client.ok('UID EXPUNGE 2:3')).untagged.map(({ raw }) => raw);
  assert.deepEqual(removed, ['* 3 EXPUNGE', '* 2 EXPUNGE']);
  assert.deepEqual(
    (await contents('INBOX')).map(([uid]) => uid),
    ['1', '4'],
  );
  await client.ok('SELECT INBOX');
  await client.ok('UID MOVE 4 Archive');
  assert.deepEqual(
    (await contents('INBOX')).map(([uid]) => uid),
    ['1'],
    'the message that another client marked is still there',
  );
  assert.deepEqual(
    (await contents('Archive')).map(([, text]) => text),
    ['two', 'three', 'four'],
  );
  other.close();
});

test('I24: whatever case a client writes, there is one INBOX, one tree below it and an empty personal prefix', async () => {
  await client.append('iNbOx', message('x'));
  await client.ok('CREATE inbox/Sub');
  await client.ok('CREATE Inbox/sub');
  for (const pattern of ['*', '%', 'inbox*', 'InBox', 'INBOX/%', 'inbox/%']) {
    const names = await list(pattern);
    assert.equal(new Set(names).size, names.length, pattern);
    for (const name of names) assert.doesNotMatch(name, /^(?!INBOX)inbox/i, pattern);
  }
  assert.deepEqual(await list('inbox/%'), ['INBOX/Sub', 'INBOX/sub'], 'only the first level has no case');
  for (const name of ['inbox', '"InBoX"', '{5+}\r\niNBOX']) {
    assert.ok(
      (await client.ok(`EXAMINE ${name}`)).untagged.some(({ raw }) => raw === '* 1 EXISTS'),
      name,
    );
  }
  await client.ok('SUBSCRIBE iNbOx/sUB');
  assert.ok((await subscribed('*')).includes('INBOX/sUB'));
  assert.equal((await client.command('CREATE INBOX')).status, 'NO');
  assert.equal((await client.command('DELETE inBOX')).status, 'NO');
  assert.equal(
    (await client.ok('NAMESPACE')).untagged[0]?.raw,
    '* NAMESPACE (("" "/")) (("Other Users/" "/")) NIL',
  );
});
