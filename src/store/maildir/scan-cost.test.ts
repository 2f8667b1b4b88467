// M05: a large folder costs a directory scan when its mtime moved, and nothing otherwise.

import assert from 'node:assert/strict';
import { linkSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { accountRef, inbox, openSynced, uidsOf } from '../contract/fixture.ts';
import type { SettingOverrides } from '../contract/store-settings.ts';
import { AccountState } from './account-state.ts';
import { ColumnCache } from './column-cache.ts';
import { storeAt, storeContext } from './fixture.ts';
import { makeAccount } from './folder-create.ts';
import { openFolder } from './folder-open.ts';
import type { FolderState } from './folder-state.ts';
import { syncFolder } from './folder-sync.ts';
import { IndexPool } from './index-pool.ts';

/** Directory times are older than this after `settle`. */
const racyMs = 30;
const settle = (): Promise<void> => sleep(racyMs * 2);

interface Parts {
  readonly folder: FolderState;
  readonly maildir: string;
  sync(takeNew?: boolean): Promise<void>;
}

async function openParts(t: TestContext, overrides: SettingOverrides): Promise<Parts> {
  const root = await mkdtemp(join(tmpdir(), 'tegu-scan-'));
  const context = storeContext(root, { 'store.racyMtimeMs': racyMs, ...overrides });
  const pool = new IndexPool(
    () => 10,
    () => {},
  );
  const account = new AccountState('alice@example.test', context, pool, new ColumnCache(() => 1e9));
  t.after(async () => {
    await account.close();
    await rm(root, { recursive: true, force: true });
  });
  await makeAccount(account.paths);
  await settle();
  const folder = await account.use('open', (index) => openFolder(account, index, inbox));
  const sync = (takeNew = false): Promise<void> =>
    account.use('sync', (index) => syncFolder(account, index, folder, takeNew));
  return { folder, maildir: account.paths.maildir, sync };
}

test('M05: no scan while the directories are unchanged', async (t) => {
  const { folder, sync, maildir } = await openParts(t, {
    'store.rescanMinMs': 0,
    'store.rescanCostFactor': 0,
  });
  await sync();
  const scanned = folder.curScannedMs;
  for (let i = 0; i < 5; i++) await sync();
  assert.equal(folder.curScannedMs, scanned);
  await writeFile(join(maildir, 'cur', '1600000001.x:2,'), 'x');
  await sync();
  assert.notEqual(folder.curScannedMs, scanned);
});

test('M05: new mail is found without a scan of cur/', async (t) => {
  const { folder, sync, maildir } = await openParts(t, {
    'store.rescanMinMs': 0,
    'store.rescanCostFactor': 0,
  });
  await sync();
  const scanned = folder.curScannedMs;
  await writeFile(join(maildir, 'new', '1600000001.x'), 'x');
  await sync();
  assert.equal(folder.curScannedMs, scanned);
});

test('a change in the same clock tick as the scan is found by the next one', async (t) => {
  const { folder, sync, maildir } = await openParts(t, {
    'store.racyMtimeMs': 10_000,
    'store.rescanMinMs': 0,
    'store.rescanCostFactor': 0,
  });
  await writeFile(join(maildir, 'cur', '1600000001.x:2,'), 'x');
  await sync();
  const scanned = folder.curScannedMs;
  await sync();
  assert.notEqual(folder.curScannedMs, scanned, 'a young mtime is not trusted');
});

test('scans of cur/ keep their distance, the interval grows with the cost', async (t) => {
  const { folder, sync, maildir } = await openParts(t, {
    'store.rescanMinMs': 200,
    'store.rescanCostFactor': 0,
  });
  await sync();
  const scanned = folder.curScannedMs;
  await writeFile(join(maildir, 'cur', '1600000001.x:2,'), 'x');
  await sync();
  assert.equal(folder.curScannedMs, scanned, 'too early');
  await sleep(210);
  await sync();
  assert.notEqual(folder.curScannedMs, scanned);
});

test('mail taken out of new/ by a session is in cur/ with the place known', async (t) => {
  const { folder, sync, maildir } = await openParts(t, {});
  await writeFile(join(maildir, 'new', '1600000001.x'), 'x');
  await sync(true);
  assert.equal((await stat(join(maildir, 'cur', '1600000001.x:2,'))).size, 1);
  assert.equal(folder.dir, '');
});

test('10,000 messages: opened warm without a scan, quick from a cold worker, flags in time', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'tegu-large-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const maildir = join(root, 'example.test', 'alice', 'Maildir');
  for (const part of ['tmp', 'new', 'cur']) await mkdir(join(maildir, part), { recursive: true });
  const count = 10_000;
  const one = join(root, 'one');
  writeFileSync(one, 'x');
  for (let at = 0; at < count; at++)
    linkSync(one, join(maildir, 'cur', `${1_600_000_000 + at}.M1P1.h,S=1,W=1:2,`));
  const ref = accountRef('alice@example.test');
  const first = storeAt(root, { 'store.racyMtimeMs': 0 });
  assert.equal((await (await openSynced(await first.openAccount(ref))).view()).uids.length, count);
  await first.close();
  const second = storeAt(root, { 'store.racyMtimeMs': 0 });
  t.after(() => second.close());
  const account = await second.openAccount(ref);
  const startedMs = performance.now();
  const mailbox = await openSynced(account);
  const { uids } = await mailbox.view();
  const tookMs = performance.now() - startedMs;
  assert.equal(uids.length, count);
  // 15 ms on an idle machine; the bound only tells a scan with a stat a file from none.
  assert.ok(tookMs < 1000, `${tookMs} ms`);
  const { rows } = await mailbox.storeFlags(uidsOf(...uids.subarray(0, 1000)), 'add', ['\\Seen']);
  assert.equal(rows.uids.length, 1000);
  assert.equal((await mailbox.status()).unseen, count - 1000);
  await rename(
    join(maildir, 'cur', `${1_600_000_000 + count - 1}.M1P1.h,S=1,W=1:2,`),
    join(maildir, 'cur', 'gone'),
  );
  await assert.rejects(() => mailbox.read(uids[count - 1] as never, 0, 1), { code: 'store.expunged' });
});
