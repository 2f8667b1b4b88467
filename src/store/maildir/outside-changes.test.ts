// What other programs do to a Maildir while we serve it: mutt, procmail, backup tools, administrators, attackers.

import assert from 'node:assert/strict';
import { mkdir, readdir, rename, rm, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  allUids,
  append,
  assertCode,
  deliver,
  flagsOf,
  inbox,
  nameOf,
  openSynced,
  readAll,
  uidsOf,
} from '../contract/fixture.ts';
import type { Mailbox } from '../mail-store.ts';
import { openAccountFixture, recordingLog } from './fixture.ts';

async function onlyFile(directory: string): Promise<string> {
  const names = await readdir(directory);
  assert.equal(names.length, 1, names.join(' '));
  return names[0] as string;
}

/** Our own files in the order in which they were made: the microseconds in names have no leading zeros, the counter tells. */
async function filesInOrder(directory: string): Promise<string[]> {
  const counter = (name: string): number => Number(/Q(\d+)R/.exec(name)?.[1]);
  return (await readdir(directory)).sort((left, right) => counter(left) - counter(right));
}

async function textOf(mailbox: Mailbox, uid: number): Promise<string> {
  return String(await readAll(mailbox, uid));
}

test('M04: mail in new/ is read by UID before and after its move to cur/', async (t) => {
  const fixture = await openAccountFixture(t);
  await deliver(fixture, 'still in new');
  const mailbox = await openSynced(fixture.account);
  assert.equal(await textOf(mailbox, 1), 'still in new');
  assert.match(await onlyFile(join(fixture.maildir, 'new')), /,S=12,W=12$/);
  await mailbox.claimRecent();
  assert.equal(await textOf(mailbox, 1), 'still in new');
  assert.deepEqual(await readdir(join(fixture.maildir, 'new')), []);
  assert.match(await onlyFile(join(fixture.maildir, 'cur')), /:2,$/);
});

test('M04: another program moves mail from new/ to cur/ behind our back', async (t) => {
  const fixture = await openAccountFixture(t);
  await deliver(fixture, 'moved by mutt');
  const mailbox = await openSynced(fixture.account);
  const name = await onlyFile(join(fixture.maildir, 'new'));
  await rename(join(fixture.maildir, 'new', name), join(fixture.maildir, 'cur', `${name}:2,S`));
  assert.equal(await textOf(mailbox, 1), 'moved by mutt');
  await mailbox.sync();
  assert.deepEqual(await flagsOf(mailbox, 1), ['\\Seen']);
  assert.deepEqual(await allUids(mailbox), [1]);
});

test('M01: a file renamed by another program is found again for reading, STORE, COPY and MOVE', async (t) => {
  const fixture = await openAccountFixture(t);
  const mailbox = await openSynced(fixture.account);
  const cur = join(fixture.maildir, 'cur');
  const steps: [flags: string, work: () => Promise<unknown>][] = [
    ['F', async () => assert.equal(await textOf(mailbox, 1), 'message')],
    ['FS', () => mailbox.storeFlags(uidsOf(1), 'add', ['\\Draft'])],
    ['FRS', () => mailbox.copyTo(uidsOf(1), nameOf('Sent'))],
    ['FR', () => mailbox.moveTo(uidsOf(1), nameOf('Trash'))],
  ];
  await append(fixture.account, inbox, 'message');
  for (const [flags, work] of steps) {
    const name = await onlyFile(cur);
    await rename(join(cur, name), join(cur, `${name.slice(0, name.indexOf(':'))}:2,${flags}`));
    await work();
  }
  const trash = await openSynced(fixture.account, nameOf('Trash'));
  assert.deepEqual(await flagsOf(trash, 1), ['\\Answered', '\\Flagged']);
  assert.equal(await textOf(trash, 1), 'message');
  assert.deepEqual(await allUids(mailbox), []);
});

