// The small text files of an account: subscriptions, keywords, special use, UIDVALIDITY counter.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { MailboxName } from '../../base/brands.ts';
import { Permanent } from '../../base/outcome.ts';
import { type AccountPaths, accountPaths } from './account-path.ts';
import { readKeywords, withKeywords, writeKeywords } from './keyword-file.ts';
import { readSpecialUses, writeSpecialUses } from './special-use.ts';
import { readSubscriptions, renameSubscriptions, writeSubscriptions } from './subscription-file.ts';
import { nextUidValidity, noteUidValidity } from './uid-validity.ts';

async function emptyAccount(t: TestContext): Promise<AccountPaths> {
  const root = await mkdtemp(join(tmpdir(), 'tegu-files-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const paths = accountPaths(root, 'a@b.test');
  await mkdir(join(paths.maildir, 'tmp'), { recursive: true });
  return paths;
}

const names = (...texts: string[]): MailboxName[] => texts as MailboxName[];

test('subscriptions: Dovecot’s format, there and back', async (t) => {
  const paths = await emptyAccount(t);
  assert.deepEqual(await readSubscriptions(paths), []);
  const list = names('INBOX', 'A/B', 'Абв&где', 'a.b', 'tab\there');
  await writeSubscriptions(paths, list);
  const text = await readFile(join(paths.maildir, 'subscriptions'), 'utf8');
  assert.ok(text.startsWith('V\t2\n\nINBOX\nA\tB\n'), text);
  assert.ok(text.includes('\n&BBAEMQQy-&-&BDMENAQ1-\n'));
  assert.deepEqual(new Set(await readSubscriptions(paths)), new Set(list));
});

test('subscriptions: the older format is read, too', async (t) => {
  const paths = await emptyAccount(t);
  await writeFile(join(paths.maildir, 'subscriptions'), 'inbox\nA.B\n&BBAEMQQy-\nC/D\n');
  assert.deepEqual(await readSubscriptions(paths), names('INBOX', 'A/B', 'C/D', 'Абв'));
});

test('subscriptions: rename touches the name and what is below it only', () => {
  const before = names('A', 'A/B', 'AB', 'X/A');
  assert.deepEqual(
    renameSubscriptions(before, 'A' as MailboxName, 'Z/Q' as MailboxName),
    names('Z/Q', 'Z/Q/B', 'AB', 'X/A'),
  );
});

test('keywords: positions, gaps, rubbish', async (t) => {
  const { maildir } = await emptyAccount(t);
  assert.deepEqual((await readKeywords(maildir)).names.filter(Boolean), []);
  await writeFile(join(maildir, 'dovecot-keywords'), '0 one\n2 three\n');
  const { names: table } = await readKeywords(maildir);
  const grown = withKeywords(table, ['THREE', 'two', 'four']);
  assert.deepEqual(grown.slice(0, 4), ['one', 'two', 'three', 'four']);
  await writeKeywords(maildir, grown);
  assert.deepEqual((await readKeywords(maildir)).names.slice(0, 4), ['one', 'two', 'three', 'four']);
});

test('keywords: 26 letters and no more', () => {
  const full = Array.from({ length: 26 }, (_, at) => `k${at}`);
  assert.deepEqual(withKeywords(full.slice(0, 25), ['k25']), full);
  assert.throws(() => withKeywords(full, ['one-more']), Permanent);
  assert.throws(() => withKeywords([], ['x'.repeat(251)]), Permanent);
});

test('special use: unknown uses are ignored, order does not matter', async (t) => {
  const paths = await emptyAccount(t);
  assert.equal(await readSpecialUses(paths), undefined);
  await writeSpecialUses(
    paths,
    new Map([
      ['.Sent', 'sent'],
      ['.with space', 'junk'],
    ]),
  );
  assert.deepEqual(
    await readSpecialUses(paths),
    new Map([
      ['.Sent', 'sent'],
      ['.with space', 'junk'],
    ]),
  );
  await writeFile(join(paths.home, 'tegu.specialuse'), 'bogus .X\n\nsent .S\n');
  assert.deepEqual(await readSpecialUses(paths), new Map([['.S', 'sent']]));
});

test('I19: UIDVALIDITY is never 0, never repeats, and outgrows foreign values', async (t) => {
  const paths = await emptyAccount(t);
  const first = await nextUidValidity(paths, 1_700_000_000_999);
  assert.equal(first, 1_700_000_000);
  assert.equal(await nextUidValidity(paths, 1_700_000_000_999), first + 1);
  // A clock that went back.
  assert.equal(await nextUidValidity(paths, 1_000), first + 2);
  assert.equal(await nextUidValidity(paths, 1_000, 1_800_000_000), 1_800_000_001);
  await noteUidValidity(paths, 1_900_000_000);
  await noteUidValidity(paths, 5);
  assert.equal(await nextUidValidity(paths, 1_700_000_000_000), 1_900_000_001);
  await writeFile(paths.uidValidity, 'rubbish');
  assert.equal(await nextUidValidity(paths, 1_700_000_000_000), 1_700_000_000);
  await writeFile(paths.uidValidity, '4294967295\n');
  assert.ok((await nextUidValidity(paths, 1_700_000_000_000)) >= 1);
});
