// Contract: quota of octets and messages.

import assert from 'node:assert/strict';
import {
  accountRef,
  append,
  assertCode,
  deliver,
  inbox,
  nameOf,
  openSynced,
  type StoreCase,
  storeCase,
  uidsOf,
} from './fixture.ts';

export const quotaCases: readonly StoreCase[] = [
  storeCase('quota: usage is told and follows deliveries, appends and expunges', async ({ store }) => {
    const ref = accountRef('q@example.test', 10_000, 50);
    const account = await store.openAccount(ref);
    await deliver({ store, ref }, 'x'.repeat(100));
    await append(account, inbox, 'y'.repeat(50), ['\\Deleted']);
    assert.deepEqual(await account.quota(), {
      usedBytes: 150,
      usedMessages: 2,
      limitBytes: 10_000,
      limitMessages: 50,
      usedMailboxes: (await account.mailboxes()).length,
      limitMailboxes: 0,
    });
    await (await openSynced(account)).expunge();
    assert.deepEqual(await account.quota(), {
      usedBytes: 100,
      usedMessages: 1,
      limitBytes: 10_000,
      limitMessages: 50,
      usedMailboxes: (await account.mailboxes()).length,
      limitMailboxes: 0,
    });
    account.close();
  }),

  storeCase('quota: what does not fit is refused and leaves nothing', async ({ store }) => {
    const ref = accountRef('q@example.test', 1000);
    const account = await store.openAccount(ref);
    await deliver({ store, ref }, 'x'.repeat(600));
    await assertCode('store.over_quota', () => deliver({ store, ref }, 'x'.repeat(500)));
    await assertCode('store.over_quota', () => append(account, inbox, 'x'.repeat(401)));
    await assertCode('store.over_quota', () => store.checkQuota(ref, 401));
    await store.checkQuota(ref, 400);
    const mailbox = await openSynced(account);
    await assertCode('store.over_quota', () => mailbox.copyTo(uidsOf(1), inbox));
    assert.equal((await mailbox.view()).uids.length, 1);
    await deliver({ store, ref }, 'x'.repeat(400));
    assert.equal((await account.quota()).usedBytes, 1000);
    account.close();
  }),

  storeCase('quota: number of messages', async ({ store }) => {
    const ref = accountRef('q@example.test', 0, 2);
    await deliver({ store, ref }, 'a');
    await deliver({ store, ref }, 'b');
    await assertCode('store.over_quota', () => deliver({ store, ref }, 'c'));
  }),

  storeCase('quota: a moved message counts once, a deleted mailbox no more', async ({ store }) => {
    const ref = accountRef('q@example.test', 100_000);
    const account = await store.openAccount(ref);
    await account.create(nameOf('Other'));
    for (const text of ['a', 'b']) await append(account, inbox, text.repeat(100));
    const mailbox = await openSynced(account);
    await mailbox.moveTo(uidsOf(1), nameOf('Other'));
    assert.equal((await account.quota()).usedBytes, 200);
    await account.delete(nameOf('Other'));
    assert.deepEqual(await account.quota(), {
      usedBytes: 100,
      usedMessages: 1,
      limitBytes: 100_000,
      limitMessages: 0,
      usedMailboxes: (await account.mailboxes()).length,
      limitMailboxes: 0,
    });
    account.close();
  }),

  storeCase('quota: a raised limit counts at once', async ({ store }) => {
    await deliver({ store, ref: accountRef('q@example.test', 100) }, 'x'.repeat(90));
    await assertCode('store.over_quota', () =>
      deliver({ store, ref: accountRef('q@example.test', 100) }, 'x'.repeat(90)),
    );
    await deliver({ store, ref: accountRef('q@example.test', 200) }, 'x'.repeat(90));
    await deliver({ store, ref: accountRef('q@example.test') }, 'x'.repeat(900));
  }),

  storeCase('quota: without limit usage is told all the same', async ({ store, account, ref }) => {
    await deliver({ store, ref }, 'x'.repeat(10));
    assert.deepEqual(await account.quota(), {
      usedBytes: 10,
      usedMessages: 1,
      limitBytes: 0,
      limitMessages: 0,
      usedMailboxes: (await account.mailboxes()).length,
      limitMailboxes: 0,
    });
  }),
];
