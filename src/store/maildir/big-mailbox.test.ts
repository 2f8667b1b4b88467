// A mailbox of a million messages: selecting it costs a few milliseconds and little memory once its columns are read, and
// nothing on the way holds the event loop. Rows are put into the index directly; the files are not needed.

import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import Database from 'better-sqlite3';
import { inbox, openSynced, uidOf } from '../contract/fixture.ts';
import { Flag, type Mailbox } from '../mail-store.ts';
import { type AccountFixture, openAccountFixture } from './fixture.ts';

const messages = 1_000_000;
const idStep = 4_294_967_296;

/** Gives INBOX so many messages, all but the last one seen; the account must not be open. */
async function fillIndex(home: string): Promise<void> {
  const mtime = async (name: string): Promise<string> =>
    String((await stat(join(home, 'Maildir', name), { bigint: true })).mtimeNs);
  const times = [await mtime('new'), await mtime('cur')];
  const db = new Database(join(home, 'tegu.index'));
  try {
    const mailbox = Number(db.prepare('SELECT id FROM mailboxes WHERE name = ?').pluck().get(inbox));
    db.transaction(() => {
      db.prepare(
        `WITH RECURSIVE counted (uid) AS (SELECT 1 UNION ALL SELECT uid + 1 FROM counted WHERE uid < ?)
         INSERT INTO messages (id, mailbox, base, info, place, flags, modseq, size, vsize, date)
         SELECT CAST(? AS INTEGER) + uid, ?, printf('%d.M1P1', 1000000000 + uid), ':2,S', 1,
           CASE WHEN uid = ? THEN 0 ELSE ? END, 1 + uid / 250, 1000, 1000, 1700000000000 + uid FROM counted`,
      ).run(messages, mailbox * idStep, mailbox, messages, Flag.seen);
      db.prepare(
        `UPDATE mailboxes SET uidnext = ?, modseq = 1 + ? / 250, recent = 1, messages = ?, unseen = 1, bytes = ?,
           new_mtime = ?, cur_mtime = ? WHERE id = ?`,
      ).run(messages + 1, messages, messages, messages * 1000, ...times, mailbox);
    })();
  } finally {
    db.close();
  }
}

async function openBig(t: TestContext): Promise<AccountFixture> {
  const fixture = await openAccountFixture(t, { 'store.rescanMinMs': 600_000 });
  (await openSynced(fixture.account)).close();
  await fixture.store.close();
  await fillIndex(fixture.home);
  return { ...fixture, account: await fixture.worker().openAccount(fixture.ref) };
}

/** What SELECT asks of the store. */
async function select({
  account,
}: AccountFixture): Promise<{ mailbox: Mailbox; uids: Uint32Array; ms: number }> {
  const startMs = performance.now();
  const mailbox = await account.open(inbox);
  await mailbox.sync();
  await mailbox.claimRecent();
  const { uids } = await mailbox.view();
  const status = await mailbox.status();
  const unseen = await mailbox.firstUnseen();
  const ms = performance.now() - startMs;
  assert.equal(uids.length, messages);
  assert.equal(status.messages, messages);
  assert.equal(unseen, uidOf(messages));
  return { mailbox, uids, ms };
}

/** Longest time for which the loop did not turn while `work` ran. */
async function longestStall(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  let isRunning = true;
  const turn = (): void => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
    if (isRunning) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  isRunning = false;
  return longest;
}

test('a million messages: select', async (t) => {
  const fixture = await openBig(t);
  const startMs = performance.now();
  const coldStall = await longestStall(() => select(fixture));
  const coldMs = performance.now() - startMs;
  // Relative, since a busy machine stretches both.
  assert.ok(coldStall < coldMs / 4, `the loop stood still for ${coldStall} of ${coldMs} ms`);
  t.diagnostic(`first select: longest stall ${coldStall.toFixed(1)} ms`);
  const times: number[] = [];
  for (let turn = 0; turn < 5; turn++) times.push((await select(fixture)).ms);
  t.diagnostic(`warm select: ${times.map((ms) => ms.toFixed(1)).join(', ')} ms`);
  assert.ok(Math.min(...times) < 50, `select took ${times} ms`);
  const before = process.memoryUsage().arrayBuffers;
  const sessions = await Promise.all(Array.from({ length: 20 }, () => select(fixture)));
  const perSession = (process.memoryUsage().arrayBuffers - before) / sessions.length;
  t.diagnostic(`memory of a session: ${Math.round(perSession / 1024)} KiB`);
  // One array of UIDs for all of them, as long as none of them sees a message come or go.
  assert.ok(perSession < 1024 * 1024, `${perSession} octets a session`);
  await fixture.account.close();
});
