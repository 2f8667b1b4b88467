// QRESYNC (RFC 7162 3.2): what a client that comes back is told, and removals by UID while it is there.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer, ImapClient } from '../fixture/imap-client.ts';
import { type ImapRig, openRig, type RigOptions } from '../fixture/imap-session.ts';
import { withMailboxes } from '../fixture/wrapped-store.ts';

const message = (n: number): Buffer => Buffer.from(`Subject: m${n}\r\n\r\nbody ${n}\r\n`);
const lines = (answer: Answer): string[] => answer.untagged.map(({ raw }) => raw);
const matching = (answer: Answer, pattern: RegExp): string[] =>
  lines(answer).filter((line) => pattern.test(line));

interface Known {
  uidValidity: string;
  modSeq: string;
}

const known = (answer: Answer): Known => ({
  uidValidity: /UIDVALIDITY (\d+)/.exec(lines(answer).join())![1]!,
  modSeq: /HIGHESTMODSEQ (\d+)/.exec(lines(answer).join())![1]!,
});

/** A client with QRESYNC on `count` messages, and a second one without. */
async function withTwo(
  count: number,
  work: (client: ImapClient, other: ImapClient, start: Known, rig: ImapRig) => Promise<void>,
  options: RigOptions = {},
): Promise<void> {
  const rig = await openRig(options);
  try {
    const other = await rig.client();
    for (let n = 1; n <= count; n++) await other.append('INBOX', message(n));
    await other.ok('SELECT INBOX');
    const client = await rig.client();
    assert.deepEqual(lines(await client.ok('ENABLE QRESYNC')), ['* ENABLED QRESYNC']);
    await work(client, other, known(await client.ok('SELECT INBOX')), rig);
  } finally {
    await rig.close();
  }
}

test('I12: coming back brings VANISHED (EARLIER) first, then changed flags with UID and MODSEQ', async () => {
  await withTwo(6, async (client, other, { uidValidity, modSeq }) => {
    await client.ok('UNSELECT');
    await other.ok('STORE 2,4:5 +FLAGS (\\Deleted)');
    await other.ok('EXPUNGE');
    await other.ok('STORE 1 +FLAGS (\\Flagged)');
    const answer = await client.ok(`SELECT INBOX (QRESYNC (${uidValidity} ${modSeq}))`);
    const news = matching(answer, /VANISHED|FETCH/);
    assert.equal(news.length, 2, news.join('\n'));
    assert.equal(news[0], '* VANISHED (EARLIER) 2,4:5');
    assert.match(news[1]!, /^\* 1 FETCH \(UID 1 FLAGS \(\\Flagged\) MODSEQ \(\d+\)\)$/);
  });
});

test('I12: only known UIDs are told of; a pair of number and UID that agrees leaves out what lies below', async () => {
  await withTwo(6, async (client, other, { uidValidity, modSeq }) => {
    await client.ok('UNSELECT');
    await other.ok('STORE 2,5 +FLAGS (\\Deleted)');
    await other.ok('EXPUNGE');
    const select = async (more: string): Promise<string[]> =>
      matching(await client.ok(`SELECT INBOX (QRESYNC (${uidValidity} ${modSeq}${more}))`), /VANISHED|FETCH/);
    assert.deepEqual(await select(' 1:4'), ['* VANISHED (EARLIER) 2']);
    assert.deepEqual(await select(' 3:4'), []);
    assert.deepEqual(await select(' 1:6 (1,3 1,3)'), ['* VANISHED (EARLIER) 2,5']);
    // The client has the third message as number 2: it knows that the second is gone.
    assert.deepEqual(await select(' 1,3:6 (1,2 1,3)'), ['* VANISHED (EARLIER) 5']);
  });
});

test('qresync: another UIDVALIDITY brings no news, and the parameter needs ENABLE', async () => {
  await withTwo(2, async (client, other, { uidValidity, modSeq }) => {
    await other.ok('STORE 1 +FLAGS (\\Deleted)');
    await other.ok('EXPUNGE');
    const answer = await client.ok(`SELECT INBOX (QRESYNC (${Number(uidValidity) + 1} ${modSeq}))`);
    assert.deepEqual(matching(answer, /VANISHED|FETCH/), []);
    assert.equal((await other.command(`SELECT INBOX (QRESYNC (${uidValidity} ${modSeq}))`)).status, 'BAD');
    assert.equal((await other.command('UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)')).status, 'BAD');
    for (const wrong of ['', '()', '(0 1)', '(1 0)', '(1)', '(1 1 1:*', '(1 1 (1 1)', '(1 1 1 1)']) {
      assert.equal((await client.command(`SELECT INBOX (QRESYNC ${wrong})`)).status, 'BAD', wrong);
    }
  });
});

