// Contract: what SEARCH, SORT and THREAD ask of headers; ids and dates of messages; previews.

import assert from 'node:assert/strict';
import {
  append,
  inbox,
  mimeLimits,
  nameOf,
  openSynced,
  type StoreCase,
  storeCase,
  uidsOf,
} from './fixture.ts';

const first = [
  'From: "=?utf-8?B?0JDQvdC90LA=?=" <anna (home) @ Example.test>',
  'To: bob@example.test, carol@example.test',
  'Subject: [list] Re: =?utf-8?B?0J7RgtGH0ZHRgg==?=',
  'Date: Tue, 3 Feb 2009 04:05:06 +0300',
  'Message-ID: <one@example.test>',
  'References: <zero@example.test>',
  '',
  'Some   text\r\nof this <message>',
  '',
].join('\r\n');
const second = [
  'From: dave@example.test',
  'Cc: eve@example.test',
  'Subject: Other',
  'In-Reply-To: <one@example.test>',
  'X-Own: Value',
  'Content-Type: text/html; charset=koi8-r',
  '',
  '<html><head><title>no</title></head><body><p>A &amp; B</p></body></html>',
  '',
].join('\r\n');

export const headerCases: readonly StoreCase[] = [
  storeCase(
    'header search: folded, decoded, addresses without comments, fields that occur',
    async ({ account }) => {
      await append(account, inbox, first);
      await append(account, inbox, second);
      const mailbox = await openSynced(account);
      const search = async (field: string, needle: string) => [
        ...(await mailbox.searchHeader(uidsOf(1, 2, 9), field, needle, mimeLimits)),
      ];
      const cases: [string, string, number[]][] = [
        ['subject', 'ОТЧЕТ', [1]],
        ['subject', 'oth', [2]],
        ['from', 'анна', [1]],
        ['from', 'anna@example.test', [1]],
        ['from', '(HOME)', [1]],
        ['to', 'carol', [1]],
        ['to', '', [1]],
        ['cc', 'eve', [2]],
        ['bcc', '', []],
        ['message-id', 'ONE@', [1]],
        ['x-own', 'value', [2]],
        ['x-own', '', [2]],
        ['in-reply-to', 'one', [2]],
        ['subject', '\u0001', [1, 2]],
        ['subject', 'none', []],
      ];
      for (const [field, needle, uids] of cases)
        assert.deepEqual(await search(field, needle), uids, `${field} ${needle}`);
    },
  ),

  storeCase('sort and thread facts', async ({ account }) => {
    await append(account, inbox, first);
    await append(account, inbox, second);
    const mailbox = await openSynced(account);
    const keys = (key: Parameters<typeof mailbox.sortKeys>[1]) =>
      mailbox.sortKeys(uidsOf(1, 2), key, mimeLimits);
    assert.deepEqual(await keys('subject'), ['ОТЧЕТ', 'OTHER']);
    assert.deepEqual(await keys('from'), ['ANNA', 'DAVE']);
    assert.deepEqual(await keys('to'), ['BOB', '']);
    assert.deepEqual(await keys('cc'), ['', 'EVE']);
    assert.deepEqual(await keys('display-from'), ['АННА', 'DAVE@EXAMPLE.TEST']);
    const [one, two] = await mailbox.threadFacts(uidsOf(1, 2), mimeLimits);
    assert.deepEqual(one, {
      messageId: 'one@example.test',
      references: ['zero@example.test'],
      baseSubject: 'ОТЧЕТ',
      isReplyOrForward: true,
      sentMs: Date.UTC(2009, 1, 3, 1, 5, 6),
    });
    assert.deepEqual(two?.references, ['one@example.test']);
    const dates = await mailbox.sentDates(uidsOf(1, 2), mimeLimits);
    assert.equal(dates.dateMs[0], Date.UTC(2009, 1, 3, 1, 5, 6));
    assert.equal(dates.zoneMinutes[0], 180);
    assert.ok(Number.isNaN(dates.dateMs[1]));
  }),

  storeCase(
    'ids: a copy is the same message, a reply the same thread, a mailbox keeps its id',
    async ({ account }) => {
      await account.create(nameOf('Other'));
      const before = Date.now();
      for (const text of [first, second, first.replace('Message-ID: <one', 'Message-ID: <two')]) {
        await append(account, inbox, text.replace('References: <zero', 'X: <zero'));
      }
      const mailbox = await openSynced(account);
      const ids = await mailbox.objectIds(uidsOf(1, 2, 3, 9), mimeLimits);
      assert.equal(ids[3], undefined);
      assert.equal(new Set(ids.map((id) => id?.emailId)).size, 4);
      assert.equal(ids[0]?.threadId, ids[1]?.threadId);
      assert.notEqual(ids[0]?.threadId, ids[2]?.threadId);
      for (const id of ids.slice(0, 3)) assert.match(id?.emailId ?? '', /^[A-Za-z0-9_-]{1,255}$/);
      await mailbox.copyTo(uidsOf(1), nameOf('Other'));
      await mailbox.moveTo(uidsOf(2), nameOf('Other'));
      const other = await openSynced(account, nameOf('Other'));
      assert.deepEqual(await other.objectIds(uidsOf(1, 2), mimeLimits), ids.slice(0, 2));
      await other.copyTo(uidsOf(1), inbox);
      await mailbox.sync();
      assert.deepEqual(await mailbox.objectIds(uidsOf(4), mimeLimits), ids.slice(0, 1));
      const saved = await other.saveDates(uidsOf(1, 2, 7));
      for (const date of saved.subarray(0, 2))
        assert.ok(date >= before && date <= Date.now() + 1000, String(date));
      assert.ok(Number.isNaN(saved[2]));
      await account.rename(nameOf('Other'), nameOf('Renamed'));
      assert.equal((await openSynced(account, nameOf('Renamed'))).id, other.id);
      await account.delete(nameOf('Renamed'));
      await account.create(nameOf('Renamed'));
      assert.notEqual((await openSynced(account, nameOf('Renamed'))).id, other.id);
    },
  ),

  storeCase(
    'previews: text on one line, without markup; nothing for messages that are gone',
    async ({ account }) => {
      await append(account, inbox, first);
      await append(account, inbox, second);
      await append(account, inbox, `Subject: long\r\n\r\n> quoted\r\n${'слово '.repeat(100)}\r\n`);
      await append(account, inbox, 'Subject: none\r\nContent-Type: image/png\r\n\r\nx\r\n');
      const mailbox = await openSynced(account);
      for (let round = 0; round < 2; round++) {
        const previews = await mailbox.previews(uidsOf(1, 2, 3, 4, 9), mimeLimits);
        assert.equal(previews[0], 'Some text of this <message>');
        assert.equal(previews[1], 'A & B');
        assert.equal([...(previews[2] ?? '')].length, 200);
        assert.equal(previews[3], '');
        assert.equal(previews[4], undefined);
      }
    },
  ),
];
