// Orders and boundaries that only a power cut, a failing disk or a worker's death at the wrong moment would show.
//
// The disk cannot be cut off in a test, so what is checked is which directories were synced before somebody was told, and
// what is left when a step in the middle fails.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, open, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Transient } from '../../base/outcome.ts';
import { ioStats } from '../../native/file-io.ts';
import {
  allUids,
  append,
  assertCode,
  deliver,
  flagsOf,
  inbox,
  mimeLimits,
  nameOf,
  openSynced,
  streamOf,
  uidOf,
  uidsOf,
} from '../contract/fixture.ts';
import { AccountIndex } from './account-index.ts';
import { AccountLock } from './account-lock.ts';
import { accountPaths } from './account-path.ts';
import { AccountState } from './account-state.ts';
import { ColumnCache } from './column-cache.ts';
import { type AccountFixture, openAccountFixture, storeContext } from './fixture.ts';
import { createFolderLocked } from './folder-create.ts';
import { openFolder } from './folder-open.ts';
import { deleteFolderLocked } from './folder-rename.ts';
import { IndexPool } from './index-pool.ts';
import { readStructures } from './message-access.ts';
import { repairName } from './message-file.ts';
import { maxUid, Place } from './message-table.ts';

/** Directory syncs that `work` caused. */
async function directorySyncs(work: () => Promise<unknown>): Promise<number> {
  const before = ioStats().directorySyncs;
  await work();
  return ioStats().directorySyncs - before;
}

/** The account's index beside the store that serves it. */
async function withIndex<T>(fixture: AccountFixture, work: (index: AccountIndex) => Promise<T>): Promise<T> {
  const paths = accountPaths(fixture.root, fixture.ref.address);
  const lock = new AccountLock(paths.lock, () => 1000);
  const index = await AccountIndex.open(paths, storeContext(fixture.root), lock);
  try {
    return await work(index);
  } finally {
    await index.close();
    lock.closeIdle();
  }
}

/** What a worker holds of the account, for tests of its parts. */
function stateOf(fixture: AccountFixture): AccountState {
  const pool = new IndexPool(
    () => 10,
    () => {},
  );
  return new AccountState(fixture.ref.address, storeContext(fixture.root), pool, new ColumnCache(() => 1e9));
}

test('a spool file that is shorter than the message is never acknowledged as the message', async (t) => {
  const fixture = await openAccountFixture(t);
  const path = join(fixture.root, 'spool');
  await writeFile(path, 'only the first half');
  const body = {
    sizeBytes: 40,
    memory: undefined,
    path,
    chunks: () => streamOf(Buffer.from('only the first half')),
    release: async () => {},
  };
  await assertCode('store.io', () =>
    fixture.store.deliver({
      account: fixture.ref,
      mailbox: inbox,
      prefix: Buffer.from('P'),
      body,
      flags: [],
    }),
  );
  assert.deepEqual(await readdir(join(fixture.maildir, 'new')), []);
  assert.deepEqual(await readdir(join(fixture.maildir, 'tmp')), []);
});

test('a COPY that fails after its links leaves nothing in the destination', async (t) => {
  const fixture = await openAccountFixture(t);
  const { account, maildir } = fixture;
  for (const text of ['one', 'two', 'three']) await append(account, inbox, text);
  await account.create(nameOf('Full'));
  await withIndex(fixture, (index) =>
    index.write(({ boxes }) => boxes.raiseUidNext(boxes.byName(nameOf('Full'))?.id ?? 0, maxUid - 2)),
  );
  const mailbox = await openSynced(account);
  // Two UIDs are left for three messages.
  await assertCode('store.busy', () => mailbox.copyTo(uidsOf(1, 2, 3), nameOf('Full')));
  assert.deepEqual(await readdir(join(maildir, '.Full', 'cur')), []);
  assert.deepEqual(await allUids(await openSynced(account, nameOf('Full'))), []);
});

test('CREATE over the half folder of a dead worker shows in the LIST of those who had listed before', async (t) => {
  const fixture = await openAccountFixture(t);
  const { account, maildir } = fixture;
  const other = await fixture.worker().openAccount(fixture.ref);
  await mkdir(join(maildir, '.Half', 'tmp'), { recursive: true });
  await utimes(maildir, new Date(2020, 1), new Date(2020, 1));
  const isListed = async (by: typeof account) =>
    (await by.mailboxes()).some(({ name, selectable }) => name === 'Half' && selectable);
  assert.equal((await isListed(account)) || (await isListed(other)), false);
  await account.create(nameOf('Half'));
  assert.deepEqual([await isListed(account), await isListed(other)], [true, true]);
});

test('a file that is renamed to its true size has that name on the disk before its row', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'tegu-repair-'));
  t.after(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'cur'));
  await writeFile(join(folder, 'cur', '1600000000.a,S=9:2,'), 'four');
  const name = { base: '1600000000.a,S=9', info: ':2,', place: Place.cur };
  const syncs = await directorySyncs(async () => {
    assert.equal(await repairName(folder, name, { size: 4, vsize: 4 }), '1600000000.a,S=4,W=4');
  });
  assert.equal(syncs, 1);
});

test('the way to an account that somebody else made is synced before the first delivery is acknowledged', async (t) => {
  const fixture = await openAccountFixture(t);
  const later = fixture.worker();
  const once = await directorySyncs(() => deliver({ ...fixture, store: later }, 'one'));
  assert.equal(once, 5, 'new/, Maildir/, home, domain, root');
  assert.equal(await directorySyncs(() => deliver({ ...fixture, store: later }, 'two')), 1);
});

