// Contract: the mailbox list, names, CREATE, DELETE, RENAME, subscriptions, special use, UIDVALIDITY.

import assert from 'node:assert/strict';
import type { MailAccount } from '../mail-store.ts';
import {
  allUids,
  append,
  assertCode,
  deliver,
  inbox,
  nameOf,
  openSynced,
  readAll,
  type StoreCase,
  storeCase,
} from './fixture.ts';

async function infoOf(account: MailAccount, name: string) {
  return (await account.mailboxes()).find((info) => info.name === name);
}

export const mailboxCases: readonly StoreCase[] = [
  storeCase('list: INBOX first, then by name, all selectable', async ({ account }) => {
    await account.create(nameOf('Zeta'));
    await account.create(nameOf('Alpha'));
    const names = (await account.mailboxes()).map(({ name }) => String(name));
    assert.equal(names[0], 'INBOX');
    assert.deepEqual(names.slice(1), names.slice(1).sort());
    assert.ok(names.includes('Alpha') && names.includes('Zeta'));
    assert.ok((await account.mailboxes()).every(({ selectable }) => selectable));
  }),

  storeCase('I24: INBOX is one mailbox in any case, also as first level', async ({ account }) => {
    const one = await account.open(nameOf('iNbOx'));
    assert.equal(one.uidValidity, (await account.open(inbox)).uidValidity);
    await account.create(nameOf('iNbOx/Sub'));
    assert.ok(await infoOf(account, 'INBOX/Sub'));
    await assertCode('store.mailbox_exists', () => account.create(nameOf('inbox')));
  }),

  storeCase('create: parents come into being, a second time is refused', async ({ account }) => {
    await account.create(nameOf('A/B/C'));
    assert.equal((await infoOf(account, 'A/B'))?.selectable, true);
    assert.equal((await infoOf(account, 'A'))?.selectable, true);
    await assertCode('store.mailbox_exists', () => account.create(nameOf('A/B')));
  }),

  storeCase('I16: names come back as they were given', async ({ account }) => {
    const names = [
      'Абв&где',
      'a.b',
      'back\\slash',
      '\\2e',
      '&',
      '&-',
      'x" NIL "y',
      '100%',
      '*',
      '~home',
      'ёлка/Ёлка.🎄',
    ];
    for (const name of names) await account.create(nameOf(name));
    const listed = new Set((await account.mailboxes()).map(({ name }) => String(name)));
    for (const name of names) assert.ok(listed.has(name), name);
    for (const name of names) assert.equal((await account.open(nameOf(name))).name, name);
  }),

  storeCase('create: impossible names are refused and make nothing', async ({ account }) => {
    const before = (await account.mailboxes()).length;
    const names = [
      '',
      '/',
      'a//b',
      '/a',
      'a/',
      'a\u0000b',
      'a\nb',
      'a\u007f',
      'x'.repeat(5000),
      `${'d/'.repeat(300)}e`,
    ];
    for (const name of names) {
      await assertCode('store.bad_mailbox_name', () => account.create(nameOf(name)));
    }
    assert.equal((await account.mailboxes()).length, before);
  }),

  storeCase('open, delete and append of a missing mailbox: store.no_mailbox', async ({ account }) => {
    await assertCode('store.no_mailbox', () => account.open(nameOf('None')));
    await assertCode('store.no_mailbox', () => account.append(nameOf('None')));
    await assertCode('store.no_mailbox', () => account.delete(nameOf('None')));
    await assertCode('store.no_mailbox', () => account.rename(nameOf('None'), nameOf('Other')));
  }),

  storeCase('delete: with children the name stays and is not selectable', async ({ account }) => {
    await account.create(nameOf('A/B'));
    await append(account, nameOf('A'), 'x');
    await account.delete(nameOf('A'));
    assert.equal((await infoOf(account, 'A'))?.selectable, false);
    await assertCode('store.no_mailbox', () => account.open(nameOf('A')));
    await assertCode('store.has_children', () => account.delete(nameOf('A')));
    await account.delete(nameOf('A/B'));
    assert.equal(await infoOf(account, 'A'), undefined);
  }),

  storeCase('delete: an open mailbox answers store.no_mailbox afterwards', async ({ account }) => {
    await account.create(nameOf('Gone'));
    const mailbox = await openSynced(account, nameOf('Gone'));
    await account.delete(nameOf('Gone'));
    await assertCode('store.no_mailbox', () => mailbox.view());
    await assertCode('store.no_mailbox', () => mailbox.sync());
  }),

  storeCase('delete: INBOX is refused', async ({ account }) => {
    await assertCode('store.bad_mailbox_name', () => account.delete(inbox));
  }),

  storeCase('I19: a mailbox made again has a larger UIDVALIDITY, however soon', async ({ account }) => {
    let last = 0;
    for (let round = 0; round < 5; round++) {
      await account.create(nameOf('Again'));
      const { uidValidity } = await account.open(nameOf('Again'));
      assert.ok(uidValidity > last, `${uidValidity} > ${last}`);
      last = uidValidity;
      await account.delete(nameOf('Again'));
    }
  }),

  storeCase('I19: a mailbox renamed to a former name has a larger UIDVALIDITY', async ({ account }) => {
    await account.create(nameOf('Old'));
    await account.create(nameOf('Former'));
    const former = (await account.open(nameOf('Former'))).uidValidity;
    await account.delete(nameOf('Former'));
    await account.rename(nameOf('Old'), nameOf('Former'));
    assert.ok((await account.open(nameOf('Former'))).uidValidity > former);
  }),

  storeCase('I15: rename takes inferiors, makes parents, subscriptions follow', async ({ account }) => {
    for (const name of ['A', 'A/B', 'A/B/C', 'AB']) {
      if (name !== 'A' && name !== 'A/B') await account.create(nameOf(name));
    }
    for (const name of ['A', 'A/B', 'A/B/C', 'AB']) await account.subscribe(nameOf(name), true);
    const uid = await append(account, nameOf('A/B/C'), 'content');
    const { uidValidity } = await account.open(nameOf('A/B/C'));
    await account.rename(nameOf('A'), nameOf('Z/Q'));
    for (const name of ['Z', 'Z/Q', 'Z/Q/B', 'Z/Q/B/C', 'AB']) {
      assert.equal((await infoOf(account, name))?.selectable, true, name);
    }
    for (const name of ['A', 'A/B', 'A/B/C']) assert.equal(await infoOf(account, name), undefined, name);
    const subscribed = (await account.subscriptions()).map(String);
    for (const name of ['Z/Q', 'Z/Q/B', 'Z/Q/B/C', 'AB']) assert.ok(subscribed.includes(name), name);
    assert.ok(!subscribed.includes('A/B'));
    const moved = await openSynced(account, nameOf('Z/Q/B/C'));
    assert.equal(moved.uidValidity, uidValidity);
    assert.equal(String(await readAll(moved, uid)), 'content');
  }),

  storeCase('rename: an open mailbox lives on under the new name', async ({ account }) => {
    await account.create(nameOf('Before'));
    const uid = await append(account, nameOf('Before'), 'same');
    const mailbox = await openSynced(account, nameOf('Before'));
    await account.rename(nameOf('Before'), nameOf('After'));
    assert.equal(String(await readAll(mailbox, uid)), 'same');
    await mailbox.sync();
    assert.equal(mailbox.name, 'After');
  }),

  storeCase('rename: onto an existing name or below itself is refused', async ({ account }) => {
    await account.create(nameOf('A'));
    await account.create(nameOf('B'));
    await assertCode('store.mailbox_exists', () => account.rename(nameOf('A'), nameOf('B')));
    await assertCode('store.mailbox_exists', () => account.rename(nameOf('A'), inbox));
    await assertCode('store.bad_mailbox_name', () => account.rename(nameOf('A'), nameOf('A/C')));
    await assertCode('store.bad_mailbox_name', () => account.rename(nameOf('A'), nameOf('A')));
  }),

  storeCase('rename of INBOX moves its mail and leaves an empty INBOX with its children', async (fixture) => {
    const { account } = fixture;
    await account.create(nameOf('INBOX/Child'));
    await deliver(fixture, 'one');
    await deliver(fixture, 'two');
    await account.rename(inbox, nameOf('Moved'));
    assert.deepEqual(await allUids(await openSynced(account)), []);
    const moved = await openSynced(account, nameOf('Moved'));
    assert.equal((await allUids(moved)).length, 2);
    assert.ok(await infoOf(account, 'INBOX/Child'));
  }),

  storeCase('subscribe: names need not exist and stay after DELETE', async ({ account }) => {
    await account.subscribe(nameOf('Not/There'), true);
    await account.create(nameOf('There'));
    await account.subscribe(nameOf('There'), true);
    assert.equal((await infoOf(account, 'There'))?.subscribed, true);
    await account.delete(nameOf('There'));
    const names = (await account.subscriptions()).map(String);
    assert.ok(names.includes('Not/There') && names.includes('There'));
    await account.subscribe(nameOf('There'), false);
    assert.ok(!(await account.subscriptions()).map(String).includes('There'));
  }),

  storeCase(
    'special use: given at CREATE, moved by setting it elsewhere, follows RENAME',
    async (fixture) => {
      const { account } = fixture;
      await account.create(nameOf('Everything'), 'all');
      assert.equal((await infoOf(account, 'Everything'))?.specialUse, 'all');
      await account.rename(nameOf('Everything'), nameOf('Renamed'));
      assert.equal((await infoOf(account, 'Renamed'))?.specialUse, 'all');
      await account.create(nameOf('Second'));
      await account.setSpecialUse(nameOf('Second'), 'all');
      assert.equal((await infoOf(account, 'Renamed'))?.specialUse, undefined);
      assert.equal((await infoOf(account, 'Second'))?.specialUse, 'all');
      await account.setSpecialUse(nameOf('Second'), undefined);
      assert.equal((await infoOf(account, 'Second'))?.specialUse, undefined);
    },
  ),
];
