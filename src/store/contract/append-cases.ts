// Contract: APPEND and MULTIAPPEND.

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
  streamOf,
  uidsOf,
} from './fixture.ts';

export const appendCases: readonly StoreCase[] = [
  storeCase('append: octets, flags, keywords and date come back', async ({ account }) => {
    const octets = Buffer.alloc(200_001, 'some text with\r\nline ends\nof both kinds\r');
    const dateMs = Date.UTC(2001, 1, 3, 4, 5, 6);
    const uid = await append(account, nameOf('INBOX'), octets, ['\\Seen', '\\Draft', '$Forwarded'], dateMs);
    const mailbox = await openSynced(account);
    assert.deepEqual(await readAll(mailbox, uid), octets);
    assert.deepEqual(await flagsOf(mailbox, uid), ['$Forwarded', '\\Draft', '\\Seen']);
    const rows = await mailbox.rows(uidsOf(uid));
    assert.equal(rows.internalDates[0], dateMs);
    assert.equal(rows.sizes[0], octets.length);
  }),

  storeCase('append: a mailbox that was renamed while others knew it takes messages', async ({ account }) => {
    await account.create(nameOf('Parent'));
    await account.create(nameOf('Parent/Child'));
    await openSynced(account, nameOf('Parent/Child'));
    await account.rename(nameOf('Parent'), nameOf('Other'));
    assert.equal(await append(account, nameOf('Other/Child'), 'behind the new name'), 1);
    // Begun before the name changes, committed afterwards.
    const begun = await account.append(nameOf('Other/Child'));
    await account.rename(nameOf('Other'), nameOf('Third'));
    await begun.add({ sizeBytes: 5, flags: [], internalDateMs: undefined }, streamOf(Buffer.from('later')));
    const { uids } = await begun.commit();
    const mailbox = await openSynced(account, nameOf('Third/Child'));
    assert.equal(String(await readAll(mailbox, uids[0]!)), 'later');
  }),

  storeCase('I20: append without flags and date', async ({ account }) => {
    const before = Date.now();
    const uid = await append(account, inbox, 'short');
    const rows = await (await openSynced(account)).rows(uidsOf(uid));
    assert.equal(rows.flags[0], 0);
    assert.ok((rows.internalDates[0] ?? 0) >= before);
  }),

  storeCase('append: an empty message is a message', async ({ account }) => {
    const uid = await append(account, inbox, '');
    const mailbox = await openSynced(account);
    assert.equal((await readAll(mailbox, uid)).length, 0);
  }),

  storeCase('append: dates before 1970 and far ahead', async ({ account }) => {
    const dates = [Date.UTC(1969, 0, 1), 0, Date.UTC(2099, 11, 31, 23, 59, 59)];
    for (const date of dates) await append(account, inbox, 'x', [], date);
    const mailbox = await openSynced(account);
    const rows = await mailbox.rows(uidsOf(...(await allUids(mailbox))));
    assert.deepEqual([...rows.internalDates], dates);
  }),

  storeCase('multiappend: nothing before commit, then all in order', async ({ account }) => {
    const operation = await account.append(inbox);
    for (const text of ['first', 'second', 'third']) {
      const flags = text === 'second' ? ['\\Answered', 'key'] : [];
      await operation.add(
        { flags, internalDateMs: undefined, sizeBytes: text.length },
        streamOf(Buffer.from(text)),
      );
    }
    const mailbox = await openSynced(account);
    assert.deepEqual(await allUids(mailbox), []);
    const { uids, uidValidity } = await operation.commit();
    assert.equal(uidValidity, mailbox.uidValidity);
    assert.deepEqual([...uids], [1, 2, 3]);
    assert.deepEqual(await allUids(mailbox), [1, 2, 3]);
    const texts = await Promise.all([1, 2, 3].map((uid) => readAll(mailbox, uid)));
    assert.deepEqual(texts.map(String), ['first', 'second', 'third']);
    assert.deepEqual(await flagsOf(mailbox, 2), ['\\Answered', 'key']);
  }),

  storeCase('abort: leaves nothing, also after a broken stream', async ({ account }) => {
    const operation = await account.append(inbox);
    await operation.add({ flags: [], internalDateMs: undefined, sizeBytes: 3 }, streamOf(Buffer.from('abc')));
    const broken = (async function* () {
      yield Buffer.from('half');
      throw new Error('connection lost');
    })();
    await assert.rejects(() =>
      operation.add({ flags: [], internalDateMs: undefined, sizeBytes: 100 }, broken),
    );
    await operation.abort();
    await operation.abort();
    const mailbox = await openSynced(account);
    assert.deepEqual(await allUids(mailbox), []);
  }),

  storeCase('append: other than the announced number of octets is refused', async ({ account }) => {
    for (const text of ['abcd', 'ab']) {
      const operation = await account.append(inbox);
      await assertCode('store.size_mismatch', () =>
        operation.add({ flags: [], internalDateMs: undefined, sizeBytes: 3 }, streamOf(Buffer.from(text))),
      );
      await operation.abort();
    }
    assert.deepEqual(await allUids(await openSynced(account)), []);
  }),

  storeCase('append: abort after commit is harmless', async ({ account }) => {
    const operation = await account.append(inbox);
    await operation.add({ flags: [], internalDateMs: undefined, sizeBytes: 2 }, streamOf(Buffer.from('ok')));
    await operation.commit();
    await operation.abort();
    assert.equal(String(await readAll(await openSynced(account), 1)), 'ok');
  }),

  storeCase('append: into a mailbox that was deleted meanwhile fails', async ({ account }) => {
    await account.create(nameOf('Brief'));
    const operation = await account.append(nameOf('Brief'));
    await operation.add({ flags: [], internalDateMs: undefined, sizeBytes: 2 }, streamOf(Buffer.from('ok')));
    await account.delete(nameOf('Brief'));
    await assertCode('store.no_mailbox', () => operation.commit());
    await operation.abort();
  }),
];
