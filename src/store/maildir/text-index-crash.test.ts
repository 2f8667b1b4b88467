// Processes that fill and use one full-text index at the same time and are killed at any moment: it stays usable, and its
// answers stay those of the files.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { accountRef, allUids, mimeLimits, openSynced } from '../contract/fixture.ts';
import { openAccountFixture, recordingLog, storeAt } from './fixture.ts';

const messages = 600;
const rounds = 4;
const self = fileURLToPath(import.meta.url);

/** What a killed process does: searches and removes until its end. */
async function searchForever(root: string): Promise<never> {
  const store = storeAt(root, { 'store.searchIndexRate': 1_000_000 });
  const account = await store.openAccount(accountRef('alice@example.test'));
  const mailbox = await openSynced(account);
  for (;;) {
    const uids = Uint32Array.from(await allUids(mailbox));
    const found = new Set(await mailbox.searchText(uids, 'number', false, mimeLimits));
    await mailbox.sync();
    // The other process removes messages meanwhile.
    const missed = (await allUids(mailbox)).filter((uid) => !found.has(uid));
    process.stdout.write(missed.length === 0 ? '.' : `!${missed}!`);
    if (uids.length < 100) continue;
    await mailbox.storeFlags(uids.subarray(0, 2), 'add', ['\\Deleted']);
    await mailbox.expunge();
  }
}

async function startSearcher(root: string): Promise<{ child: ChildProcess; output: () => string }> {
  const child = spawn(process.execPath, [self, root], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  while (text === '' && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
  return { child, output: () => text };
}

if (process.argv[2] !== undefined) await searchForever(process.argv[2]);
else {
  test('text index: killed while it is filled by two processes, it answers as the files do', async (t) => {
    const events: string[] = [];
    const fixture = await openAccountFixture(t, { 'store.searchIndexRate': 1_000_000 }, recordingLog(events));
    for (let at = 0; at < messages; at++) {
      const body = `Subject: s${at}\r\n\r\nnumber n${at}n ${'words '.repeat(200)}\r\n`;
      await writeFile(join(fixture.maildir, 'cur', `${1_000_000_000 + at}.M1P1.host:2,`), body);
    }
    for (let round = 0; round < rounds; round++) {
      const searchers = await Promise.all([startSearcher(fixture.root), startSearcher(fixture.root)]);
      await new Promise((resolve) => setTimeout(resolve, 40 + 60 * round));
      for (const { child } of searchers) child.kill('SIGKILL');
      await Promise.all(
        searchers.map(({ child }) => child.exitCode ?? child.signalCode ?? once(child, 'exit')),
      );
      for (const { output } of searchers) assert.match(output(), /^\.+$/, 'every search found every message');
    }
    const mailbox = await openSynced(fixture.account);
    const uids = Uint32Array.from(await allUids(mailbox));
    assert.ok(uids.length < messages && uids.length > 20);
    const indexed = (): number => {
      const db = new Database(join(fixture.home, 'tegu.search'), { readonly: true });
      const count = Number(db.prepare('SELECT count(*) FROM done').pluck().get());
      db.close();
      return count;
    };
    for (let turn = 0; indexed() !== uids.length; turn++) {
      assert.ok(turn < 500, `${indexed()} of ${uids.length} are indexed`);
      await mailbox.searchText(uids, 'nowhere to be found', false, mimeLimits);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    for (const at of [messages - 1, messages - 7, messages - 15]) {
      const found = await mailbox.searchText(uids, `n${at}n`, false, mimeLimits);
      assert.deepEqual([...found], [at + 1]);
    }
    assert.equal((await mailbox.searchText(uids, 'n0n', true, mimeLimits)).length, 0);
    assert.deepEqual(
      events.filter((event) => event.startsWith('store.search')),
      [],
    );
    const db = new Database(join(fixture.home, 'tegu.search'));
    assert.equal(db.pragma('integrity_check', { simple: true }), 'ok');
    db.close();
  });
}
