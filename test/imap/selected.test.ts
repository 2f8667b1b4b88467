// SELECT, STORE, EXPUNGE, COPY, MOVE of one session over a real Maildir: answers and their order.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Transient } from '../../src/base/outcome.ts';
import type { Answer, ImapClient } from '../fixture/imap-client.ts';
import { type ImapRig, openRig, type RigOptions } from '../fixture/imap-session.ts';
import { withMailboxes } from '../fixture/wrapped-store.ts';

const lines = (answer: Answer): string[] => answer.untagged.map(({ raw }) => raw);
const message = (n: number): Buffer => Buffer.from(`Subject: m${n}\r\n\r\nbody ${n}\r\n`);

/** Runs `work` with a client on an INBOX of `count` messages, selected. */
async function withInbox(
  count: number,
  work: (client: ImapClient, rig: ImapRig) => Promise<void>,
  options: RigOptions = {},
): Promise<void> {
  const rig = await openRig(options);
  try {
    const client = await rig.client();
    for (let n = 1; n <= count; n++) await client.append('INBOX', message(n));
    await client.ok('SELECT INBOX');
    await work(client, rig);
  } finally {
    await rig.close();
  }
}

const flagsOf = async (client: ImapClient, set = '1:*') =>
  [...(await client.fetch(`FETCH ${set} FLAGS`)).values()].map((items) => items.get('FLAGS'));

test('I11, I13: SELECT of an empty mailbox announces everything, modification sequences begin at 1', async () => {
  await withInbox(0, async (client) => {
    const answer = await client.ok('SELECT INBOX');
    const shown = lines(answer).map((line) =>
      line.replace(/UIDVALIDITY \d+/, 'UIDVALIDITY n').replace(/\(F\S+\)/, '(Fid)'),
    );
    assert.deepEqual(shown, [
      '* OK [CLOSED] Previous mailbox is closed',
      '* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)',
      '* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] Flags that are kept',
      '* 0 EXISTS',
      '* 0 RECENT',
      '* OK [UIDVALIDITY n] UIDs are valid',
      '* OK [UIDNEXT 1] Next UID',
      '* OK [MAILBOXID (Fid)] Mailbox id',
      shown.at(-1),
    ]);
    assert.match(shown.at(-1)!, /^\* OK \[HIGHESTMODSEQ [1-9]\d*\] ./);
    assert.match(answer.text, /^\[READ-WRITE\] ./);
    for (const line of shown) if (line.includes(']')) assert.match(line, /\] \S/, line);
    for (const command of ['FETCH 1:* UID', 'SEARCH 1:*', 'STORE 1:* FLAGS ()', 'UID FETCH * FLAGS']) {
      await client.ok(command);
    }
    assert.equal((await client.command('FETCH 1 UID')).status, 'BAD');
  });
});

test('select: EXISTS, RECENT and the first unseen message', async () => {
  await withInbox(3, async (client, rig) => {
    await client.ok('STORE 1 +FLAGS (\\Seen)');
    const second = await rig.client();
    const examined = await second.ok('EXAMINE INBOX');
    assert.match(examined.text, /^\[READ-ONLY\]/);
    assert.ok(lines(examined).includes('* 3 EXISTS'));
    assert.ok(lines(examined).includes('* 0 RECENT'));
    assert.ok(lines(examined).includes('* OK [UNSEEN 2] First unseen message'));
    assert.ok(lines(examined).includes('* OK [PERMANENTFLAGS ()] Flags that are kept'));
  });
});

test('store: replace, add, remove, keywords, and the forms without parentheses', async () => {
  await withInbox(3, async (client) => {
    const run = async (command: string) => lines(await client.ok(command));
    assert.deepEqual(await run('STORE 1:2 FLAGS (\\Seen)'), [
      '* 1 FETCH (FLAGS (\\Seen \\Recent))',
      '* 2 FETCH (FLAGS (\\Seen \\Recent))',
    ]);
    assert.deepEqual(await run('STORE 2 +FLAGS $Work \\answered'), [
      '* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Work)',
      '* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Work \\*)] Flags that are kept',
      '* 2 FETCH (FLAGS (\\Answered \\Seen $Work \\Recent))',
    ]);
    assert.deepEqual(await run('UID STORE 2 -FLAGS (\\Seen)'), [
      '* 2 FETCH (UID 2 FLAGS (\\Answered $Work \\Recent))',
    ]);
    assert.deepEqual(await run('STORE 1:3 FLAGS.SILENT (\\Draft)'), []);
    assert.deepEqual(await flagsOf(client), [
      ['\\Draft', '\\Recent'],
      ['\\Draft', '\\Recent'],
      ['\\Draft', '\\Recent'],
    ]);
    assert.deepEqual(await run('STORE 1 FLAGS ()'), ['* 1 FETCH (FLAGS (\\Recent))']);
    assert.deepEqual(await run('UID STORE 900 +FLAGS (\\Seen)'), []);
  });
});

