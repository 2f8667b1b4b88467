// Contract: two workers on one account see one truth.

import assert from 'node:assert/strict';
import {
  allUids,
  append,
  assertCode,
  type CaseFixture,
  deliver,
  flagsOf,
  inbox,
  nameOf,
  openSynced,
  readAll,
  type StoreCase,
  storeCase,
  uidsOf,
} from './fixture.ts';

async function secondMailbox({ second, ref }: CaseFixture, name = inbox) {
  const account = await (await second()).openAccount(ref);
  return { account, mailbox: await openSynced(account, name) };
}

export const workerCases: readonly StoreCase[] = [
  storeCase(
    'workers: changes of one are seen by the other, with the same UIDs and MODSEQs',
    async (fixture) => {
      const here = await openSynced(fixture.account);
      const { mailbox: there } = await secondMailbox(fixture);
      await deliver(fixture, 'delivered');
      await there.sync();
      const uid = await append(fixture.account, inbox, 'appended');
      await there.storeFlags(uidsOf(1), 'add', ['\\Flagged', 'Shared']);
      await here.sync();
      await there.sync();
      assert.deepEqual(await allUids(here), [1, uid]);
      assert.deepEqual(await here.view(), await there.view());
      assert.deepEqual(await flagsOf(here, 1), ['Shared', '\\Flagged']);
      assert.equal(String(await readAll(there, uid)), 'appended');
      assert.deepEqual(await here.status(), await there.status());
    },
  ),

  storeCase(
    'workers: a keyword that the other has just made is shown with its first message',
    async (fixture) => {
      for (const text of ['a', 'b']) await append(fixture.account, inbox, text);
      const here = await openSynced(fixture.account);
      const { mailbox: there } = await secondMailbox(fixture);
      const { highestModSeq } = await here.view();
      assert.deepEqual(await flagsOf(here, 1), []);
      await there.storeFlags(uidsOf(1), 'add', ['Fresh']);
      // No sync: the row is there to be read, so it must be whole.
      assert.deepEqual(await flagsOf(here, 1), ['Fresh']);
      await there.storeFlags(uidsOf(2), 'add', ['Fresher']);
      const { changed } = await here.changesSince(highestModSeq);
      assert.deepEqual([...changed.uids], [1, 2]);
      assert.equal(changed.flags[1], changed.flags[0]! << 1);
    },
  ),

  storeCase('workers: an expunge of one is an expunge for the other', async (fixture) => {
    for (const text of ['a', 'b']) await append(fixture.account, inbox, text, ['\\Deleted']);
    const here = await openSynced(fixture.account);
    const { mailbox: there } = await secondMailbox(fixture);
    const { highestModSeq } = await there.view();
    await here.expunge(uidsOf(1));
    await there.sync();
    assert.deepEqual([...(await there.changesSince(highestModSeq)).expunged], [1]);
    await assertCode('store.expunged', () => readAll(there, 1));
    assert.deepEqual([...(await there.expunge())], [2]);
  }),

  storeCase('workers: appending at the same time gives every message its own UID', async (fixture) => {
    const { account: there, mailbox } = await secondMailbox(fixture);
    const work = [fixture.account, there].flatMap((account, worker) =>
      Array.from({ length: 10 }, (_, at) => append(account, inbox, `${worker}-${at}`)),
    );
    const scans = [mailbox.sync(), mailbox.sync()];
    const uids = await Promise.all(work);
    await Promise.all(scans);
    assert.equal(new Set(uids).size, 20);
    await mailbox.sync();
    assert.deepEqual(
      await allUids(mailbox),
      [...uids].sort((left, right) => left - right),
    );
  }),

  storeCase('workers: flags set at the same time all stay', async (fixture) => {
    await append(fixture.account, inbox, 'a');
    const here = await openSynced(fixture.account);
    const { mailbox: there } = await secondMailbox(fixture);
    await Promise.all([
      here.storeFlags(uidsOf(1), 'add', ['\\Seen', 'Here']),
      there.storeFlags(uidsOf(1), 'add', ['\\Flagged', 'There']),
      here.storeFlags(uidsOf(1), 'add', ['\\Answered']),
      there.storeFlags(uidsOf(1), 'add', ['\\Draft']),
    ]);
    await here.sync();
    await there.sync();
    const expected = ['Here', 'There', '\\Answered', '\\Draft', '\\Flagged', '\\Seen'].sort();
    assert.deepEqual(await flagsOf(here, 1), expected);
    assert.deepEqual(await flagsOf(there, 1), expected);
  }),

  storeCase('workers: mailboxes made, renamed and deleted by one are so for the other', async (fixture) => {
    const there = await (await fixture.second()).openAccount(fixture.ref);
    await fixture.account.create(nameOf('Box'));
    await append(there, nameOf('Box'), 'a');
    const mailbox = await openSynced(there, nameOf('Box'));
    await fixture.account.rename(nameOf('Box'), nameOf('New'));
    assert.equal(String(await readAll(mailbox, 1)), 'a');
    await assertCode('store.no_mailbox', () => there.open(nameOf('Box')));
    await fixture.account.delete(nameOf('New'));
    await assertCode('store.no_mailbox', () => mailbox.view());
  }),

  storeCase('workers: two readers of the same new mail agree on its UIDs', async (fixture) => {
    const here = await openSynced(fixture.account);
    const { mailbox: there } = await secondMailbox(fixture);
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 4; i++) await deliver(fixture, `round ${round} message ${i}`);
      await Promise.all([here.sync(), there.sync(), here.claimRecent(), there.claimRecent()]);
    }
    assert.deepEqual((await here.view()).uids, (await there.view()).uids);
    assert.equal((await here.view()).uids.length, 20);
    for (const uid of await allUids(here))
      assert.deepEqual(await readAll(here, uid), await readAll(there, uid));
  }),
];