test('I12: removals are VANISHED, own and foreign ones, and the tagged OK says up to where', async () => {
  await withTwo(5, async (client, other) => {
    await client.ok('STORE 1 +FLAGS.SILENT (\\Deleted)');
    const own = await client.ok('EXPUNGE');
    assert.deepEqual(matching(own, /EXPUNGE|VANISHED/), ['* VANISHED 1']);
    assert.match(own.text, /^\[HIGHESTMODSEQ \d+\] ./);
    await other.ok('UID STORE 2:3 +FLAGS (\\Deleted)');
    await other.ok('UID EXPUNGE 2:3');
    const told = await client.ok('NOOP');
    assert.deepEqual(matching(told, /EXPUNGE|VANISHED/), ['* VANISHED 2:3']);
    await client.ok('CREATE There');
    const moved = await client.ok('MOVE 1 There');
    assert.deepEqual(matching(moved, /EXPUNGE|VANISHED/), ['* VANISHED 4']);
    assert.match(moved.text, /^\[HIGHESTMODSEQ \d+\] ./);
    await client.ok('STORE 1 +FLAGS (\\Deleted)');
    assert.match((await client.ok('CLOSE')).text, /^\[HIGHESTMODSEQ \d+\] ./);
  });
});

test('qresync: CLOSE gives no number that would pass over what others did', async () => {
  await withTwo(3, async (client, other) => {
    await client.ok('STORE 1 +FLAGS (\\Deleted)');
    await other.ok('UID STORE 3 +FLAGS (\\Answered)');
    assert.doesNotMatch((await client.ok('CLOSE')).text, /HIGHESTMODSEQ/);
  });
});

test('qresync: flag changes by others carry UID and MODSEQ', async () => {
  await withTwo(2, async (client, other) => {
    await other.ok('STORE 2 +FLAGS (\\Answered)');
    const [line] = matching(await client.ok('NOOP'), /FETCH/);
    assert.match(line!, /^\* 2 FETCH \(UID 2 FLAGS \(\\Answered\) MODSEQ \(\d+\)\)$/);
  });
});

test('qresync: UID FETCH with VANISHED names what is gone within the set', async () => {
  await withTwo(5, async (client, other, { modSeq }) => {
    await other.ok('STORE 2,4 +FLAGS (\\Deleted)');
    await other.ok('EXPUNGE');
    await client.ok('NOOP');
    const answer = await client.ok(`UID FETCH 1:3 (FLAGS) (CHANGEDSINCE ${modSeq} VANISHED)`);
    assert.deepEqual(matching(answer, /VANISHED/), ['* VANISHED (EARLIER) 2']);
    assert.equal((await client.command(`FETCH 1 (FLAGS) (CHANGEDSINCE 1 VANISHED)`)).status, 'BAD');
    assert.equal((await client.command('UID FETCH 1 (FLAGS) (VANISHED)')).status, 'BAD');
  });
});

test('qresync: what is found gone while new mail is announced is told before HIGHESTMODSEQ is', async () => {
  let other: ImapClient | undefined;
  let armed = false;
  const wrap = withMailboxes((mailbox) => ({
    async claimRecent() {
      // Between the two looks of one announcement.
      if (armed && other !== undefined) {
        armed = false;
        await other.ok('UID STORE 2 +FLAGS.SILENT (\\Deleted)');
        await other.ok('UID EXPUNGE 2');
      }
      return mailbox.claimRecent();
    },
  }));
  await withTwo(
    4,
    async (client, second, { uidValidity }) => {
      await client.ok('UID STORE 1 +FLAGS.SILENT (\\Deleted)');
      await second.append('INBOX', message(5));
      other = second;
      armed = true;
      const removed = await client.ok('EXPUNGE');
      const [, told] = /^\[HIGHESTMODSEQ (\d+)\]/.exec(removed.text)!;
      const again = await client.ok(`SELECT INBOX (QRESYNC (${uidValidity} ${told}))`);
      const gone = [...matching(removed, /VANISHED/), ...matching(again, /VANISHED/)].join(' ');
      assert.match(gone, /VANISHED 1\b.*VANISHED (\(EARLIER\) )?2\b/);
    },
    { wrap },
  );
});

test('qresync: a cut expunge log still tells of everything that is gone', async () => {
  await withTwo(
    40,
    async (client, other, { uidValidity, modSeq }) => {
      await client.ok('UNSELECT');
      for (let n = 0; n < 30; n++) {
        await other.ok('STORE 1 +FLAGS.SILENT (\\Deleted)');
        await other.ok('EXPUNGE');
      }
      const answer = await client.ok(`SELECT INBOX (QRESYNC (${uidValidity} ${modSeq} 1:40))`);
      assert.deepEqual(matching(answer, /VANISHED/), ['* VANISHED (EARLIER) 1:30']);
    },
    { settings: { 'store.expungeLogRows': 4 } },
  );
});
