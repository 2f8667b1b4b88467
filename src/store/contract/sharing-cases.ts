// Contract: access lists, who shares with whom, \Seen and annotations of users who are not the owner.

import assert from 'node:assert/strict';
import { formatRights, parseRights } from '../acl.ts';
import { Flag, type Mailbox, type MailStore } from '../mail-store.ts';
import {
  accountRef,
  append,
  assertCode,
  inbox,
  modSeqOf,
  nameOf,
  openSynced,
  type StoreCase,
  storeCase,
  uidsOf,
} from './fixture.ts';

const bob = 'bob@example.test';
const rights = (text: string) => {
  const parsed = parseRights(text);
  assert.ok(parsed !== undefined);
  return parsed;
};
const limits = { maxValueBytes: 20, maxEntries: 3 };

async function seenUids(mailbox: Mailbox): Promise<number[]> {
  const { uids, flags } = await mailbox.rows((await mailbox.view()).uids);
  return [...uids].filter((_, i) => ((flags[i] ?? 0) & Flag.seen) !== 0);
}

/** Alice's INBOX with three messages as Bob sees it. */
async function viewedByBob(store: MailStore): Promise<Mailbox> {
  const owner = await store.openAccount(accountRef('alice@example.test'));
  for (const text of ['one', 'two', 'three']) await append(owner, inbox, text);
  return await openSynced(await store.openAccount(accountRef('alice@example.test'), bob));
}

