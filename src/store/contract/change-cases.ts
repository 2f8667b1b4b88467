// Contract: EXPUNGE, changes since a modification sequence, status, ranges of octets.

import assert from 'node:assert/strict';
import {
  allUids,
  append,
  assertCode,
  deliver,
  inbox,
  modSeqOf,
  openSynced,
  readAll,
  type StoreCase,
  storeCase,
  uidOf,
  uidsOf,
} from './fixture.ts';

export const changeCases: readonly StoreCase[] = [
  storeCase('I11: an empty mailbox has HIGHESTMODSEQ of at least 1, UIDNEXT 1', async ({ account }) => {
    const mailbox = await openSynced(account);
    const { uids, uidNext, highestModSeq } = await mailbox.view();
    assert.equal(uids.length, 0);
    assert.equal(uidNext, 1);
    assert.ok(highestModSeq >= 1);
    const status = await mailbox.status();
    assert.ok(status.highestModSeq >= 1 && status.uidValidity >= 1);
    assert.deepEqual(
      [status.messages, status.unseen, status.deleted, status.recent, status.sizeBytes],
      [0, 0, 0, 0, 0],
    );
  }),

  storeCase(
    'I22: expunge takes only messages that carry \\Deleted, and only of the given set',
    async (fixture) => {
      const { account } = fixture;
      for (const text of ['a', 'b', 'c', 'd'])
        await append(account, inbox, text, text === 'd' ? [] : ['\\Deleted']);
      const mailbox = await openSynced(account);
      assert.deepEqual([...(await mailbox.expunge(uidsOf(4, 2, 77)))], [2]);
      assert.deepEqual(await allUids(mailbox), [1, 3, 4]);
      assert.deepEqual([...(await mailbox.expunge())], [1, 3]);
      assert.deepEqual([...(await mailbox.expunge())], []);
      assert.deepEqual(await allUids(mailbox), [4]);
    },
  ),

  storeCase('I19: UIDs are never given twice', async ({ account }) => {
    await append(account, inbox, 'a', ['\\Deleted']);
    const mailbox = await openSynced(account);
    await mailbox.expunge();
    assert.equal(await append(account, inbox, 'b'), 2);
    assert.equal((await mailbox.view()).uidNext, 3);
  }),

  storeCase('an expunged message: store.expunged, absent rows, no structure', async ({ account }) => {
    await append(account, inbox, 'a', ['\\Deleted']);
    const mailbox = await openSynced(account);
    await mailbox.expunge();
    await assertCode('store.expunged', () => readAll(mailbox, 1));
    assert.equal((await mailbox.rows(uidsOf(1))).uids.length, 0);
  }),

  storeCase('changes since: new, changed and removed messages, no others', async ({ account }) => {
    for (const text of ['a', 'b', 'c', 'd']) await append(account, inbox, text);
    const mailbox = await openSynced(account);
    const { highestModSeq } = await mailbox.view();
    const quiet = await mailbox.changesSince(highestModSeq);
    assert.equal(quiet.changed.uids.length + quiet.expunged.length, 0);
    await mailbox.storeFlags(uidsOf(2, 3), 'add', ['\\Seen']);
    await mailbox.storeFlags(uidsOf(3), 'add', ['\\Deleted']);
    await mailbox.expunge();
    await append(account, inbox, 'e');
    const changes = await mailbox.changesSince(highestModSeq);
    assert.deepEqual([...changes.changed.uids], [2, 5]);
    assert.deepEqual([...changes.expunged], [3]);
    assert.equal(changes.uidNext, 6);
    assert.equal(changes.highestModSeq, (await mailbox.view()).highestModSeq);
    assert.ok(changes.highestModSeq > highestModSeq);
    const all = await mailbox.changesSince(modSeqOf(0));
    assert.deepEqual([...all.changed.uids], [1, 2, 4, 5]);
    assert.deepEqual([...all.expunged], [3]);
  }),

  storeCase('status counts what rows say', async (fixture) => {
    const { account } = fixture;
    const flags = [['\\Seen'], [], ['\\Deleted'], ['\\Seen', '\\Deleted', 'x']];
    for (const [at, list] of flags.entries()) await append(account, inbox, 'z'.repeat(at + 1), list);
    await deliver(fixture, 'new');
    const mailbox = await openSynced(account);
    const status = await mailbox.status();
    assert.deepEqual(
      [status.messages, status.unseen, status.deleted, status.sizeBytes, status.uidNext],
      [5, 3, 2, 1 + 2 + 3 + 4 + 3, 6],
    );
    await mailbox.expunge();
    const after = await mailbox.status();
    assert.deepEqual([after.messages, after.unseen, after.deleted, after.sizeBytes], [3, 2, 0, 1 + 2 + 3]);
  }),

  storeCase('I09: ranges are clamped to the message', async ({ account }) => {
    await append(account, inbox, '0123456789');
    const mailbox = await openSynced(account);
    const ranges: [number, number, string][] = [
      [0, 10, '0123456789'],
      [0, 4, '0123'],
      [4, 6, '45'],
      [8, 100, '89'],
      [10, 20, ''],
      [500, 600, ''],
      [3, 3, ''],
    ];
    for (const [start, end, expected] of ranges) {
      assert.equal(String(await mailbox.read(uidOf(1), start, end)), expected, `${start}..${end}`);
    }
  }),

  storeCase('rows: any order of UIDs in, ascending rows out', async ({ account }) => {
    for (const text of ['a', 'bb', 'ccc']) await append(account, inbox, text);
    const mailbox = await openSynced(account);
    const rows = await mailbox.rows(uidsOf(3, 1, 3, 42, 2));
    assert.deepEqual([...rows.uids], [1, 2, 3]);
    assert.deepEqual([...rows.sizes], [1, 2, 3]);
  }),
];
