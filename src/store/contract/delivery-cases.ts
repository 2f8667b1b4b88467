// Contract: delivery, first sight of new mail, \Recent.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Uid } from '../../base/brands.ts';
import {
  accountRef,
  allUids,
  bodyOf,
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

export const deliveryCases: readonly StoreCase[] = [
  storeCase('delivery: prefix and body come back octet for octet', async ({ store, ref, account }) => {
    const everyOctet = Buffer.from(Array.from({ length: 1024 }, (_, at) => at & 255));
    const prefix = Buffer.from('Return-Path: <>\r\n');
    await store.deliver({ account: ref, mailbox: inbox, prefix, body: bodyOf(everyOctet), flags: [] });
    const mailbox = await openSynced(account);
    assert.deepEqual(await readAll(mailbox, 1), Buffer.concat([prefix, everyOctet]));
  }),

  storeCase('M03: RFC822.SIZE is the length of what is read', async (fixture) => {
    await deliver(fixture, 'a\nb\r\nc\rd');
    await deliver(fixture, 'x'.repeat(300_000));
    const mailbox = await openSynced(fixture.account);
    const { sizes, uids } = await mailbox.rows(uidsOf(1, 2));
    for (const [at, uid] of uids.entries()) assert.equal((await readAll(mailbox, uid)).length, sizes[at]);
    assert.equal(
      (await mailbox.status()).sizeBytes,
      sizes.reduce((sum, size) => sum + size, 0),
    );
  }),

  storeCase('delivery from a spool file', async ({ store, ref, account }, t) => {
    const path = join(tmpdir(), `tegu-contract-${process.pid}-${Math.random().toString(36).slice(2)}`);
    const octets = Buffer.alloc(700_000, 'line of text\r\n');
    await writeFile(path, octets);
    t.after(async () => (await import('node:fs/promises')).rm(path, { force: true }));
    const body = { ...bodyOf(octets), memory: undefined, path };
    await store.deliver({ account: ref, mailbox: inbox, prefix: Buffer.from('X: y\r\n'), body, flags: [] });
    const mailbox = await openSynced(account);
    assert.deepEqual(await readAll(mailbox, 1), Buffer.concat([Buffer.from('X: y\r\n'), octets]));
  }),

  storeCase('delivery: an account that was never opened', async ({ store }) => {
    const ref = accountRef('new@example.test');
    await deliver({ store, ref }, 'first');
    const account = await store.openAccount(ref);
    assert.equal(String(await readAll(await openSynced(account), 1)), 'first');
    account.close();
  }),

  storeCase('delivery: a missing mailbox means INBOX, an existing one is used', async (fixture) => {
    await fixture.account.create(nameOf('Lists/Ёж'));
    await deliver(fixture, 'to the list', nameOf('Lists/Ёж'));
    await deliver(fixture, 'to nowhere', nameOf('Nowhere'));
    const list = await openSynced(fixture.account, nameOf('Lists/Ёж'));
    assert.equal(String(await readAll(list, 1)), 'to the list');
    assert.equal(String(await readAll(await openSynced(fixture.account), 1)), 'to nowhere');
  }),

  storeCase('delivery: flags and keywords', async (fixture) => {
    await deliver(fixture, 'plain');
    await deliver(fixture, 'flagged', inbox, ['\\Flagged', '\\Seen', '$Label1', 'Работа']);
    const mailbox = await openSynced(fixture.account);
    const uids = await allUids(mailbox);
    const all = await Promise.all(uids.map((uid) => flagsOf(mailbox, uid)));
    assert.deepEqual(all, [[], ['$Label1', '\\Flagged', '\\Seen', 'Работа']]);
  }),

  storeCase('delivery: UIDs ascend in order of arrival, UIDNEXT is told', async (fixture) => {
    for (let i = 1; i <= 12; i++) await deliver(fixture, `message ${i}`);
    const mailbox = await openSynced(fixture.account);
    const { uids, uidNext } = await mailbox.view();
    assert.deepEqual(
      [...uids],
      Array.from({ length: 12 }, (_, at) => at + 1),
    );
    assert.equal(uidNext, 13);
    assert.equal(String(await readAll(mailbox, 7)), 'message 7');
  }),

  storeCase('delivery: many at once, each exactly once', async (fixture) => {
    await Promise.all(Array.from({ length: 60 }, (_, at) => deliver(fixture, `number ${at}`)));
    const mailbox = await openSynced(fixture.account);
    const texts = await Promise.all((await allUids(mailbox)).map((uid) => readAll(mailbox, uid)));
    assert.equal(new Set(texts.map(String)).size, 60);
    assert.equal(texts.length, 60);
  }),

  storeCase('recent: taken once by the first session that may change the mailbox', async (fixture) => {
    await deliver(fixture, 'one');
    const mailbox = await openSynced(fixture.account);
    assert.equal(await mailbox.firstRecent(), 1);
    assert.equal((await mailbox.status()).recent, 1);
    assert.equal(await mailbox.claimRecent(), 1);
    assert.equal(await mailbox.firstRecent(), 2);
    assert.equal((await mailbox.status()).recent, 0);
    await deliver(fixture, 'two');
    await mailbox.sync();
    assert.equal((await mailbox.status()).recent, 1);
    assert.equal(await mailbox.claimRecent(), 2);
    assert.equal(await mailbox.claimRecent(), 3);
    assert.equal(String(await readAll(mailbox, 2)), 'two');
    for (const text of ['three', 'four']) await deliver(fixture, text);
    await mailbox.sync();
    // Those of a view: what lies above is left to the next one.
    assert.equal(await mailbox.claimRecent(4 as Uid), 3);
    assert.equal(await mailbox.firstRecent(), 4);
    assert.equal(await mailbox.claimRecent(3 as Uid), 4);
    assert.equal(await mailbox.claimRecent(), 4);
    assert.equal(await mailbox.firstRecent(), 5);
  }),

  storeCase('internal date of a delivery is the time of arrival', async (fixture) => {
    const before = Date.now();
    await deliver(fixture, 'now');
    const mailbox = await openSynced(fixture.account);
    const [date] = (await mailbox.rows(uidsOf(1))).internalDates;
    // File systems keep times with the resolution of the clock tick.
    assert.ok(date !== undefined && date >= before - 100 && date <= Date.now() + 100, String(date));
  }),
];