export const sharingCases: readonly StoreCase[] = [
  storeCase('acl: kept, replaced, removed, told to another worker', async ({ account, ref, second }) => {
    await account.create(nameOf('Team'));
    await account.setAcl(nameOf('Team'), bob, rights('lrs'));
    await account.setAcl(nameOf('Team'), '-$guests', rights('a'));
    await account.setAcl(nameOf('Team'), bob, rights('lrswi'));
    const there = await (await second()).openAccount(ref);
    const list = (await there.acl(nameOf('Team'))).map((entry) => [
      entry.identifier,
      formatRights(entry.rights),
    ]);
    assert.deepEqual(Object.fromEntries(list), { [bob]: 'lrswi', '-$guests': 'a' });
    await account.setAcl(nameOf('Team'), '-$guests', undefined);
    assert.equal((await there.acl(nameOf('Team'))).length, 1);
    assert.equal(formatRights(await account.rights(nameOf('Team'))), 'lrswipkxtea');
    await assertCode('store.no_mailbox', () => account.setAcl(nameOf('None'), bob, rights('l')));
    await assertCode('store.no_mailbox', () => account.acl(nameOf('None')));
    await assertCode('store.bad_identifier', () => account.setAcl(inbox, 'no address', rights('l')));
  }),

  storeCase('acl: follows its mailbox through RENAME, goes with DELETE', async ({ account }) => {
    await account.create(nameOf('A/B'));
    await account.setAcl(nameOf('A/B'), bob, rights('lr'));
    await account.rename(nameOf('A'), nameOf('C'));
    assert.deepEqual(
      (await account.acl(nameOf('C/B'))).map(({ identifier }) => identifier),
      [bob],
    );
    await account.delete(nameOf('C/B'));
    await account.create(nameOf('C/B'));
    assert.deepEqual(await account.acl(nameOf('C/B')), []);
  }),

  storeCase('acl: a new mailbox takes the list of its nearest superior', async ({ account, store }) => {
    await account.create(nameOf('Top'));
    await account.setAcl(nameOf('Top'), bob, rights('lrk'));
    await account.create(nameOf('Top/Mid/Leaf'));
    for (const name of ['Top/Mid', 'Top/Mid/Leaf'])
      assert.deepEqual(
        (await account.acl(nameOf(name))).map(({ identifier }) => identifier),
        [bob],
      );
    assert.deepEqual(
      (await store.sharedWith([bob])).map(({ mailbox }) => mailbox),
      ['Top', 'Top/Mid', 'Top/Mid/Leaf'],
    );
    await account.create(nameOf('Other'));
    assert.deepEqual(await account.acl(nameOf('Other')), []);
  }),

  storeCase(
    'shares: found by identifier in all accounts, follow RENAME and DELETE',
    async ({ store, account }) => {
      const carol = await store.openAccount(accountRef('carol@example.test'));
      await account.create(nameOf('Team'));
      await account.setAcl(nameOf('Team'), bob, rights('lr'));
      await account.setAcl(inbox, '$sales', rights('lr'));
      await carol.setAcl(inbox, '-$sales', rights('lr'));
      const found = async (...identifiers: string[]) =>
        (await store.sharedWith(identifiers)).map((share) => `${share.account}/${share.mailbox}`);
      assert.deepEqual(await found(bob), ['alice@example.test/Team']);
      assert.deepEqual(await found('$sales'), ['alice@example.test/INBOX', 'carol@example.test/INBOX']);
      await account.rename(nameOf('Team'), nameOf('Crew'));
      assert.deepEqual(await found(bob), ['alice@example.test/Crew']);
      await account.delete(nameOf('Crew'));
      assert.deepEqual(await found(bob), []);
      await carol.setAcl(inbox, '-$sales', undefined);
      assert.equal(await store.rebuildShares(), 1);
      assert.deepEqual(await found('$sales', bob), ['alice@example.test/INBOX']);
    },
  ),

  storeCase('seen: each user has their own, the other flags are shared', async ({ store, account }) => {
    const mine = await viewedByBob(store);
    const owners = await openSynced(account);
    await owners.storeFlags(uidsOf(1), 'add', ['\\Seen']);
    await mine.storeFlags(uidsOf(2, 3), 'add', ['\\Seen', '\\Flagged']);
    await owners.sync();
    assert.deepEqual([await seenUids(owners), await seenUids(mine)], [[1], [2, 3]]);
    assert.deepEqual([(await owners.status()).unseen, (await mine.status()).unseen], [2, 1]);
    await mine.storeFlags(uidsOf(1, 2), 'replace', ['\\Answered']);
    assert.deepEqual([await seenUids(owners), await seenUids(mine)], [[1], [3]]);
    const { flags } = await owners.rows(uidsOf(1, 2, 3));
    assert.deepEqual([...flags], [Flag.answered | Flag.seen, Flag.answered, Flag.flagged]);
    await mine.storeFlags(uidsOf(3), 'remove', ['\\Seen']);
    assert.deepEqual(await seenUids(mine), []);
  }),

  storeCase(
    'seen: a private change has a MODSEQ, told once and only to its user',
    async ({ store, account }) => {
      const mine = await viewedByBob(store);
      const owners = await openSynced(account);
      const before = (await mine.view()).highestModSeq;
      const { rows } = await mine.storeFlags(uidsOf(2), 'add', ['\\Seen']);
      assert.ok(rows.modSeqs[0]! > before);
      const told = await mine.changesSince(before);
      assert.deepEqual([...told.changed.uids], [2]);
      assert.equal(told.changed.modSeqs[0], told.highestModSeq);
      assert.equal((await mine.changesSince(told.highestModSeq)).changed.uids.length, 0);
      assert.equal((await owners.changesSince(before)).changed.uids.length, 0);
      // Nothing to change: no MODSEQ.
      await mine.storeFlags(uidsOf(2), 'add', ['\\Seen']);
      assert.equal((await mine.view()).highestModSeq, told.highestModSeq);
      const late = await mine.storeFlags(uidsOf(1, 2), 'remove', ['\\Seen'], modSeqOf(before));
      assert.deepEqual([...late.modified], [2]);
      assert.deepEqual(await seenUids(mine), [2]);
    },
  ),

  storeCase('seen: an expunged message takes its private flags along', async ({ store, account }) => {
    const mine = await viewedByBob(store);
    await mine.storeFlags(uidsOf(1, 2), 'add', ['\\Seen', '\\Deleted']);
    await (await openSynced(account)).expunge(uidsOf(1));
    assert.equal((await mine.status()).unseen, 1);
    await mine.sync();
    assert.deepEqual(await seenUids(mine), [2]);
  }),

  storeCase('annotations: shared and private, bounded, all or nothing', async ({ store, account, ref }) => {
    const viewed = await store.openAccount(ref, bob);
    const set = (who: typeof account, values: Record<string, string | undefined>) =>
      who.setAnnotations(
        inbox,
        new Map(Object.entries(values).map(([k, v]) => [k, v === undefined ? undefined : Buffer.from(v)])),
        limits,
      );
    const get = async (who: typeof account, name = inbox) =>
      Object.fromEntries([...(await who.annotations(name))].map(([k, v]) => [k, v.toString()]));
    await set(account, { '/shared/comment': 'всем', '/private/comment': 'mine' });
    await set(viewed, { '/private/comment': 'bobs' });
    assert.deepEqual(await get(account), { '/shared/comment': 'всем', '/private/comment': 'mine' });
    assert.deepEqual(await get(viewed), { '/shared/comment': 'всем', '/private/comment': 'bobs' });
    await assertCode('store.annotation_too_long', () =>
      set(account, { '/shared/comment': undefined, '/private/x': 'x'.repeat(21) }),
    );
    await assertCode('store.annotation_too_many', () => set(account, { '/private/x': 'x' }));
    await set(account, { '/shared/comment': 'x'.repeat(20) });
    await set(account, { '/private/comment': undefined, '/private/x': '' });
    assert.deepEqual(await get(account), { '/shared/comment': 'x'.repeat(20), '/private/x': '' });
    await account.rename(inbox, nameOf('Old'));
    assert.deepEqual(await get(account, nameOf('Old')), await get(account));
    await account.rename(nameOf('Old'), nameOf('Older'));
    assert.deepEqual(await get(account, nameOf('Older')), await get(account));
    assert.equal((await account.annotations(undefined)).size, 0);
    await assertCode('store.no_mailbox', () => get(account, nameOf('None')));
  }),

  storeCase('quota: number of mailboxes, superiors counted, shrinking allowed', async ({ store }) => {
    const used = (await (await store.openAccount(accountRef('m@example.test'))).quota()).usedMailboxes;
    const account = await store.openAccount({ ...accountRef('m@example.test'), quotaMailboxes: used + 2 });
    await assertCode('store.too_many_mailboxes', () => account.create(nameOf('A/B/C')));
    await account.create(nameOf('A/B'));
    await assertCode('store.too_many_mailboxes', () => account.create(nameOf('D')));
    await assertCode('store.too_many_mailboxes', () => account.rename(nameOf('A/B'), nameOf('X/B')));
    await account.rename(nameOf('A/B'), nameOf('A/C'));
    assert.equal((await account.quota()).usedMailboxes, used + 2);
    await account.delete(nameOf('A/C'));
    await account.create(nameOf('D'));
    assert.equal((await account.quota()).limitMailboxes, used + 2);
  }),
];
