// Operations over several files, stopped between two steps: the next holder of the account lock finishes or undoes them.
// The states are written by hand, because a kill hits the few microseconds between two renames too rarely.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { allUids, append, flagsOf, inbox, nameOf, openSynced, readAll, uidsOf } from '../contract/fixture.ts';
import { AccountIndex } from './account-index.ts';
import { AccountLock } from './account-lock.ts';
import { accountPaths } from './account-path.ts';
import { type AccountFixture, openAccountFixture, storeContext } from './fixture.ts';
import type { Intent } from './intent-table.ts';

/** Writes an intent as a worker that dies right afterwards would leave it. */
async function leaveIntent(fixture: AccountFixture, make: (index: AccountIndex) => Intent): Promise<void> {
  const paths = accountPaths(fixture.root, fixture.ref.address);
  const index = await AccountIndex.open(
    paths,
    storeContext(fixture.root),
    new AccountLock(paths.lock, () => 1000),
  );
  const intent = make(index);
  await index.write((transaction) => transaction.intents.add(intent));
  await index.close();
}

test('multiappend cut between its renames: the files are removed, no message appears', async (t) => {
  const fixture = await openAccountFixture(t);
  await append(fixture.account, inbox, 'before');
  const names = ['1600000001.a:2,S', '1600000002.b:2,S', '1600000003.c:2,S'];
  await leaveIntent(fixture, (index) => ({
    kind: 'files',
    mailbox: index.boxes.byName(inbox)?.id ?? 0,
    names,
  }));
  for (const name of names.slice(0, 2)) await writeFile(join(fixture.maildir, 'cur', name), 'partial');
  const mailbox = await openSynced(fixture.account);
  assert.deepEqual(await allUids(mailbox), [1]);
  assert.equal((await readdir(join(fixture.maildir, 'cur'))).length, 1);
  assert.equal(await append(fixture.account, inbox, 'after'), 2);
});

test('rename of folders cut in the middle is finished: names, mail, UIDs, subscriptions, special use', async (t) => {
  const fixture = await openAccountFixture(t);
  const { account, maildir } = fixture;
  await account.create(nameOf('A/B'));
  await account.setSpecialUse(nameOf('A/B'), 'flagged');
  await account.subscribe(nameOf('A/B'), true);
  const uid = await append(account, nameOf('A/B'), 'kept', ['\\Seen']);
  const { uidValidity } = await account.open(nameOf('A/B'));
  await leaveIntent(fixture, () => ({
    kind: 'folders',
    from: nameOf('A'),
    to: nameOf('Z'),
    moves: [
      { fromName: nameOf('A'), fromDir: '.A', toName: nameOf('Z'), toDir: '.Z' },
      { fromName: nameOf('A/B'), fromDir: '.A.B', toName: nameOf('Z/B'), toDir: '.Z.B' },
    ],
  }));
  await rename(join(maildir, '.A'), join(maildir, '.Z'));
  // Any operation that takes the lock finishes it first.
  await account.subscribe(nameOf('Other'), true);
  const list = await account.mailboxes();
  assert.ok(!list.some(({ name }) => name === 'A' || name === 'A/B'));
  assert.equal(list.find(({ name }) => name === 'Z/B')?.specialUse, 'flagged');
  assert.equal(list.find(({ name }) => name === 'Z/B')?.subscribed, true);
  const moved = await openSynced(account, nameOf('Z/B'));
  assert.equal(moved.uidValidity, uidValidity);
  assert.deepEqual(await flagsOf(moved, uid), ['\\Seen']);
  assert.equal(String(await readAll(moved, uid)), 'kept');
});

test('append cut after its rename: the message appears once, with its flags', async (t) => {
  const fixture = await openAccountFixture(t);
  await append(fixture.account, inbox, 'before');
  await writeFile(join(fixture.maildir, 'cur', '1600000001.M1P1.host,S=5,W=5:2,FS'), 'after');
  const mailbox = await openSynced(fixture.account);
  assert.deepEqual(await allUids(mailbox), [1, 2]);
  assert.deepEqual(await flagsOf(mailbox, 2), ['\\Flagged', '\\Seen']);
  await mailbox.sync();
  assert.deepEqual(await allUids(mailbox), [1, 2]);
});

test('expunge cut after the unlink: the message is logged as expunged', async (t) => {
  const fixture = await openAccountFixture(t);
  await append(fixture.account, inbox, 'one', ['\\Deleted']);
  const mailbox = await openSynced(fixture.account);
  const { highestModSeq } = await mailbox.view();
  const [name] = await readdir(join(fixture.maildir, 'cur'));
  await unlink(join(fixture.maildir, 'cur', name as string));
  await mailbox.sync();
  assert.deepEqual([...(await mailbox.changesSince(highestModSeq)).expunged], [1]);
  assert.equal((await mailbox.view()).uidNext, 2);
});

