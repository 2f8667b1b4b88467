// Two sessions on one mailbox: what one does, the other is told when and only when the protocol allows it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer, ImapClient } from '../fixture/imap-client.ts';
import { type ImapRig, openRig } from '../fixture/imap-session.ts';
import { withMailboxes } from '../fixture/wrapped-store.ts';

const lines = (answer: Answer): string[] => answer.untagged.map(({ raw }) => raw);
const message = (n: number): Buffer => Buffer.from(`Subject: m${n}\r\n\r\nbody ${n}\r\n`);

/** Runs `work` with two clients that selected an INBOX of `count` messages. */
async function withTwo(
  count: number,
  work: (a: ImapClient, b: ImapClient, rig: ImapRig) => Promise<void>,
): Promise<void> {
  const rig = await openRig();
  try {
    const [a, b] = [await rig.client(), await rig.client()];
    for (let n = 1; n <= count; n++) await a.append('INBOX', message(n));
    await a.ok('SELECT INBOX');
    await b.ok('SELECT INBOX');
    await work(a, b, rig);
  } finally {
    await rig.close();
  }
}

const remove = async (client: ImapClient, set: string) => {
  await client.ok(`STORE ${set} +FLAGS.SILENT (\\Deleted)`);
  await client.ok('EXPUNGE');
};

test('two sessions: a flag change is told once, to the other session only', async () => {
  await withTwo(3, async (a, b) => {
    assert.deepEqual(lines(await a.ok('STORE 1:2 +FLAGS (\\Seen)')).length, 2);
    assert.deepEqual(lines(await a.ok('NOOP')), []);
    assert.deepEqual(lines(await b.ok('NOOP')), ['* 1 FETCH (FLAGS (\\Seen))', '* 2 FETCH (FLAGS (\\Seen))']);
    assert.deepEqual(lines(await b.ok('NOOP')), []);
    await a.ok('STORE 3 +FLAGS.SILENT (\\Flagged)');
    assert.deepEqual(lines(await a.ok('CHECK')), []);
    assert.deepEqual(lines(await b.ok('CHECK')), ['* 3 FETCH (FLAGS (\\Flagged))']);
  });
});

test('two sessions: both changes of one message survive, and both learn the outcome', async () => {
  await withTwo(2, async (a, b) => {
    await a.ok('STORE 1 +FLAGS (\\Answered)');
    assert.deepEqual(lines(await b.ok('STORE 1 +FLAGS (\\Seen)')), [
      '* 1 FETCH (FLAGS (\\Answered))',
      '* 1 FETCH (FLAGS (\\Answered \\Seen))',
    ]);
    assert.deepEqual(lines(await a.ok('STORE 1 -FLAGS.SILENT (\\Answered)')), [
      '* 1 FETCH (FLAGS (\\Answered \\Seen \\Recent))',
      '* 1 FETCH (FLAGS (\\Seen \\Recent))',
    ]);
    assert.deepEqual(lines(await a.ok('NOOP')), []);
  });
});

test('two sessions: new keywords are announced before the first message that has them', async () => {
  await withTwo(1, async (a, b) => {
    await a.ok('STORE 1 +FLAGS ($New)');
    assert.deepEqual(lines(await b.ok('NOOP')), [
      '* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $New)',
      '* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $New \\*)] Flags that are kept',
      '* 1 FETCH (FLAGS ($New))',
    ]);
  });
});

test('two sessions: new mail appears at the end of any command, \\Recent goes to the first told', async () => {
  await withTwo(1, async (a, b, rig) => {
    await rig.deliver(message(2));
    assert.deepEqual(lines(await b.ok('NOOP')), ['* 2 EXISTS', '* 1 RECENT']);
    // The notification reached the other session too: any command will do.
    assert.deepEqual(lines(await a.ok('FETCH 1 UID')), ['* 1 FETCH (UID 1)', '* 2 EXISTS', '* 1 RECENT']);
    assert.deepEqual((await b.fetch('FETCH 2 FLAGS')).get(2)?.get('FLAGS'), ['\\Recent']);
    assert.deepEqual((await a.fetch('FETCH 2 FLAGS')).get(2)?.get('FLAGS'), []);
    await a.append('INBOX', message(3));
    assert.deepEqual(lines(await b.ok('NOOP')), ['* 3 EXISTS', '* 1 RECENT']);
  });
});

