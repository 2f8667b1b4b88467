// Contract: parsed structure, header, text search.

import assert from 'node:assert/strict';
import {
  append,
  inbox,
  mimeLimits,
  nameOf,
  openSynced,
  type StoreCase,
  storeCase,
  uidOf,
  uidsOf,
} from './fixture.ts';

const simple =
  'From: a@example.test\r\nSubject: Greetings\r\nDate: Tue, 3 Feb 2009 04:05:06 +0300\r\n\r\nHello world\r\n';
const russian =
  'Subject: =?utf-8?B?0J/RgNC40LLQtdGC?=\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nСъешь ещё этих булок\r\n';

export const contentCases: readonly StoreCase[] = [
  storeCase(
    'structures: envelope and structure ready to send, the same when asked again',
    async ({ account }) => {
      await append(account, inbox, simple);
      await append(account, inbox, russian);
      const mailbox = await openSynced(account);
      const first = await mailbox.structures(uidsOf(1, 99, 2), mimeLimits);
      assert.equal(first.length, 3);
      assert.equal(first[1], undefined);
      assert.match(String(first[0]?.envelope), /"Greetings"/);
      assert.match(String(first[0]?.bodyStructure), /^\("text" "plain"/i);
      assert.equal(first[0]?.dateMs, Date.UTC(2009, 1, 3, 1, 5, 6));
      assert.equal(first[0]?.dateZoneMinutes, 180);
      assert.ok(Number.isNaN(first[2]?.dateMs));
      const again = await mailbox.structures(uidsOf(1, 99, 2), mimeLimits);
      assert.deepEqual(again, first);
    },
  ),

  storeCase(
    'structures: what was asked for is there, from the cache and parsed anew',
    async ({ account }) => {
      for (let at = 0; at < 12; at++) await append(account, inbox, at % 2 === 0 ? simple : russian);
      const mailbox = await openSynced(account);
      const whole = await mailbox.structures(uidsOf(1, 2, 3), mimeLimits);
      for (const uids of [uidsOf(1, 2, 3, 4), uidsOf(3, 1, 12), uidsOf(2, 11), uidsOf(5, 5)]) {
        const [envelopes, structures] = await Promise.all([
          mailbox.structures(uids, mimeLimits, ['envelope']),
          mailbox.structures(uids, mimeLimits, ['bodyStructure', 'parts']),
        ]);
        for (const [at, uid] of uids.entries()) {
          const expected = whole[uid % 2 === 0 ? 1 : 0];
          assert.deepEqual(envelopes[at]?.envelope, expected?.envelope, `envelope of ${uid}`);
          assert.deepEqual(structures[at]?.bodyStructure, expected?.bodyStructure, `structure of ${uid}`);
          assert.deepEqual(structures[at]?.parts, expected?.parts, `parts of ${uid}`);
        }
      }
    },
  ),

  storeCase('structures: other bounds give another answer', async ({ account }) => {
    const parts = Array.from({ length: 20 }, () => '--b\r\nContent-Type: text/plain\r\n\r\nx\r\n').join('');
    await append(account, inbox, `Content-Type: multipart/mixed; boundary=b\r\n\r\n${parts}--b--\r\n`);
    const mailbox = await openSynced(account);
    const [wide] = await mailbox.structures(uidsOf(1), mimeLimits);
    const [narrow] = await mailbox.structures(uidsOf(1), { ...mimeLimits, maxParts: 10 });
    assert.ok((wide?.parts.length ?? 0) > (narrow?.parts.length ?? 0));
  }),

  storeCase('header: with its empty line; a copy has it, too', async ({ account }) => {
    await account.create(nameOf('Other'));
    await append(account, inbox, simple);
    await append(account, inbox, 'Subject: no body');
    const mailbox = await openSynced(account);
    const expected = simple.slice(0, simple.indexOf('\r\n\r\n') + 4);
    assert.equal(String(await mailbox.header(uidOf(1), mimeLimits)), expected);
    assert.equal(String(await mailbox.header(uidOf(2), mimeLimits)), 'Subject: no body');
    assert.equal(await mailbox.header(uidOf(3), mimeLimits), undefined);
    await mailbox.copyTo(uidsOf(1), nameOf('Other'));
    const other = await openSynced(account, nameOf('Other'));
    assert.equal(String(await other.header(uidOf(1), mimeLimits)), expected);
  }),

  storeCase('search: substrings without case, decoded, body or whole text', async ({ account }) => {
    await append(account, inbox, simple);
    await append(account, inbox, russian);
    const mailbox = await openSynced(account);
    const search = async (needle: string, includeHeader: boolean) => [
      ...(await mailbox.searchText(uidsOf(2, 1, 9), needle, includeHeader, mimeLimits)),
    ];
    assert.deepEqual(await search('HELLO', false), [1]);
    assert.deepEqual(await search('greetings', false), []);
    assert.deepEqual(await search('greetings', true), [1]);
    assert.deepEqual(await search('ПРИВЕТ', true), [2]);
    assert.deepEqual(await search('еще', false), [2]);
    assert.deepEqual(await search('nowhere', true), []);
  }),
];