test('move cut after the rename: the message is in the new mailbox and not in the old one', async (t) => {
  const fixture = await openAccountFixture(t);
  await append(fixture.account, inbox, 'one', ['\\Flagged']);
  const mailbox = await openSynced(fixture.account);
  const [name] = await readdir(join(fixture.maildir, 'cur'));
  await rename(
    join(fixture.maildir, 'cur', name as string),
    join(fixture.maildir, '.Sent', 'cur', name as string),
  );
  await mailbox.sync();
  assert.deepEqual(await allUids(mailbox), []);
  const sent = await openSynced(fixture.account, nameOf('Sent'));
  assert.deepEqual(await flagsOf(sent, 1), ['\\Flagged']);
});

test('delete cut after the directory left: the mailbox is gone, made again it is a new one', async (t) => {
  const fixture = await openAccountFixture(t);
  await fixture.account.create(nameOf('Box'));
  await append(fixture.account, nameOf('Box'), 'one');
  const { uidValidity } = await fixture.account.open(nameOf('Box'));
  await mkdir(join(fixture.home, 'tegu.trash'));
  await rename(join(fixture.maildir, '.Box'), join(fixture.home, 'tegu.trash', 'cut'));
  await fixture.account.create(nameOf('Box'));
  const box = await openSynced(fixture.account, nameOf('Box'));
  assert.ok(box.uidValidity > uidValidity);
  assert.deepEqual(await allUids(box), []);
});

test('what a deleted mailbox leaves is cleared: rows, and files in the trash directory', async (t) => {
  const fixture = await openAccountFixture(t);
  await fixture.account.create(nameOf('Box'));
  for (const text of ['one', 'two']) await append(fixture.account, nameOf('Box'), text);
  await fixture.account.delete(nameOf('Box'));
  await fixture.store.close();
  const paths = accountPaths(fixture.root, fixture.ref.address);
  assert.deepEqual(await readdir(paths.trash), []);
  const index = await AccountIndex.open(
    paths,
    storeContext(fixture.root),
    new AccountLock(paths.lock, () => 1000),
  );
  assert.deepEqual(index.intents.all(), []);
  const known = new Set(index.boxes.all().map(({ id }) => id));
  for (let id = 1; id < 50; id++) {
    assert.ok(known.has(id) || index.messages.columns(id, 0, 1).length === 0, `rows of mailbox ${id}`);
  }
  await index.close();
});

test('an adoption or rebuild that was cut starts over', async (t) => {
  const fixture = await openAccountFixture(t);
  const cur = join(fixture.maildir, '.Cut', 'cur');
  for (const part of ['tmp', 'new', 'cur'])
    await mkdir(join(fixture.maildir, '.Cut', part), { recursive: true });
  for (const name of ['1600000001.a:2,S', '1600000002.b:2,']) await writeFile(join(cur, name), name);
  const paths = accountPaths(fixture.root, fixture.ref.address);
  const index = await AccountIndex.open(
    paths,
    storeContext(fixture.root),
    new AccountLock(paths.lock, () => 1000),
  );
  await index.write((transaction) => {
    const id = transaction.boxes.insert(nameOf('Cut'), '.Cut');
    const entry = { base: '1600000002.b', info: ':2,', place: 1, flags: 0, size: 1, vsize: 1, date: 0 };
    transaction.writer(id).insert(entry, 77);
  });
  await index.close();
  const mailbox = await openSynced(fixture.account, nameOf('Cut'));
  assert.deepEqual(await allUids(mailbox), [1, 2]);
  assert.equal(String(await readAll(mailbox, 2)), '1600000002.b:2,');
  await mailbox.storeFlags(uidsOf(2), 'add', ['\\Seen']);
  assert.deepEqual(await flagsOf(mailbox, 2), ['\\Seen']);
});

test('the lock of a worker that died is free', async (t) => {
  const fixture = await openAccountFixture(t);
  const script = `
    import Sqlite from 'better-sqlite3';
    const db = new Sqlite(process.argv[1]); db.exec('BEGIN IMMEDIATE'); console.log('held'); setInterval(() => {}, 1000);`;
  const holder = spawn(
    process.execPath,
    ['--input-type=module', '-e', script, join(fixture.home, 'tegu.lock')],
    {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  t.after(() => holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  const waiting = fixture.account.create(nameOf('Waits'));
  const first = await Promise.race([
    waiting.then(() => 'done'),
    new Promise((resolve) => setTimeout(resolve, 100, 'waits')),
  ]);
  assert.equal(first, 'waits');
  holder.kill('SIGKILL');
  await waiting;
});
