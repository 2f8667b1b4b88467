// The full-text index answers as a search of the files does: over made-up and collected mail, for needles cut anywhere.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { appendFile, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { foldForSearch, searchableTexts } from '../../native/mime.ts';
import { allUids, append, inbox, mimeLimits, nameOf, openSynced, uidsOf } from '../contract/fixture.ts';
import type { Mailbox } from '../mail-store.ts';
import { type AccountFixture, openAccountFixture, recordingLog } from './fixture.ts';

const fast = { 'store.searchIndexRate': 1_000_000 };

/** Rows of the index; 0 when there is none. */
function indexedMessages(home: string): number {
  const path = join(home, 'tegu.search');
  if (!existsSync(path)) return 0;
  const db = new Database(path, { readonly: true });
  try {
    return Number(db.prepare('SELECT count(*) FROM done').pluck().get());
  } catch (error) {
    // Being made at this moment.
    assert.match((error as Error).message, /no such table/);
    return 0;
  } finally {
    db.close();
  }
}

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 60_000;
  while (!(await condition())) {
    assert.ok(performance.now() < endMs, `waited too long until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Has the whole mailbox indexed. */
async function fill({ home }: AccountFixture, mailbox: Mailbox, count: number): Promise<void> {
  const uids = Uint32Array.from(await allUids(mailbox));
  await mailbox.searchText(uids, 'no such text anywhere', true, mimeLimits);
  await until(`${count} messages are indexed`, () => indexedMessages(home) === count);
}

/** Repeats for a seed. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 4_294_967_296) * below);
  };
}

const words =
  `the quick brown fox 100% "quoted" it's naïve Straße contract invoice Ёлка ёж ЕЛЬ договор счёт оплата письмо
съешь ещё этих мягких французских булок № 12345 a_b c*d (e) {f} <tag> AND OR NEAR emoji 😀 日本語 x=y`.split(
    /\s+/,
  );

function generatedMessage(random: (below: number) => number, at: number): string {
  const text = (length: number): string =>
    Array.from({ length }, () => words[random(words.length)]).join(random(5) === 0 ? '\r\n' : ' ');
  const encode = (value: string): string => `=?utf-8?B?${Buffer.from(value).toString('base64')}?=`;
  const base64 = (value: string): string => Buffer.from(value).toString('base64').replace(/.{76}/g, '$&\r\n');
  const head = `From: ${encode(text(2))} <u${at}@example.test>\r\nSubject: ${encode(text(3))}\r\nMIME-Version: 1.0\r\n`;
  if (random(3) === 0) return `${head}Content-Type: text/plain; charset=utf-8\r\n\r\n${text(60)}\r\n`;
  return `${head}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r
Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64(`<p>${text(40)}</p>`)}\r\n--b\r
Content-Type: text/plain; name*=utf-8''%D1%81%D1%87%D1%91%D1%82.txt\r\n\r\n${text(20)}\r\n--b\r
Content-Type: message/rfc822\r\n\r\nSubject: inner ${at}\r\n\r\n${text(10)}\r\n--b--\r\n`;
}

/** Compares index and files for a needle, in TEXT and BODY. */
async function compare(
  indexed: Mailbox,
  scanned: Mailbox,
  uids: Uint32Array,
  needle: string,
): Promise<number> {
  let found = 0;
  for (const whole of [true, false]) {
    const fromIndex = await indexed.searchText(uids, needle, whole, mimeLimits);
    const fromFiles = await scanned.searchText(uids, needle, whole, mimeLimits);
    assert.deepEqual(fromIndex, fromFiles, `${whole ? 'TEXT' : 'BODY'} ${JSON.stringify(needle)}`);
    found += fromFiles.length;
  }
  return found;
}

/** A piece of a text, somewhere. */
function cut(text: string, random: (below: number) => number): string {
  const characters = [...text];
  const length = 1 + random(random(4) === 0 ? 40 : 8);
  const from = random(Math.max(1, characters.length - length));
  return characters.slice(from, from + length).join('');
}

test('text index: the answers of a file search, for needles cut from generated mail', async (t) => {
  const fixture = await openAccountFixture(t, { ...fast, 'store.searchIndexBytes': 2000 });
  const random = randomNumbers(20_261_125);
  const messages = Array.from({ length: 80 }, (_, at) => generatedMessage(random, at));
  for (const message of messages) await append(fixture.account, inbox, message);
  const mailbox = await openSynced(fixture.account);
  await fill(fixture, mailbox, messages.length);
  const plain = fixture.worker({ 'store.searchIndex': false });
  const account = await plain.openAccount(fixture.ref);
  const scanned = await openSynced(account);
  const uids = Uint32Array.from(await allUids(mailbox));
  const cur = join(fixture.maildir, 'cur');
  const sources = await Promise.all(
    (await readdir(cur)).map((name) => searchableTexts(join(cur, name), false, mimeLimits, 1_000_000)),
  );
  assert.equal(sources.length, messages.length);
  const needles = [
    '',
    'e',
    'ё',
    'ёл',
    '100%',
    '"',
    '""quoted',
    "it's",
    'a_b',
    'c*d',
    'AND',
    ' OR ',
    'NEAR(',
    '😀',
    '日本語',
  ];
  needles.push(
    '\u0001',
    'a\u0001b',
    '\ufffd\ufffd\ufffd',
    '-',
    'header :',
    'body : x',
    'a'.repeat(500),
    '^the',
    '   ',
  );
  for (let turn = 0; turn < 250; turn++) {
    const source = sources[random(sources.length)];
    needles.push(cut(random(2) === 0 ? (source?.header ?? '') : (source?.body ?? ''), random));
  }
  needles.push(...sources.slice(0, 5).map(({ body }) => body.split('\u0001')[1]?.slice(0, 300) ?? ''));
  let found = 0;
  for (const needle of needles) found += await compare(mailbox, scanned, uids, needle);
  assert.ok(found > 1000, `only ${found} matches: nothing was proven`);
  account.close();
});

const corpus = join(dirname(fileURLToPath(import.meta.url)), '../../../../shared/corpora/mail');

test('text index: the answers of a file search, over the corpora', async (t) => {
  if (!existsSync(corpus)) return t.skip('not run: ../shared/corpora/mail is absent');
  const fixture = await openAccountFixture(t, fast);
  const random = randomNumbers(7);
  const files = (await readdir(corpus, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  const cur = join(fixture.maildir, 'cur');
  for (const [at, entry] of files.entries()) {
    const content = await readFile(join(entry.parentPath, entry.name));
    if (content.length < 1_000_000)
      await writeFile(join(cur, `${1_000_000_000 + at}.M1P1.host:2,S`), content);
  }
  const mailbox = await openSynced(fixture.account);
  const uids = Uint32Array.from(await allUids(mailbox));
  await fill(fixture, mailbox, uids.length);
  const account = await fixture.worker({ 'store.searchIndex': false }).openAccount(fixture.ref);
  const scanned = await openSynced(account);
  const names = await readdir(cur);
  for (let turn = 0; turn < 8; turn++) {
    const path = join(cur, names[random(names.length)] ?? '');
    const { header, body } = await searchableTexts(path, true, mimeLimits, 1_000_000);
    for (const text of [header, body]) await compare(mailbox, scanned, uids, cut(text, random));
  }
  account.close();
});

const seventeen = 17;

async function smallMailbox(
  t: TestContext,
  overrides = {},
  events: string[] = [],
): Promise<[AccountFixture, Mailbox]> {
  const fixture = await openAccountFixture(t, { ...fast, ...overrides }, recordingLog(events));
  for (let at = 0; at < seventeen; at++)
    await append(fixture.account, inbox, `Subject: letter\r\n\r\nnumber n${at}n\r\n`);
  return [fixture, await openSynced(fixture.account)];
}

test('text index: no file is opened for what is indexed', async (t) => {
  const [fixture, mailbox] = await smallMailbox(t);
  await fill(fixture, mailbox, seventeen);
  const uids = Uint32Array.from(await allUids(mailbox));
  await rm(join(fixture.maildir, 'cur'), { recursive: true });
  await rm(join(fixture.maildir, 'new'), { recursive: true });
  assert.deepEqual([...(await mailbox.searchText(uids, 'N3N', false, mimeLimits))], [4]);
  assert.equal((await mailbox.searchText(uids, 'LETTER', true, mimeLimits)).length, seventeen);
  assert.equal((await mailbox.searchText(uids, 'letter', false, mimeLimits)).length, 0);
});

test('text index: new mail is found before and after it is indexed; what is expunged leaves the index', async (t) => {
  const [fixture, mailbox] = await smallMailbox(t);
  await fill(fixture, mailbox, seventeen);
  await append(fixture.account, inbox, 'Subject: fresh\r\n\r\nbrandnew\r\n');
  await mailbox.sync();
  const uids = Uint32Array.from(await allUids(mailbox));
  assert.deepEqual([...(await mailbox.searchText(uids, 'brandnew', false, mimeLimits))], [18]);
  await until('the new message is indexed', () => indexedMessages(fixture.home) === seventeen + 1);
  assert.deepEqual([...(await mailbox.searchText(uids, 'brandnew', false, mimeLimits))], [18]);
  await mailbox.storeFlags(uidsOf(2, 18), 'add', ['\\Deleted']);
  await mailbox.expunge();
  await until('two messages have left', () => indexedMessages(fixture.home) === seventeen - 1);
  const left = Uint32Array.from(await allUids(mailbox));
  assert.equal((await mailbox.searchText(left, 'brandnew', false, mimeLimits)).length, 0);
});

test('text index: a deleted mailbox leaves the index', async (t) => {
  const [fixture, mailbox] = await smallMailbox(t);
  await fixture.account.create(nameOf('Other'));
  await mailbox.copyTo(Uint32Array.from(await allUids(mailbox)), nameOf('Other'));
  const other = await openSynced(fixture.account, nameOf('Other'));
  await fill(fixture, other, seventeen);
  await fixture.account.delete(nameOf('Other'));
  await until('nothing is left', () => indexedMessages(fixture.home) === 0);
});

test('text index: a file that was edited in place is searched and indexed anew', async (t) => {
  const [fixture, mailbox] = await smallMailbox(t);
  await fill(fixture, mailbox, seventeen);
  const uids = Uint32Array.from(await allUids(mailbox));
  const [name] = await readdir(join(fixture.maildir, 'cur'));
  await appendFile(join(fixture.maildir, 'cur', name ?? ''), 'edited later\r\n');
  // Somebody reads the message, which repairs its size.
  for (const uid of uids) await mailbox.read(uid as never, 0, 1000);
  assert.equal((await mailbox.searchText(uids, 'edited later', false, mimeLimits)).length, 1);
});

test('text index: a damaged file is removed and made again', async (t) => {
  const events: string[] = [];
  const [fixture, mailbox] = await smallMailbox(t, {}, events);
  const path = join(fixture.home, 'tegu.search');
  await writeFile(path, Buffer.alloc(64 * 1024, 'no database '));
  const uids = Uint32Array.from(await allUids(mailbox));
  assert.deepEqual([...(await mailbox.searchText(uids, 'n3n', false, mimeLimits))], [4]);
  assert.ok(events.includes('store.search_index_removed'));
  await fill(fixture, mailbox, seventeen);
  assert.deepEqual([...(await mailbox.searchText(uids, 'n3n', false, mimeLimits))], [4]);
});

test('text index: the file of another account index does not count', async (t) => {
  const [fixture, mailbox] = await smallMailbox(t);
  await fill(fixture, mailbox, seventeen);
  await fixture.store.close();
  // The index is lost and the UIDs of the new one mean other messages.
  for (const suffix of ['', '-wal', '-shm'])
    await rm(join(fixture.home, `tegu.index${suffix}`), { force: true });
  const cur = join(fixture.maildir, 'cur');
  const contents = await Promise.all((await readdir(cur)).map((name) => readFile(join(cur, name), 'utf8')));
  const last = contents.findIndex((content) => content.includes('n16n'));
  await rename(join(cur, (await readdir(cur))[last] ?? ''), join(cur, '1000000000.M1P1.host:2,S'));
  const account = await fixture.worker().openAccount(fixture.ref);
  const again = await openSynced(account);
  const uids = Uint32Array.from(await allUids(again));
  assert.deepEqual([...(await again.searchText(uids, 'n16n', false, mimeLimits))], [1]);
  assert.deepEqual([...(await again.searchText(uids, 'n0n', false, mimeLimits))], [2]);
  account.close();
});

test('text index: few messages make no index, nor does a store without one', async (t) => {
  const [fixture, mailbox] = await smallMailbox(t, { 'store.searchIndex': false });
  const uids = Uint32Array.from(await allUids(mailbox));
  assert.equal((await mailbox.searchText(uids, 'number', false, mimeLimits)).length, seventeen);
  const eager = await fixture.worker({ 'store.searchIndex': true }).openAccount(fixture.ref);
  const few = await openSynced(eager);
  assert.equal((await few.searchText(uids.subarray(0, 16), 'number', false, mimeLimits)).length, 16);
  assert.ok(!existsSync(join(fixture.home, 'tegu.search')));
  await few.searchText(uids, 'number', false, mimeLimits);
  await until('it is made', () => indexedMessages(fixture.home) === seventeen);
  assert.equal((await stat(join(fixture.home, 'tegu.search'))).mode & 0o777, 0o600);
  eager.close();
});

test('text index: folding on both sides', async (t) => {
  const fixture = await openAccountFixture(t, fast);
  for (let at = 0; at < seventeen; at++)
    await append(
      fixture.account,
      inbox,
      'Content-Type: text/plain; charset=utf-8\r\n\r\nСъешь  ЕЩЁ\r\nэтих Straße\r\n',
    );
  const mailbox = await openSynced(fixture.account);
  await fill(fixture, mailbox, seventeen);
  await rename(join(fixture.maildir, 'cur'), join(fixture.home, 'gone'));
  const uids = Uint32Array.from(await allUids(mailbox));
  for (const needle of ['съешь еще этих', 'СЪЕШЬ ЕЩЁ\tЭТИХ', 'straße']) {
    assert.equal((await mailbox.searchText(uids, needle, false, mimeLimits)).length, seventeen, needle);
  }
  assert.equal(foldForSearch('ЁЖ'), 'еж');
});