test('M01: a file that vanished is an expunged message, the rest of a STORE is done', async (t) => {
  const fixture = await openAccountFixture(t);
  for (const text of ['one', 'two', 'three']) await append(fixture.account, inbox, text);
  const mailbox = await openSynced(fixture.account);
  const { highestModSeq } = await mailbox.view();
  const names = await filesInOrder(join(fixture.maildir, 'cur'));
  await unlink(join(fixture.maildir, 'cur', names[1] as string));
  const { rows } = await mailbox.storeFlags(uidsOf(1, 2, 3), 'add', ['\\Seen']);
  assert.deepEqual([...rows.uids], [1, 3]);
  assert.deepEqual([...(await mailbox.changesSince(highestModSeq)).expunged], [2]);
  await assertCode('store.expunged', () => readAll(mailbox, 2));
});

test('flags changed by another program come with a larger MODSEQ', async (t) => {
  const fixture = await openAccountFixture(t);
  for (const text of ['one', 'two']) await append(fixture.account, inbox, text);
  const mailbox = await openSynced(fixture.account);
  const { highestModSeq } = await mailbox.view();
  const cur = join(fixture.maildir, 'cur');
  const name = (await filesInOrder(cur))[0] as string;
  await rename(join(cur, name), join(cur, name.replace(':2,', ':2,FPS')));
  await mailbox.sync();
  const { changed } = await mailbox.changesSince(highestModSeq);
  assert.deepEqual([...changed.uids], [1]);
  assert.deepEqual(await flagsOf(mailbox, 1), ['\\Flagged', '\\Seen']);
  await mailbox.storeFlags(uidsOf(1), 'remove', ['\\Flagged']);
  assert.ok(
    (await readdir(cur)).some((file) => file.endsWith(':2,PS')),
    'the unknown letter P stays',
  );
});

test('mail put into new/ and cur/ by other programs gets UIDs in order of arrival', async (t) => {
  const fixture = await openAccountFixture(t);
  const mailbox = await openSynced(fixture.account);
  await writeFile(join(fixture.maildir, 'new', '1600000002.M5P1.host'), 'third');
  await writeFile(join(fixture.maildir, 'cur', '1600000001.M10P1.host:2,RS'), 'second');
  await writeFile(join(fixture.maildir, 'cur', '1600000001.M9P1.host:2,'), 'first');
  await mailbox.sync();
  const texts = await Promise.all((await allUids(mailbox)).map((uid) => textOf(mailbox, uid)));
  assert.deepEqual(texts, ['first', 'second', 'third']);
  assert.deepEqual(await flagsOf(mailbox, 2), ['\\Answered', '\\Seen']);
});

test('files with LF line ends are served as CRLF, ranges and sizes too', async (t) => {
  const fixture = await openAccountFixture(t);
  const mailbox = await openSynced(fixture.account);
  await writeFile(join(fixture.maildir, 'new', '1600000001.P1.host'), 'a: b\n\nline\r\nx\n');
  await writeFile(join(fixture.maildir, 'new', '1600000002.P1.host,S=4,W=6'), 'a\nb\n');
  await mailbox.sync();
  assert.equal(await textOf(mailbox, 1), 'a: b\r\n\r\nline\r\nx\r\n');
  assert.equal(await textOf(mailbox, 2), 'a\r\nb\r\n');
  assert.deepEqual([...(await mailbox.rows(uidsOf(1, 2))).sizes], [17, 6]);
  assert.equal(String(await mailbox.read(2 as never, 1, 4)), '\r\nb');
  await mailbox.copyTo(uidsOf(2), nameOf('Sent'));
  const sent = await openSynced(fixture.account, nameOf('Sent'));
  assert.equal(await textOf(sent, 1), 'a\r\nb\r\n');
});