test('store: malformed commands are BAD, a read-only mailbox is NO [READ-ONLY]', async () => {
  await withInbox(1, async (client) => {
    for (const command of [
      'STORE 1',
      'STORE 1 FLAGS',
      'STORE 1 FLAGS (\\Recent)',
      'STORE 1 FLAGS (\\Foo)',
      'STORE 1 FLAGS (a b',
      'STORE 1 *FLAGS (a)',
      'STORE 1 FLAGS.LOUD (a)',
      'STORE 2 FLAGS (a)',
      'STORE 1 (UNCHANGEDSINCE) FLAGS (a)',
      'STORE 1 (FOO 1) FLAGS (a)',
      'STORE 1 (UNCHANGEDSINCE 1 UNCHANGEDSINCE 1) FLAGS (a)',
    ]) {
      assert.equal((await client.command(command)).status, 'BAD', command);
    }
    await client.ok('EXAMINE INBOX');
    for (const command of ['STORE 1 +FLAGS (\\Seen)', 'EXPUNGE', 'UID EXPUNGE 1', 'MOVE 1 Trash']) {
      const answer = await client.command(command);
      assert.equal(answer.status, 'NO', command);
      assert.match(answer.text, /^\[READ-ONLY\] ./, command);
    }
    await client.ok('COPY 1 Trash');
    await client.ok('CLOSE');
  });
});

test('condstore: UNCHANGEDSINCE leaves changed messages alone and names them', async () => {
  await withInbox(3, async (client) => {
    const modSeq = async (n: number) =>
      Number(((await client.fetch(`FETCH ${n} MODSEQ`)).get(n)!.get('MODSEQ') as string[])[0]);
    const first = await client.command('FETCH 1 MODSEQ');
    assert.match(first.untagged[0]!.raw, /^\* OK \[HIGHESTMODSEQ \d+\] ./);
    const before = Math.max(await modSeq(1), await modSeq(2), await modSeq(3));
    await client.ok('STORE 2 +FLAGS (\\Flagged)');
    const answer = await client.ok(`STORE 1:3 (UNCHANGEDSINCE ${before}) +FLAGS.SILENT (\\Seen)`);
    assert.match(answer.text, /^\[MODIFIED 2\] ./);
    const silent = lines(answer);
    assert.equal(silent.length, 2);
    assert.match(silent[0]!, /^\* 1 FETCH \(MODSEQ \(\d+\)\)$/);
    assert.match(silent[1]!, /^\* 3 FETCH \(MODSEQ \(\d+\)\)$/);
    assert.ok((await modSeq(1)) > before);
    assert.deepEqual((await flagsOf(client))[1], ['\\Flagged', '\\Recent']);
    const byUid = await client.ok('UID STORE 1:3 (UNCHANGEDSINCE 0) +FLAGS (\\Draft)');
    assert.match(byUid.text, /^\[MODIFIED 1:3\] ./);
    assert.deepEqual(lines(byUid), []);
    const loud = lines(await client.ok('UID STORE 1 +FLAGS (\\Draft)'));
    assert.match(loud[0]!, /^\* 1 FETCH \(UID 1 FLAGS \(\\Seen \\Draft \\Recent\) MODSEQ \(\d+\)\)$/);
  });
});

test('expunge: numbers go down as they are removed, UIDs stay', async () => {
  await withInbox(5, async (client) => {
    await client.ok('STORE 1,3,5 +FLAGS.SILENT (\\Deleted)');
    assert.deepEqual(lines(await client.ok('EXPUNGE')), ['* 5 EXPUNGE', '* 3 EXPUNGE', '* 1 EXPUNGE']);
    assert.deepEqual(lines(await client.ok('FETCH 1:* UID')), ['* 1 FETCH (UID 2)', '* 2 FETCH (UID 4)']);
    assert.deepEqual(lines(await client.ok('EXPUNGE')), []);
  });
});

