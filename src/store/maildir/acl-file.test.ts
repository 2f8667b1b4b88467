import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { MailboxName } from '../../base/brands.ts';
import { formatRights, parseRights } from '../acl.ts';
import { assertCode } from '../contract/fixture.ts';
import { formatAcl, parseAcl } from './acl-file.ts';
import { openAccountFixture, storeAt } from './fixture.ts';

const inbox = 'INBOX' as MailboxName;
const lr = parseRights('lr')!;

test('dovecot-acl: lines of Dovecot, and the same text back', () => {
  const text = [
    '# a comment',
    'user=bob lr',
    '-user=carol@other.test wt :named rights',
    'group=sales lrs',
    'anyone l',
    'authenticated lr :lookup',
    '"user=dave@example.test" a',
    '',
  ].join('\n');
  const { entries, isReadable } = parseAcl(text, 'example.test');
  assert.equal(isReadable, true);
  assert.deepEqual(
    entries.map(({ identifier, rights }) => `${identifier} ${formatRights(rights)}`),
    [
      'bob@example.test lr',
      '-carol@other.test wt',
      '$sales lrs',
      'anyone l',
      'authenticated lr',
      'dave@example.test a',
    ],
  );
  assert.deepEqual(parseAcl(formatAcl(entries), 'example.test').entries, entries);
});

test('dovecot-acl: a line that is not understood gives nobody anything', () => {
  for (const line of [
    'group-override=x lr',
    'user=bob lrZ',
    'user=a b lr',
    '$sales lr',
    'bob@example.test lr',
    '=',
  ]) {
    const { entries, isReadable } = parseAcl(`anyone lr\n${line}\n`, 'example.test');
    assert.deepEqual([entries, isReadable], [[], false], line);
  }
});

test('dovecot-acl: more lines than a list may have give nothing', () => {
  const lines = Array.from({ length: 1001 }, (_, i) => `user=u${i}@example.test l\n`);
  assert.equal(parseAcl(lines.slice(1).join(''), 'example.test').entries.length, 1000);
  assert.equal(parseAcl(lines.join(''), 'example.test').isReadable, false);
});

test('acl: lists of an adopted tree count, an unreadable one is not overwritten', async (t) => {
  const { account, maildir } = await openAccountFixture(t);
  await mkdir(join(maildir, '.Old/cur'), { recursive: true });
  await writeFile(join(maildir, '.Old/dovecot-acl'), 'user=bob lr\n');
  const old = 'Old' as MailboxName;
  assert.deepEqual(
    (await account.acl(old)).map(({ identifier }) => identifier),
    ['bob@example.test'],
  );
  await writeFile(join(maildir, '.Old/dovecot-acl'), 'user=bob lr\ngroup-override=x a\n');
  assert.deepEqual(await account.acl(old), []);
  await assertCode('store.acl_unreadable', () => account.setAcl(old, 'anyone', lr));
  assert.match(await readFile(join(maildir, '.Old/dovecot-acl'), 'utf8'), /group-override/);
});

test('acl and annotations: survive the loss of the index; the share list is built anew when it is lost', async (t) => {
  const { root, account, store, home } = await openAccountFixture(t);
  await account.setAcl(inbox, 'bob@example.test', lr);
  const limits = { maxValueBytes: 100, maxEntries: 10 };
  await account.setAnnotations(inbox, new Map([['/shared/comment', Buffer.from('x')]]), limits);
  account.close();
  await store.close();
  for (const file of ['tegu.index', 'tegu.index-wal', 'tegu.index-shm'])
    await rm(join(home, file), { force: true });
  for (const file of ['tegu.shares', 'tegu.shares-wal', 'tegu.shares-shm'])
    await rm(join(root, file), { force: true });
  const again = storeAt(root);
  t.after(() => again.close());
  const reopened = await again.openAccount({
    address: 'alice@example.test',
    quotaBytes: 0,
    quotaMessages: 0,
  });
  assert.equal((await reopened.acl(inbox)).length, 1);
  assert.equal((await reopened.annotations(inbox)).size, 1);
  let found: readonly unknown[] = [];
  for (let i = 0; i < 200 && found.length === 0; i++) {
    found = await again.sharedWith(['bob@example.test']);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.deepEqual(found, [{ account: 'alice@example.test', mailbox: 'INBOX' }]);
});
