// The index is a cache plus the UID map: lost or damaged, everything comes back from the files under new UIDVALIDITYs.

import assert from 'node:assert/strict';
import { open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Transient } from '../../base/outcome.ts';
import {
  allUids,
  append,
  deliver,
  flagsOf,
  inbox,
  nameOf,
  openSynced,
  readAll,
  uidsOf,
} from '../contract/fixture.ts';
import type { MailAccount } from '../mail-store.ts';
import { type AccountFixture, openAccountFixture, recordingLog } from './fixture.ts';

const dateMs = Date.UTC(2015, 3, 4, 5, 6, 7);

/** Three messages with flags, keywords, dates; returns the UIDVALIDITY. */
async function fill(account: MailAccount): Promise<number> {
  await append(account, inbox, 'one', ['\\Seen', 'Work'], dateMs);
  await append(account, inbox, 'two', ['\\Flagged', 'Play']);
  await append(account, inbox, 'three');
  return (await openSynced(account)).uidValidity;
}

async function assertRebuilt(account: MailAccount, before: number): Promise<void> {
  const mailbox = await openSynced(account);
  assert.ok(mailbox.uidValidity > before, 'UIDVALIDITY grows');
  const uids = await allUids(mailbox);
  const texts = await Promise.all(uids.map((uid) => readAll(mailbox, uid)));
  assert.deepEqual(texts.map(String), ['one', 'two', 'three']);
  assert.deepEqual(await flagsOf(mailbox, uids[0] as number), ['Work', '\\Seen']);
  assert.deepEqual(await flagsOf(mailbox, uids[1] as number), ['Play', '\\Flagged']);
  assert.equal((await mailbox.rows(uidsOf(...uids))).internalDates[0], dateMs);
  assert.equal((await mailbox.status()).unseen, 2);
}

async function removeIndex({ home }: AccountFixture): Promise<void> {
  for (const suffix of ['', '-wal', '-shm']) await rm(join(home, `tegu.index${suffix}`), { force: true });
}

test('index removed while the server is stopped', async (t) => {
  const fixture = await openAccountFixture(t);
  const before = await fill(fixture.account);
  await fixture.store.close();
  await removeIndex(fixture);
  await assertRebuilt(await fixture.worker().openAccount(fixture.ref), before);
});

test('index removed while two workers have it open: both go on with the new one', async (t) => {
  const fixture = await openAccountFixture(t);
  const before = await fill(fixture.account);
  const other = await fixture.worker().openAccount(fixture.ref);
  const open = await openSynced(other);
  await removeIndex(fixture);
  await assert.rejects(() => open.sync(), Transient);
  await assertRebuilt(other, before);
  const { uidValidity } = await other.open(inbox);
  await assert.rejects(async () => (await openSynced(fixture.account)).view(), Transient);
  const again = await openSynced(fixture.account);
  assert.equal(again.uidValidity, uidValidity);
  await again.storeFlags(uidsOf(3), 'add', ['\\Answered']);
  const there = await openSynced(other);
  assert.deepEqual(await flagsOf(there, 3), ['\\Answered']);
});

test('index overwritten with rubbish while stopped is set aside', async (t) => {
  const events: string[] = [];
  const fixture = await openAccountFixture(t, {}, recordingLog(events));
  const before = await fill(fixture.account);
  await fixture.store.close();
  await writeFile(join(fixture.home, 'tegu.index'), 'this is no database, '.repeat(1000));
  await assertRebuilt(await fixture.worker().openAccount(fixture.ref), before);
  assert.ok(events.includes('store.index_set_aside'));
  assert.ok((await readdir(fixture.home)).some((name) => name.startsWith('tegu.index.broken-')));
});

test('pages damaged inside: the operation fails once, then the index is built anew', async (t) => {
  const fixture = await openAccountFixture(t);
  const before = await fill(fixture.account);
  await fixture.store.close();
  const path = join(fixture.home, 'tegu.index');
  const { size } = await stat(path);
  const file = await open(path, 'r+');
  // All pages but the first, which holds header and schema.
  await file.write(Buffer.alloc(size - 4096, 0xa5), 0, size - 4096, 4096);
  await file.close();
  const worker = fixture.worker();
  let account: MailAccount | undefined;
  for (let attempt = 0; attempt < 3 && account === undefined; attempt++) {
    try {
      const opened = await worker.openAccount(fixture.ref);
      await openSynced(opened);
      account = opened;
    } catch (error) {
      assert.ok(error instanceof Transient, String(error));
    }
  }
  assert.ok(account, 'usable after the index was set aside');
  await assertRebuilt(account, before);
});

test('I19: a folder deleted before the index was lost and made after it has a larger UIDVALIDITY', async (t) => {
  const fixture = await openAccountFixture(t);
  let last = 0;
  for (let round = 0; round < 3; round++) {
    const account = round === 0 ? fixture.account : await fixture.worker().openAccount(fixture.ref);
    await account.create(nameOf('Box'));
    const { uidValidity } = await account.open(nameOf('Box'));
    assert.ok(uidValidity > last);
    last = uidValidity;
    await account.delete(nameOf('Box'));
    await fixture.store.close();
    await removeIndex(fixture);
  }
});

test('special use and subscriptions survive; deleted default folders do not come back', async (t) => {
  const fixture = await openAccountFixture(t);
  await fixture.account.delete(nameOf('Junk'));
  await fixture.account.rename(nameOf('Sent'), nameOf('Отправленные'));
  await fixture.store.close();
  await removeIndex(fixture);
  const account = await fixture.worker().openAccount(fixture.ref);
  const list = await account.mailboxes();
  assert.equal(list.find(({ name }) => name === 'Отправленные')?.specialUse, 'sent');
  assert.equal(list.find(({ name }) => name === 'Отправленные')?.subscribed, true);
  assert.ok(!list.some(({ name }) => name === 'Junk' || name === 'Sent'));
});

test('mail that lies in new/ is recent again, mail in cur/ is not', async (t) => {
  const fixture = await openAccountFixture(t);
  await append(fixture.account, inbox, 'seen by somebody');
  await deliver(fixture, 'new');
  await fixture.store.close();
  await removeIndex(fixture);
  const mailbox = await openSynced(await fixture.worker().openAccount(fixture.ref));
  assert.equal(await mailbox.claimRecent(), 2);
});

test('an index of a newer server is refused, not set aside', async (t) => {
  const fixture = await openAccountFixture(t);
  await fixture.store.close();
  const { default: Sqlite } = await import('better-sqlite3');
  const db = new Sqlite(join(fixture.home, 'tegu.index'));
  db.pragma('user_version = 999');
  db.close();
  await assert.rejects(() => fixture.worker().openAccount(fixture.ref), { code: 'store.schema_newer' });
  assert.ok(!(await readdir(fixture.home)).some((name) => name.includes('broken')));
});