test('a Dovecot list is set aside only when the index with its UIDs is on the disk', async (t) => {
  const fixture = await openAccountFixture(t);
  await openSynced(fixture.account);
  const list = join(fixture.maildir, 'dovecot-uidlist');
  await writeFile(list, '3 V1 N1\n');
  const state = stateOf(fixture);
  t.after(() => state.close());
  await assert.rejects(
    state.use('open', async (index) => {
      index.barrier = () => Promise.reject(new Transient('store.io', 'no disk'));
      await openFolder(state, index, inbox);
    }),
  );
  await stat(list);
});

test('a full disk has no room for parsed structures, but mail is listed all the same', async (t) => {
  const fixture = await openAccountFixture(t);
  await append(fixture.account, inbox, 'Subject: full\r\n\r\nbody\r\n');
  const state = stateOf(fixture);
  t.after(() => state.close());
  await state.use('test', async (index) => {
    const folder = await openFolder(state, index, inbox);
    const access = { account: state, index, folder };
    const failing = (code: string) => () => Promise.reject(Object.assign(new Error('no'), { code }));
    index.cache = failing('SQLITE_FULL');
    const [structure] = await readStructures(access, uidsOf(1), mimeLimits);
    assert.match(String(structure?.envelope), /"full"/);
    // A damaged index is another matter: it must be built again.
    index.cache = failing('SQLITE_CORRUPT');
    await assert.rejects(readStructures(access, uidsOf(1), mimeLimits), { code: 'SQLITE_CORRUPT' });
  });
});

test('flags that a dead worker put into a name are on the disk before anybody is shown them', async (t) => {
  const fixture = await openAccountFixture(t);
  await append(fixture.account, inbox, 'one');
  const mailbox = await openSynced(fixture.account);
  const cur = join(fixture.maildir, 'cur');
  const [name] = await readdir(cur);
  await rename(join(cur, name as string), join(cur, `${name}S`));
  assert.equal(await directorySyncs(() => mailbox.sync()), 1);
  assert.deepEqual(await flagsOf(mailbox, 1), ['\\Seen']);
});

test('an expunged file cannot come back from new/, which it may have left without a sync', async (t) => {
  const fixture = await openAccountFixture(t);
  await deliver(fixture, 'one');
  const mailbox = await openSynced(fixture.account);
  await mailbox.claimRecent();
  await mailbox.storeFlags(uidsOf(1), 'add', ['\\Deleted']);
  assert.equal(await directorySyncs(() => mailbox.expunge()), 2, 'cur/ and new/');
});

test('an APPEND whose earlier file could not be synced cannot be committed by trying again', async (t) => {
  const fixture = await openAccountFixture(t);
  const probe = await open(join(fixture.root, 'probe'), 'w');
  const prototype = Object.getPrototypeOf(probe) as typeof probe;
  await probe.close();
  const pending = await fixture.account.append(inbox);
  const add = (text: string) =>
    pending.add(
      { flags: [], internalDateMs: undefined, sizeBytes: text.length },
      streamOf(Buffer.from(text)),
    );
  await add('one');
  t.mock.method(
    prototype,
    'sync',
    async () => {
      throw Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO' });
    },
    { times: 1 },
  );
  await assertCode('store.io', () => add('two'));
  await assert.rejects(pending.commit());
  await pending.abort();
  assert.deepEqual(await allUids(await openSynced(fixture.account)), []);
  assert.deepEqual(await readdir(join(fixture.maildir, 'tmp')), []);
});

test('after a sync of the index failed, the next use opens it anew', async (t) => {
  const fixture = await openAccountFixture(t);
  const state = stateOf(fixture);
  t.after(() => state.close());
  let first: AccountIndex | undefined;
  await assertCode('store.sync_failed', () =>
    state.use('test', async (index) => {
      first = index;
      throw new Transient('store.sync_failed', 'the disk did not take what was written');
    }),
  );
  await state.use('test', async (index) => assert.notEqual(index, first));
});

test('a RENAME that can never be finished does not lock the account for good', async (t) => {
  const fixture = await openAccountFixture(t);
  const { account, maildir } = fixture;
  await account.create(nameOf('A'));
  await account.create(nameOf('A/Sub'));
  await append(account, nameOf('A'), 'kept');
  await withIndex(fixture, (index) =>
    index.write(({ intents }) =>
      intents.add({
        kind: 'folders',
        from: nameOf('A'),
        to: nameOf('B'),
        moves: [
          { fromName: nameOf('A'), fromDir: '.A', toName: nameOf('B'), toDir: '.B' },
          { fromName: nameOf('A/Sub'), fromDir: '.A.Sub', toName: nameOf('B/Sub'), toDir: '.B.Sub' },
        ],
      }),
    ),
  );
  // Another program made a folder in the way.
  await mkdir(join(maildir, '.B', 'cur'), { recursive: true });
  await writeFile(join(maildir, '.B', 'cur', '1600000000.b:2,'), 'foreign');
  await account.subscribe(nameOf('Other'), true);
  const names = (await account.mailboxes()).map(({ name }) => String(name));
  assert.deepEqual(
    ['A', 'A/Sub', 'B', 'B/Sub'].filter((name) => names.includes(name)),
    ['A', 'B', 'B/Sub'],
  );
  const kept = await openSynced(account, nameOf('A'));
  assert.equal(String(await kept.read(uidOf(1), 0, 10)), 'kept');
});

test('folders that are made and deleted again leave nothing in memory', async (t) => {
  const fixture = await openAccountFixture(t);
  const state = stateOf(fixture);
  t.after(() => state.close());
  await state.use('test', async (index) => {
    for (let round = 0; round < 5; round++) {
      await state.locked(index, () => createFolderLocked(state, index, nameOf('Again'), undefined));
      await state.locked(index, () => deleteFolderLocked(state, index, nameOf('Again')));
    }
  });
  assert.equal(state.folders.size, 0);
});