test('two sessions: EXPUNGE waits while FETCH, STORE and SEARCH use numbers', async () => {
  await withTwo(5, async (a, b) => {
    await remove(a, '1,3');
    assert.deepEqual(lines(await b.ok('FETCH 2,4 UID')), ['* 2 FETCH (UID 2)', '* 4 FETCH (UID 4)']);
    assert.deepEqual(lines(await b.ok('STORE 4 +FLAGS (\\Seen)')), ['* 4 FETCH (FLAGS (\\Seen))']);
    assert.deepEqual(lines(await b.ok('SEARCH 4:5')), ['* SEARCH 4 5']);
    assert.deepEqual(lines(await b.ok('NOOP')), ['* 3 EXPUNGE', '* 1 EXPUNGE']);
    assert.deepEqual(lines(await b.ok('FETCH 1:* (UID FLAGS)')), [
      '* 1 FETCH (UID 2 FLAGS ())',
      '* 2 FETCH (UID 4 FLAGS (\\Seen))',
      '* 3 FETCH (UID 5 FLAGS ())',
    ]);
  });
});

test('two sessions: UID commands may be followed by EXPUNGE, their answers use the numbers before it', async () => {
  await withTwo(4, async (a, b) => {
    await remove(a, '1');
    assert.deepEqual(lines(await b.ok('UID FETCH 2,4 UID')), [
      '* 2 FETCH (UID 2)',
      '* 4 FETCH (UID 4)',
      '* 1 EXPUNGE',
    ]);
    await remove(a, '1');
    assert.deepEqual(lines(await b.ok('UID STORE 4 +FLAGS (\\Seen)')), [
      '* 3 FETCH (UID 4 FLAGS (\\Seen))',
      '* 1 EXPUNGE',
    ]);
    await remove(a, '1');
    assert.deepEqual(lines(await b.ok('UID SEARCH ALL')), ['* SEARCH 4', '* 1 EXPUNGE']);
  });
});

test('two sessions: mail that comes while both open the mailbox is \\Recent for one of them', async () => {
  let between: (() => Promise<void>) | undefined;
  const wrap = withMailboxes((mailbox) => ({
    async view() {
      const work = between;
      between = undefined;
      await work?.();
      return mailbox.view();
    },
  }));
  const rig = await openRig({ wrap });
  try {
    const [a, b] = [await rig.client(), await rig.client()];
    const recentOf = (answer: Answer): number =>
      Number(/\* (\d+) RECENT/.exec(lines(answer).join('\n'))?.[1]);
    await rig.deliver(message(1));
    let second = 0;
    between = async () => {
      await rig.deliver(message(2));
      second = recentOf(await b.ok('SELECT INBOX'));
    };
    const first = recentOf(await a.ok('SELECT INBOX'));
    assert.equal(first + second, 2);
  } finally {
    await rig.close();
  }
});

test('by number, SEARCH, SORT and THREAD leave out what others expunged and say EXPUNGEISSUED', async () => {
  await withTwo(4, async (a, b) => {
    assert.doesNotMatch((await b.ok('SEARCH ALL')).text, /EXPUNGEISSUED/);
    await remove(a, '2');
    for (const [command, line] of [
      ['SEARCH ALL', '* SEARCH 1 3 4'],
      ['SEARCH RETURN (ALL) 1:3', / ALL 1,3$/],
      ['SORT (ARRIVAL) UTF-8 ALL', '* SORT 1 3 4'],
      ['THREAD REFERENCES UTF-8 ALL', /^\* THREAD \(1\)\(3\)\(4\)$/],
    ] as const) {
      const answer = await b.ok(command);
      assert.match(answer.text, /^\[EXPUNGEISSUED\] ./, command);
      if (typeof line === 'string') assert.deepEqual(lines(answer), [line]);
      else assert.match(lines(answer).join(), line);
    }
    const byUid = await b.ok('UID SEARCH ALL');
    assert.doesNotMatch(byUid.text, /EXPUNGEISSUED/);
    assert.deepEqual(lines(byUid), ['* SEARCH 1 3 4', '* 2 EXPUNGE']);
  });
});

test('by number, messages expunged by others: FETCH and STORE do the rest and say OK [EXPUNGEISSUED], COPY and MOVE NO', async () => {
  await withTwo(4, async (a, b) => {
    await remove(a, '2');
    for (const items of ['UID', 'FLAGS', 'BODY.PEEK[]', 'ENVELOPE', '(UID BODY[TEXT])']) {
      const answer = await b.command(`FETCH 1:3 ${items}`);
      assert.equal(answer.status, 'OK', items);
      assert.match(answer.text, /^\[EXPUNGEISSUED\] ./);
      const numbers = new Set(answer.untagged.map(({ values }) => values[0]));
      assert.deepEqual(numbers, new Set(['1', '3']), items);
    }
    const stored = await b.command('STORE 2:3 +FLAGS (\\Draft)');
    assert.equal(stored.status, 'OK');
    assert.match(stored.text, /^\[EXPUNGEISSUED\] ./);
    assert.deepEqual(lines(stored), ['* 3 FETCH (FLAGS (\\Seen \\Draft))']);
    for (const command of ['COPY 1:2 Archive', 'MOVE 1:2 Archive']) {
      const refused = await b.command(command);
      assert.equal(refused.status, 'NO', command);
      assert.match(refused.text, /^\[EXPUNGEISSUED\] ./, command);
    }
    assert.ok(lines(await a.ok('STATUS Archive (MESSAGES)'))[0]!.endsWith('(MESSAGES 0)'));
  });
});