test('M02: wrong S= and W= in a name: true size served, name repaired, UID kept', async (t) => {
  const fixture = await openAccountFixture(t);
  const mailbox = await openSynced(fixture.account);
  await writeFile(join(fixture.maildir, 'cur', '1600000001.P1.host,S=5932,W=6025:2,S'), 'a\nb\n');
  await writeFile(join(fixture.maildir, 'cur', '1600000002.P1.host,S=4,W=2:2,'), 'a\nb\n');
  await mailbox.sync();
  assert.deepEqual([...(await mailbox.rows(uidsOf(1, 2))).sizes], [6, 6]);
  assert.equal(await textOf(mailbox, 1), 'a\r\nb\r\n');
  const names = await filesInOrder(join(fixture.maildir, 'cur'));
  assert.deepEqual(names, ['1600000001.P1.host,S=4,W=6:2,S', '1600000002.P1.host,S=4,W=6:2,']);
  await mailbox.sync();
  assert.deepEqual(await allUids(mailbox), [1, 2]);
});

test('I10: a file edited in place is served with its true size from the next look on', async (t) => {
  const fixture = await openAccountFixture(t);
  await append(fixture.account, inbox, '0123456789');
  const mailbox = await openSynced(fixture.account);
  const cur = join(fixture.maildir, 'cur');
  for (const text of ['0123', '0123456789abcdef']) {
    await writeFile(join(cur, await onlyFile(cur)), text);
    await readAll(mailbox, 1);
    assert.deepEqual([...(await mailbox.rows(uidsOf(1))).sizes], [text.length]);
    assert.equal(await textOf(mailbox, 1), text);
    assert.match(await onlyFile(cur), new RegExp(`,S=${text.length},W=${text.length}:2,$`));
  }
  assert.equal((await mailbox.status()).sizeBytes, 16);
});

test('one bad file never breaks a folder', async (t) => {
  const events: string[] = [];
  const fixture = await openAccountFixture(t, {}, recordingLog(events));
  const cur = join(fixture.maildir, 'cur');
  await writeFile(
    Buffer.concat([Buffer.from(`${cur}/1600000001.`), Buffer.from([0xff]), Buffer.from(':2,')]),
    'not utf-8',
  );
  await writeFile(join(cur, '1600000002.ёж:2,S'), 'utf-8');
  await writeFile(join(cur, '1600000003.x:2,'), 'duplicate');
  await writeFile(join(cur, '1600000003.x:2,S'), 'duplicate');
  await writeFile(join(cur, `1600000004.${'n'.repeat(230)}:2,`), 'long');
  await writeFile(join(cur, '.hidden'), 'dot');
  await mkdir(join(cur, '1600000005.directory:2,'));
  const mailbox = await openSynced(fixture.account);
  const texts = await Promise.all((await allUids(mailbox)).map((uid) => textOf(mailbox, uid)));
  assert.deepEqual(texts, ['utf-8', 'duplicate', 'long']);
  await mailbox.storeFlags(uidsOf(1), 'add', ['\\Flagged']);
  assert.ok((await readdir(cur)).includes('1600000002.ёж:2,FS'));
  assert.ok(events.includes('store.files_left_out'));
});

test('symbolic links are neither folders nor messages', async (t) => {
  const fixture = await openAccountFixture(t);
  const victim = join(fixture.root, 'victim');
  for (const part of ['', 'cur', 'new', 'tmp']) await mkdir(join(victim, part), { recursive: true });
  await writeFile(join(victim, 'cur', '1600000001.x:2,'), 'secret');
  await symlink(victim, join(fixture.maildir, '.Link'));
  await mkdir(join(fixture.maildir, '.Half'));
  await symlink(join(victim, 'cur'), join(fixture.maildir, '.Half', 'cur'));
  await symlink(join(victim, 'cur', '1600000001.x:2,'), join(fixture.maildir, 'cur', '1600000001.link:2,'));
  const mailbox = await openSynced(fixture.account);
  assert.deepEqual(await allUids(mailbox), []);
  const names = (await fixture.account.mailboxes()).map(({ name }) => String(name));
  assert.ok(!names.includes('Link') && !names.includes('Half'));
  await assertCode('store.no_mailbox', () => fixture.account.open(nameOf('Link')));
  await assertCode('store.no_mailbox', () => fixture.account.open(nameOf('Half')));
});

