// Maildir++ quota: the file `maildirsize` as other programs read and write it.

import assert from 'node:assert/strict';
import { appendFile, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { accountRef, append, assertCode, deliver, inbox, nameOf } from '../contract/fixture.ts';
import { openAccountFixture } from './fixture.ts';

async function withQuota(t: TestContext, bytes: number, messages = 0) {
  const { store, maildir } = await openAccountFixture(t);
  const ref = accountRef('alice@example.test', bytes, messages);
  const account = await store.openAccount(ref);
  return { store, ref, account, file: join(maildir, 'maildirsize'), maildir };
}

test('quota: header and lines as Maildir++ has them', async (t) => {
  const { store, ref, account, file } = await withQuota(t, 5000, 10);
  await deliver({ store, ref }, 'x'.repeat(100));
  await append(account, inbox, 'y'.repeat(30));
  const [header, ...lines] = (await readFile(file, 'latin1')).trimEnd().split('\n');
  assert.equal(header, '5000S,10C');
  assert.deepEqual(lines, ['0 0', '100 1', '30 1']);
});

test('quota: lines of other programs count', async (t) => {
  const { store, ref, account, file } = await withQuota(t, 1000);
  await deliver({ store, ref }, 'x');
  await appendFile(file, '        900            3\n');
  assert.equal((await account.quota()).usedMessages, 4);
  await assertCode('store.over_quota', () => deliver({ store, ref }, 'x'.repeat(200)));
});

test('quota: an old "over quota" is calculated anew from all folders before mail is refused', async (t) => {
  const { store, ref, account, file, maildir } = await withQuota(t, 1000);
  await deliver({ store, ref }, 'x'.repeat(10));
  await append(account, nameOf('Sent'), 'y'.repeat(20));
  await writeFile(join(maildir, 'new', '1600000001.without-size'), 'z'.repeat(40));
  await appendFile(file, '5000 3\n');
  await assertCode('store.over_quota', () => deliver({ store, ref }, 'x'));
  const past = Date.now() / 1000 - 16 * 60;
  await utimes(file, past, past);
  await deliver({ store, ref }, 'x'.repeat(5));
  assert.deepEqual(await account.quota(), {
    usedBytes: 75,
    usedMessages: 4,
    limitBytes: 1000,
    limitMessages: 0,
    usedMailboxes: (await account.mailboxes()).length,
    limitMailboxes: 0,
  });
});

test('quota: a file above 5,120 octets, without header or with rubbish is calculated anew', async (t) => {
  const { store, ref, account, file } = await withQuota(t, 100_000);
  await deliver({ store, ref }, 'x'.repeat(10));
  for (const text of [`100000S\n${'1 1\n'.repeat(1300)}`, '1 1\n', '', '\u0000\u0001', '100000S\n-50 -1\n']) {
    await writeFile(file, text);
    assert.equal((await account.quota()).usedBytes, 10, JSON.stringify(text.slice(0, 20)));
  }
  assert.ok((await readFile(file)).length < 100);
});

test('quota: an account without limit keeps no file', async (t) => {
  const { store, ref, file } = await withQuota(t, 1000);
  await deliver({ store, ref }, 'x');
  await deliver({ store, ref: accountRef(ref.address) }, 'y');
  await assert.rejects(() => readFile(file), { code: 'ENOENT' });
});

test('quota: check before an account exists', async (t) => {
  const { store } = await openAccountFixture(t);
  const ref = accountRef('nobody-yet@example.test', 100);
  await store.checkQuota(ref, 100);
  await assertCode('store.over_quota', () => store.checkQuota(ref, 101));
});
