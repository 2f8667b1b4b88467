// dovecot-uidlist: lists that are damaged, exhausted, of version 1, or found a second time. (A real Dovecot's tree is
// adopted in test/store/dovecot.test.ts.)

import assert from 'node:assert/strict';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Transient } from '../../base/outcome.ts';
import { allUids, append, inbox, nameOf, openSynced, readAll } from '../contract/fixture.ts';
import { type AccountFixture, openAccountFixture, recordingLog } from './fixture.ts';

const box = nameOf('Box');

/** A folder as Dovecot would leave it, not opened by us yet. */
async function foreignFolder(t: TestContext, list: string, files: readonly string[], events: string[] = []) {
  const fixture = await openAccountFixture(t, {}, recordingLog(events));
  const folder = join(fixture.maildir, '.Box');
  for (const part of ['tmp', 'new', 'cur']) await mkdir(join(folder, part), { recursive: true });
  await writeFile(join(folder, 'dovecot-uidlist'), list);
  for (const name of files) await writeFile(join(folder, 'cur', name), name);
  return { ...fixture, folder };
}

const twoFiles = ['1600000001.a:2,S', '1600000002.b:2,'];

test('version 1 of the list', async (t) => {
  const { account } = await foreignFolder(t, '1 1234567 20\n7 1600000001.a\n9 1600000002.b:2,S\n', twoFiles);
  const mailbox = await openSynced(account, box);
  assert.equal(mailbox.uidValidity, 1_234_567);
  assert.deepEqual(await allUids(mailbox), [7, 9]);
  assert.equal((await mailbox.view()).uidNext, 20);
});

test('files that the list does not name come after its next UID, names without a file are skipped', async (t) => {
  const list = '3 V1234567 N50 Gabc\n7 :1600000001.a\n8 :1600000000.gone\n';
  const { account } = await foreignFolder(t, list, twoFiles);
  const mailbox = await openSynced(account, box);
  assert.deepEqual(await allUids(mailbox), [7, 50]);
  assert.equal(String(await readAll(mailbox, 50)), '1600000002.b:2,');
});

for (const [why, list] of [
  ['cut', '3 V1234567 N50\n7 :1600000001.a\n9 :16000'],
  ['UIDs not ascending', '3 V1234567 N50\n9 :1600000001.a\n7 :1600000002.b\n'],
  ['no UIDVALIDITY', '3 V0 N50\n7 :1600000001.a\n'],
  ['rubbish', '\u0000\u0001\u0002'],
  ['empty', ''],
] as const) {
  test(`a damaged list (${why}) is not believed: new UIDVALIDITY, nothing lost`, async (t) => {
    const events: string[] = [];
    const { account, folder } = await foreignFolder(t, list, twoFiles, events);
    const mailbox = await openSynced(account, box);
    assert.notEqual(mailbox.uidValidity, 1_234_567);
    assert.deepEqual(await allUids(mailbox), [1, 2]);
    assert.ok(events.includes('store.uidlist_refused'));
    assert.ok(!(await readdir(folder)).includes('dovecot-uidlist'));
  });
}

test('I19: a list that comes back after the index was lost is not adopted with a smaller UIDVALIDITY', async (t) => {
  const list = '3 V1234567 N50\n7 :1600000001.a\n9 :1600000002.b\n';
  const { account, folder } = await foreignFolder(t, list, twoFiles);
  const first = await openSynced(account, box);
  assert.equal(first.uidValidity, 1_234_567);
  await account.delete(box);
  for (const part of ['tmp', 'new', 'cur']) await mkdir(join(folder, part), { recursive: true });
  await writeFile(join(folder, 'dovecot-uidlist'), list);
  const second = await openSynced(account, box);
  assert.ok(second.uidValidity > first.uidValidity);
});

test('a list without a UID left: the folder is numbered anew at once', async (t) => {
  const list = '3 V1234567 N4294967295\n7 :1600000001.a\n';
  const { account } = await foreignFolder(t, list, twoFiles);
  const mailbox = await openSynced(account, box);
  assert.ok(mailbox.uidValidity > 1_234_567);
  assert.deepEqual(await allUids(mailbox), [1, 2]);
});

test('UIDs run out while in use: one temporary error, then a larger UIDVALIDITY with all mail', async (t) => {
  const list = '3 V1234567 N4294967293\n7 :1600000001.a\n9 :1600000002.b\n';
  const { account } = await foreignFolder(t, list, twoFiles);
  const mailbox = await openSynced(account, box);
  assert.equal(await append(account, box, 'last but one'), 4_294_967_293);
  assert.equal(await append(account, box, 'last'), 4_294_967_294);
  await assert.rejects(() => append(account, box, 'one too many'), Transient);
  await assert.rejects(() => mailbox.view(), { code: 'store.no_mailbox' });
  const again = await openSynced(account, box);
  assert.ok(again.uidValidity > mailbox.uidValidity);
  const texts = await Promise.all((await allUids(again)).map((uid) => readAll(again, uid)));
  assert.deepEqual(texts.map(String), ['1600000001.a:2,S', '1600000002.b:2,', 'last but one', 'last']);
});

test('an index lost after adoption gives a new UIDVALIDITY, the old list stays aside', async (t) => {
  const list = '3 V1234567 N50\n7 :1600000001.a\n9 :1600000002.b\n';
  const fixture: AccountFixture & { folder: string } = await foreignFolder(t, list, twoFiles);
  await openSynced(fixture.account, box);
  await append(fixture.account, inbox, 'x');
  await fixture.store.close();
  for (const suffix of ['', '-wal', '-shm'])
    await rm(join(fixture.home, `tegu.index${suffix}`), { force: true });
  const account = await fixture.worker().openAccount(fixture.ref);
  const mailbox = await openSynced(account, box);
  assert.ok(mailbox.uidValidity > 1_234_567);
  assert.deepEqual(await allUids(mailbox), [1, 2]);
});