test('I22: UID EXPUNGE touches only the given set', async () => {
  await withInbox(4, async (client) => {
    await client.ok('STORE 1:3 +FLAGS.SILENT (\\Deleted)');
    assert.deepEqual(lines(await client.ok('UID EXPUNGE 2,4,900')), ['* 2 EXPUNGE']);
    assert.deepEqual(lines(await client.ok('FETCH 1:* UID')).length, 3);
  });
});

test('close: removes silently, UNSELECT and EXAMINE remove nothing', async () => {
  await withInbox(3, async (client) => {
    await client.ok('STORE 1 +FLAGS (\\Deleted)');
    assert.deepEqual(lines(await client.ok('UNSELECT')), []);
    await client.ok('EXAMINE INBOX');
    assert.deepEqual(lines(await client.ok('CLOSE')), []);
    await client.ok('SELECT INBOX');
    assert.deepEqual(lines(await client.ok('CLOSE')), []);
    assert.equal((await client.command('FETCH 1 UID')).status, 'BAD');
    assert.ok(lines(await client.ok('EXAMINE INBOX')).includes('* 2 EXISTS'));
  });
});

test('copy: COPYUID, flags and date travel, a missing folder is NO [TRYCREATE]', async () => {
  await withInbox(3, async (client) => {
    await client.ok('STORE 2 +FLAGS.SILENT (\\Flagged $Work)');
    const date = (await client.fetch('FETCH 2 INTERNALDATE')).get(2)?.get('INTERNALDATE');
    const answer = await client.ok('COPY 2:3 Archive');
    assert.match(answer.text, /^\[COPYUID \d+ 2:3 1:2\] ./);
    const missing = await client.command('COPY 1 Nowhere');
    assert.equal(missing.status, 'NO');
    assert.match(missing.text, /^\[TRYCREATE\] ./);
    assert.equal((await client.command('COPY 9 Archive')).status, 'BAD');
    assert.doesNotMatch((await client.ok('UID COPY 900 Archive')).text, /COPYUID/);
    await client.ok('SELECT Archive');
    const items = (await client.fetch('FETCH 1 (FLAGS INTERNALDATE)')).get(1)!;
    assert.deepEqual(items.get('FLAGS'), ['\\Flagged', '$Work', '\\Recent']);
    assert.deepEqual(items.get('INTERNALDATE'), date);
  });
});

test('move: COPYUID comes before the EXPUNGE answers, nothing else is touched', async () => {
  await withInbox(4, async (client) => {
    await client.ok('STORE 1 +FLAGS.SILENT (\\Deleted)');
    const answer = lines(await client.ok('UID MOVE 2:3 Archive'));
    assert.match(answer[0]!, /^\* OK \[COPYUID \d+ 2:3 1:2\] ./);
    assert.deepEqual(answer.slice(1), ['* 3 EXPUNGE', '* 2 EXPUNGE']);
    assert.deepEqual(lines(await client.ok('FETCH 1:* UID')), ['* 1 FETCH (UID 1)', '* 2 FETCH (UID 4)']);
    const missing = await client.command('MOVE 1 Nowhere');
    assert.match(missing.text, /^\[TRYCREATE\] ./);
    const same = lines(await client.ok('MOVE 2 INBOX'));
    assert.match(same[0]!, /^\* OK \[COPYUID \d+ 4 5\] ./);
    assert.deepEqual(same.slice(1, 3), ['* 2 EXPUNGE', '* 2 EXISTS']);
  });
});

test('announcement: news that could not be looked up is told after a later command', async () => {
  let failures = 0;
  const wrap = withMailboxes((mailbox) => ({
    sync: async () => {
      if (failures-- > 0) throw new Transient('store.busy', 'made up by the test');
      await mailbox.sync();
    },
  }));
  await withInbox(
    1,
    async (client, rig) => {
      await client.ok('NOOP');
      failures = 1;
      await rig.deliver(message(2));
      assert.deepEqual(lines(await client.ok('FETCH 1 UID')), ['* 1 FETCH (UID 1)']);
      assert.deepEqual(lines(await client.ok('FETCH 1 UID')), [
        '* 1 FETCH (UID 1)',
        '* 2 EXISTS',
        '* 2 RECENT',
      ]);
    },
    { wrap },
  );
});
