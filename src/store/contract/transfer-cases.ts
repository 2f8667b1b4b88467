// Contract: COPY and MOVE.

import assert from 'node:assert/strict';
import {
  allUids,
  append,
  assertCode,
  flagsOf,
  inbox,
  nameOf,
  openSynced,
  readAll,
  type StoreCase,
  storeCase,
  uidsOf,
} from './fixture.ts';

const dateMs = Date.UTC(2010, 5, 6, 7, 8, 9);

export const transferCases: readonly StoreCase[] = [
  storeCase('copy: octets, flags, keywords and date go along, the source stays', async ({ account }) => {
    await account.create(nameOf('Other'));
    await append(account, nameOf('Other'), 'already there', ['b-word']);
    await append(account, inbox, 'one', ['\\Seen', 'a-word'], dateMs);
    await append(account, inbox, 'two');
    const mailbox = await openSynced(account);
    const result = await mailbox.copyTo(uidsOf(2, 1, 55), nameOf('Other'));
    const other = await openSynced(account, nameOf('Other'));
    assert.equal(result.uidValidity, other.uidValidity);
    assert.deepEqual([...result.sourceUids], [1, 2]);
    assert.deepEqual([...result.destinationUids], [2, 3]);
    assert.equal(String(await readAll(other, 2)), 'one');
    assert.deepEqual(await flagsOf(other, 2), ['\\Seen', 'a-word']);
    assert.equal((await other.rows(uidsOf(2))).internalDates[0], dateMs);
    assert.deepEqual(await allUids(mailbox), [1, 2]);
    assert.deepEqual(await flagsOf(other, 1), ['b-word']);
  }),

  storeCase('copy: changing the copy leaves the source as it is', async ({ account }) => {
    await account.create(nameOf('Other'));
    await append(account, inbox, 'one');
    const mailbox = await openSynced(account);
    await mailbox.copyTo(uidsOf(1), nameOf('Other'));
    const other = await openSynced(account, nameOf('Other'));
    await other.storeFlags(uidsOf(1), 'add', ['\\Deleted']);
    await other.expunge();
    assert.deepEqual(await flagsOf(mailbox, 1), []);
    assert.equal(String(await readAll(mailbox, 1)), 'one');
  }),

  storeCase('copy into the same mailbox makes a second message', async ({ account }) => {
    await append(account, inbox, 'one');
    const mailbox = await openSynced(account);
    const { destinationUids } = await mailbox.copyTo(uidsOf(1), inbox);
    assert.deepEqual([...destinationUids], [2]);
    assert.deepEqual(await allUids(mailbox), [1, 2]);
    assert.equal(String(await readAll(mailbox, 2)), 'one');
  }),

  storeCase('copy and move to a missing mailbox: store.no_mailbox, nothing happens', async ({ account }) => {
    await append(account, inbox, 'one');
    const mailbox = await openSynced(account);
    await assertCode('store.no_mailbox', () => mailbox.copyTo(uidsOf(1), nameOf('None')));
    await assertCode('store.no_mailbox', () => mailbox.moveTo(uidsOf(1), nameOf('None')));
    assert.deepEqual(await allUids(mailbox), [1]);
  }),

  storeCase('move: the message is there and no longer here, the expunge is logged', async ({ account }) => {
    await account.create(nameOf('Other'));
    for (const text of ['one', 'two', 'three'])
      await append(account, inbox, text, ['\\Flagged', 'kw'], dateMs);
    const mailbox = await openSynced(account);
    const { highestModSeq } = await mailbox.view();
    const result = await mailbox.moveTo(uidsOf(1, 3), nameOf('Other'));
    assert.deepEqual([...result.sourceUids], [1, 3]);
    assert.deepEqual([...result.destinationUids], [1, 2]);
    assert.deepEqual(await allUids(mailbox), [2]);
    assert.deepEqual([...(await mailbox.changesSince(highestModSeq)).expunged], [1, 3]);
    const other = await openSynced(account, nameOf('Other'));
    assert.equal(String(await readAll(other, 2)), 'three');
    assert.deepEqual(await flagsOf(other, 1), ['\\Flagged', 'kw']);
    assert.equal((await other.rows(uidsOf(1))).internalDates[0], dateMs);
    await assertCode('store.expunged', () => readAll(mailbox, 1));
  }),

  storeCase('move into the same mailbox gives a new UID', async ({ account }) => {
    await append(account, inbox, 'one');
    const mailbox = await openSynced(account);
    const { destinationUids } = await mailbox.moveTo(uidsOf(1), inbox);
    assert.deepEqual([...destinationUids], [2]);
    assert.deepEqual(await allUids(mailbox), [2]);
    assert.equal(String(await readAll(mailbox, 2)), 'one');
  }),

  storeCase(
    'copy as a whole: a message that is gone fails it, nothing is left behind',
    async ({ account }) => {
      await account.create(nameOf('Other'));
      for (const text of ['one', 'two', 'three', 'four', 'five']) await append(account, inbox, text);
      const mailbox = await openSynced(account);
      await assertCode('store.expunged', () =>
        mailbox.copyTo(uidsOf(1, 2, 3, 4, 5, 6), nameOf('Other'), true),
      );
      const other = await openSynced(account, nameOf('Other'));
      assert.deepEqual(await allUids(other), []);
      assert.deepEqual([...(await mailbox.copyTo(uidsOf(1, 5), nameOf('Other'), true)).sourceUids], [1, 5]);
    },
  ),

  storeCase('copy of nothing answers empty lists', async ({ account }) => {
    const mailbox = await openSynced(account);
    const { sourceUids, destinationUids } = await mailbox.copyTo(uidsOf(9), inbox);
    assert.equal(sourceUids.length + destinationUids.length, 0);
  }),
];