test('folders made, removed and made again by other programs', async (t) => {
  const fixture = await openAccountFixture(t);
  const folder = join(fixture.maildir, '.Outside');
  const make = async (): Promise<void> => {
    for (const part of ['', 'new', 'tmp', 'cur']) await mkdir(join(folder, part));
    await writeFile(join(folder, 'cur', '1600000001.x:2,F'), 'from outside');
  };
  await make();
  const first = await openSynced(fixture.account, nameOf('Outside'));
  assert.deepEqual(await flagsOf(first, 1), ['\\Flagged']);
  await rm(folder, { recursive: true });
  await assertCode('store.no_mailbox', () => first.sync());
  assert.ok(!(await fixture.account.mailboxes()).some(({ name }) => name === 'Outside'));
  await make();
  const second = await openSynced(fixture.account, nameOf('Outside'));
  assert.ok(second.uidValidity > first.uidValidity);
  await assertCode('store.no_mailbox', () => first.view());
});

test('a folder without new/ and tmp/ is repaired, mail in cur/ stays', async (t) => {
  const fixture = await openAccountFixture(t);
  await append(fixture.account, inbox, 'kept');
  const mailbox = await openSynced(fixture.account);
  for (const part of ['new', 'tmp']) await rm(join(fixture.maildir, part), { recursive: true });
  await mailbox.sync();
  assert.equal(await textOf(mailbox, 1), 'kept');
  await deliver(fixture, 'works again');
  await mailbox.sync();
  assert.deepEqual(await allUids(mailbox), [1, 2]);
});

test('keywords: names written by another program are seen, a lost file is restored from the index', async (t) => {
  const fixture = await openAccountFixture(t);
  await append(fixture.account, inbox, 'one', ['Ours']);
  const mailbox = await openSynced(fixture.account);
  const cur = join(fixture.maildir, 'cur');
  await writeFile(join(fixture.maildir, 'dovecot-keywords'), '0 Ours\n3 Theirs\n');
  await rename(join(cur, await onlyFile(cur)), join(cur, '1600000001.x:2,ad'));
  await mailbox.sync();
  const uid = (await allUids(mailbox))[0] as number;
  assert.deepEqual(await flagsOf(mailbox, uid), ['Ours', 'Theirs']);
  await rm(join(fixture.maildir, 'dovecot-keywords'));
  await mailbox.storeFlags(uidsOf(uid), 'add', ['Third']);
  assert.deepEqual(await flagsOf(mailbox, uid), ['Ours', 'Theirs', 'Third']);
});

test('letters without a name are not shown and not lost', async (t) => {
  const fixture = await openAccountFixture(t);
  const cur = join(fixture.maildir, 'cur');
  await writeFile(join(cur, '1600000001.x:2,Scz'), 'one');
  const mailbox = await openSynced(fixture.account);
  assert.deepEqual([...(await mailbox.rows(uidsOf(1))).flags], [8]);
  await mailbox.storeFlags(uidsOf(1), 'add', ['\\Flagged']);
  assert.equal(await onlyFile(cur), '1600000001.x:2,FScz');
});

test('remains of crashed writers leave tmp/ after 36 hours, younger files stay', async (t) => {
  const fixture = await openAccountFixture(t);
  const tmp = join(fixture.maildir, 'tmp');
  await writeFile(join(tmp, 'young'), 'x');
  await writeFile(join(tmp, 'old'), 'x');
  const worker = fixture.worker({ 'store.tmpMaxAgeSeconds': -1 });
  const later = fixture.worker();
  await utimes(join(tmp, 'old'), 0, 0);
  // ctime cannot be set back: the file counts as touched until the limit lies in the future.
  const account = await later.openAccount(fixture.ref);
  account.close();
  await later.close();
  assert.deepEqual((await readdir(tmp)).sort(), ['old', 'young']);
  (await worker.openAccount(fixture.ref)).close();
  await worker.close();
  assert.deepEqual(await readdir(tmp), []);
});
