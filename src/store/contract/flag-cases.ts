// Contract: STORE, keywords, MODSEQ of flag changes.

import assert from 'node:assert/strict';
import { Flag, maxKeywords } from '../mail-store.ts';
import {
  append,
  assertCode,
  flagsOf,
  inbox,
  modSeqOf,
  openSynced,
  type StoreCase,
  storeCase,
  uidsOf,
} from './fixture.ts';

export const flagCases: readonly StoreCase[] = [
  storeCase('store: add, remove, replace', async ({ account }) => {
    await append(account, inbox, 'one');
    const mailbox = await openSynced(account);
    const steps: [change: 'add' | 'remove' | 'replace', flags: string[], expected: string[]][] = [
      ['add', ['\\Seen', '\\Flagged'], ['\\Flagged', '\\Seen']],
      ['add', ['\\seen', 'Red'], ['Red', '\\Flagged', '\\Seen']],
      ['remove', ['\\Flagged', 'red', 'unknown'], ['\\Seen']],
      ['replace', ['\\Draft', 'Red'], ['Red', '\\Draft']],
      ['replace', [], []],
      [
        'add',
        ['\\Answered', '\\Flagged', '\\Deleted', '\\Seen', '\\Draft'],
        ['\\Answered', '\\Deleted', '\\Draft', '\\Flagged', '\\Seen'],
      ],
    ];
    for (const [change, flags, expected] of steps) {
      await mailbox.storeFlags(uidsOf(1), change, flags);
      assert.deepEqual(await flagsOf(mailbox, 1), expected.sort(), `${change} ${flags.join(' ')}`);
    }
  }),

  storeCase(
    'store: answers all given messages in ascending order, missing ones left out',
    async ({ account }) => {
      for (const text of ['a', 'b', 'c']) await append(account, inbox, text, text === 'b' ? ['\\Seen'] : []);
      const mailbox = await openSynced(account);
      const { rows, modified } = await mailbox.storeFlags(uidsOf(3, 99, 1, 2, 3), 'add', ['\\Seen']);
      assert.deepEqual([...rows.uids], [1, 2, 3]);
      assert.ok([...rows.flags].every((flags) => flags === Flag.seen));
      assert.equal(modified.length, 0);
    },
  ),

  storeCase('store: MODSEQ grows where something changed and only there', async ({ account }) => {
    await append(account, inbox, 'a', ['\\Seen']);
    await append(account, inbox, 'b');
    const mailbox = await openSynced(account);
    const before = await mailbox.rows(uidsOf(1, 2));
    const { highestModSeq } = await mailbox.view();
    const { rows } = await mailbox.storeFlags(uidsOf(1, 2), 'add', ['\\Seen']);
    assert.equal(rows.modSeqs[0], before.modSeqs[0]);
    assert.ok((rows.modSeqs[1] ?? 0) > highestModSeq);
    assert.equal((await mailbox.view()).highestModSeq, rows.modSeqs[1]);
    await mailbox.storeFlags(uidsOf(1, 2), 'add', ['\\Seen']);
    assert.equal((await mailbox.view()).highestModSeq, rows.modSeqs[1]);
  }),

  storeCase('store: UNCHANGEDSINCE leaves later changes alone (RFC 7162 3.1.3)', async ({ account }) => {
    await append(account, inbox, 'a');
    await append(account, inbox, 'b');
    const mailbox = await openSynced(account);
    const { highestModSeq } = await mailbox.view();
    await mailbox.storeFlags(uidsOf(2), 'add', ['\\Flagged']);
    const { rows, modified } = await mailbox.storeFlags(uidsOf(1, 2), 'add', ['\\Deleted'], highestModSeq);
    assert.deepEqual([...modified], [2]);
    assert.deepEqual([...rows.uids], [1]);
    assert.deepEqual(await flagsOf(mailbox, 2), ['\\Flagged']);
    assert.deepEqual(await flagsOf(mailbox, 1), ['\\Deleted']);
    const none = await mailbox.storeFlags(uidsOf(1), 'remove', ['\\Deleted'], modSeqOf(0));
    assert.deepEqual([...none.modified], [1]);
  }),

  storeCase('keywords: up to the limit, one more is refused and changes nothing', async ({ account }) => {
    await append(account, inbox, 'a');
    const mailbox = await openSynced(account);
    const names = Array.from({ length: maxKeywords }, (_, at) => `Key${at}`);
    for (const name of names) await mailbox.storeFlags(uidsOf(1), 'add', [name]);
    assert.deepEqual(await flagsOf(mailbox, 1), [...names].sort());
    await assertCode('store.too_many_keywords', () =>
      mailbox.storeFlags(uidsOf(1), 'add', ['\\Seen', 'OneMore']),
    );
    assert.deepEqual(await flagsOf(mailbox, 1), [...names].sort());
    await mailbox.storeFlags(uidsOf(1), 'replace', ['key3']);
    assert.deepEqual(await flagsOf(mailbox, 1), ['Key3']);
  }),

  storeCase('store: many messages at once', async ({ account }) => {
    const operation = await account.append(inbox);
    for (let i = 0; i < 40; i++) {
      await operation.add({ flags: [], internalDateMs: undefined, sizeBytes: 0 }, (async function* () {})());
    }
    const { uids } = await operation.commit();
    const mailbox = await openSynced(account);
    const { rows } = await mailbox.storeFlags(uids, 'add', ['\\Flagged', 'Bulk']);
    assert.equal(rows.uids.length, 40);
    assert.equal(new Set(rows.flags).size, 1);
    assert.equal((await mailbox.status()).unseen, 40);
  }),

  storeCase('store: several changes to one message at the same time all count', async ({ account }) => {
    await append(account, inbox, 'a');
    const mailbox = await openSynced(account);
    await Promise.all(
      ['\\Seen', '\\Flagged', '\\Answered', 'One', 'Two'].map((flag) =>
        mailbox.storeFlags(uidsOf(1), 'add', [flag]),
      ),
    );
    assert.deepEqual(await flagsOf(mailbox, 1), ['One', 'Two', '\\Answered', '\\Flagged', '\\Seen'].sort());
  }),
];