test('RFC 2180: an expunge between the look and the copy is NO [EXPUNGEISSUED] as well', async () => {
  let race: (() => Promise<unknown>) | undefined;
  const loseRace = async () => {
    const lost = race;
    race = undefined;
    await lost?.();
  };
  const wrap = withMailboxes((mailbox) => ({
    copyTo: async (...args) => {
      await loseRace();
      return await mailbox.copyTo(...args);
    },
    moveTo: async (...args) => {
      await loseRace();
      return await mailbox.moveTo(...args);
    },
  }));
  const rig = await openRig({ wrap });
  try {
    const [a, b] = [await rig.client(), await rig.client()];
    for (let n = 1; n <= 6; n++) await a.append('INBOX', message(n));
    await a.ok('SELECT INBOX');
    await b.ok('SELECT INBOX');
    race = () => remove(a, '1');
    const copied = await b.command('COPY 1:2 Archive');
    assert.match(`${copied.status} ${copied.text}`, /^NO \[EXPUNGEISSUED\] /);
    assert.ok(lines(await a.ok('STATUS Archive (MESSAGES)'))[0]!.endsWith('(MESSAGES 0)'));
    assert.deepEqual(lines(await b.ok('NOOP')), ['* 1 EXPUNGE']);
    race = () => remove(a, '1');
    const moved = await b.command('MOVE 1:2 Archive');
    assert.match(`${moved.status} ${moved.text}`, /^NO \[EXPUNGEISSUED\] /);
    assert.deepEqual(
      lines(moved)
        .slice(0, 1)
        .map((line) => line.replace(/\d+ 3 1\]/, 'N 3 1]')),
      ['* OK [COPYUID N 3 1] Moved'],
    );
    await a.ok('NOOP');
    race = () => remove(a, '1');
    assert.match((await b.ok('UID COPY 4:5 Archive')).text, /^\[COPYUID \d+ 5 2\] /);
  } finally {
    await rig.close();
  }
});

test('two sessions: an expunge of what the other already marked goes well for both', async () => {
  await withTwo(2, async (a, b) => {
    await a.ok('STORE 1 +FLAGS (\\Deleted)');
    await b.ok('STORE 1 +FLAGS (\\Deleted)');
    assert.deepEqual(lines(await a.ok('EXPUNGE')), ['* 1 EXPUNGE']);
    assert.deepEqual(lines(await b.ok('EXPUNGE')), ['* 1 EXPUNGE']);
    assert.deepEqual(lines(await b.ok('FETCH 1 UID')), ['* 1 FETCH (UID 2)']);
  });
});

test('two sessions: a message that came and went between two looks is never announced', async () => {
  await withTwo(1, async (a, b) => {
    await a.append('INBOX', message(2));
    await remove(a, '2');
    assert.deepEqual(lines(await b.ok('NOOP')), []);
    await a.append('INBOX', message(3));
    assert.deepEqual(lines(await b.ok('NOOP')), ['* 2 EXISTS', '* 0 RECENT']);
    assert.deepEqual(lines(await b.ok('FETCH 2 UID')), ['* 2 FETCH (UID 3)']);
  });
});

test('two sessions: changes, removals and arrivals of one moment come in an order that keeps numbers right', async () => {
  await withTwo(4, async (a, b) => {
    await a.ok('STORE 4 +FLAGS (\\Seen)');
    await remove(a, '1:2');
    await a.append('INBOX', message(5));
    assert.deepEqual(lines(await b.ok('NOOP')), [
      '* 4 FETCH (FLAGS (\\Seen))',
      '* 2 EXPUNGE',
      '* 1 EXPUNGE',
      '* 3 EXISTS',
      '* 0 RECENT',
    ]);
  });
});

test('condstore: once switched on, changes by others carry their modification sequence', async () => {
  await withTwo(1, async (a, b) => {
    await b.ok('ENABLE CONDSTORE');
    await a.ok('STORE 1 +FLAGS (\\Seen)');
    const [line] = lines(await b.ok('NOOP'));
    assert.match(line!, /^\* 1 FETCH \(FLAGS \(\\Seen\) MODSEQ \(\d+\)\)$/);
  });
});
