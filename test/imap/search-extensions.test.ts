// What the search family adds to plain SEARCH, over a real Maildir: saved results (RFC 5182), parts of results (RFC 9394),
// results kept up to date (RFC 5267), several mailboxes (RFC 7377), fuzzy texts (RFC 6203), ages, save dates and ids.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDateTime } from '../../src/proto/imap/date.ts';
import type { Answer, ImapClient } from '../fixture/imap-client.ts';
import { type ImapRig, openRig, type RigOptions } from '../fixture/imap-session.ts';

const lines = (answer: Answer): string[] => answer.untagged.map(({ raw }) => raw);
const message = (subject: string, body = 'text'): Buffer =>
  Buffer.from(`Subject: ${subject}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${body}\r\n`);

/** A client with INBOX selected, in which messages m1 to m6 are. */
async function withInbox(
  work: (client: ImapClient, rig: ImapRig) => Promise<void>,
  options: RigOptions = {},
): Promise<void> {
  const rig = await openRig(options);
  try {
    const client = await rig.client();
    // A second apart, as far as a client can see.
    for (let n = 1; n <= 6; n++) {
      const date = formatDateTime(Date.now() - (7 - n) * 1000);
      await client.append('INBOX', message(`m${n}`), `"${date}" `);
    }
    await client.ok('SELECT INBOX');
    await work(client, rig);
  } finally {
    await rig.close();
  }
}

/** UIDs of the saved result, as the server tells them. */
async function saved(client: ImapClient): Promise<string> {
  const [line = ''] = lines(await client.ok('UID SEARCH RETURN (ALL) $'));
  return / ALL (\S+)/.exec(line)?.[1] ?? '';
}

test('saved result: FETCH, STORE, COPY, MOVE, EXPUNGE and SEARCH take it', async () => {
  await withInbox(async (client) => {
    await client.ok('CREATE There');
    assert.deepEqual(lines(await client.ok('SEARCH RETURN (SAVE) OR SUBJECT m2 SUBJECT m4')), []);
    assert.deepEqual([...(await client.fetch('FETCH $ (UID)')).keys()], [2, 4]);
    assert.deepEqual([...(await client.fetch('UID FETCH $ (UID)')).keys()], [2, 4]);
    assert.equal((await client.ok('STORE $ +FLAGS (\\Flagged)')).untagged.length, 2);
    assert.deepEqual(lines(await client.ok('SEARCH FLAGGED')), ['* SEARCH 2 4']);
    assert.deepEqual(lines(await client.ok('SEARCH NOT $')), ['* SEARCH 1 3 5 6']);
    assert.deepEqual(lines(await client.ok('SEARCH UID $')), ['* SEARCH 2 4']);
    assert.match((await client.ok('COPY $ There')).text, /COPYUID \d+ 2,4 1:2/);
    await client.ok('STORE $ +FLAGS (\\Deleted)');
    assert.deepEqual(lines(await client.ok('UID EXPUNGE $')), ['* 4 EXPUNGE', '* 2 EXPUNGE']);
    assert.equal(await saved(client), '');
    await client.ok('SEARCH RETURN (SAVE) SUBJECT m5');
    assert.match(lines(await client.ok('MOVE $ There')).join('\n'), /^\* 3 EXPUNGE$/m);
    assert.equal(await saved(client), '');
  });
});

test('saved result: what fails with NO empties it, what fails with BAD does not', async () => {
  // RFC 9051 6.4.4.1 and RFC 5182 2.1.
  const many = Array.from({ length: 6 }, () => 'ALL').join(' ');
  await withInbox(
    async (client) => {
      const cases: [string, string, string][] = [
        ['SEARCH RETURN (SAVE) CHARSET X-NONE SUBJECT $', 'NO', ''],
        ['UID SEARCH RETURN (SAVE) CHARSET X-NONE ALL', 'NO', ''],
        ['SORT RETURN (SAVE) (ARRIVAL) X-NONE ALL', 'NO', ''],
        ['ESEARCH RETURN (SAVE) CHARSET X-NONE ALL', 'NO', ''],
        [`SEARCH RETURN (SAVE) ${many}`, 'NO', ''],
        ['SEARCH RETURN (SAVE) NONSENSE', 'BAD', '2'],
        ['SEARCH RETURN (SAVE) CHARSET X-NONE NONSENSE', 'BAD', '2'],
        ['SEARCH CHARSET X-NONE ALL', 'NO', '2'],
        [`SEARCH ${many}`, 'NO', '2'],
      ];
      for (const [command, status, left] of cases) {
        await client.ok('SEARCH RETURN (SAVE) SUBJECT m2');
        assert.equal((await client.command(command)).status, status, command);
        assert.equal(await saved(client), left, command);
      }
    },
    { settings: { 'imap.maxSearchKeys': 5 } },
  );
});

test('saved result: MIN, MAX and PARTIAL keep what they tell, ALL and COUNT keep everything', async () => {
  await withInbox(async (client) => {
    const cases: [string, string][] = [
      ['SAVE MIN', '2'],
      ['SAVE MAX', '6'],
      ['SAVE MIN MAX', '2,6'],
      ['SAVE MIN COUNT', '2:6'],
      ['SAVE MAX ALL', '2:6'],
      ['SAVE PARTIAL 2:3', '3:4'],
      ['SAVE PARTIAL -1:-2', '5:6'],
      ['SAVE PARTIAL 9:10', ''],
    ];
    for (const [options, kept] of cases) {
      await client.ok(`SEARCH RETURN (${options}) 2:*`);
      assert.equal(await saved(client), kept, options);
    }
    await client.ok('SORT RETURN (SAVE MIN) (REVERSE ARRIVAL) UTF-8 ALL');
    assert.equal(await saved(client), '6');
  });
});

test('saved result: expunged messages leave it, SELECT empties it', async () => {
  await withInbox(async (client, rig) => {
    const other = await rig.client();
    await other.ok('SELECT INBOX');
    await client.ok('SEARCH RETURN (SAVE) 2:4');
    await other.ok('STORE 3 +FLAGS (\\Deleted)');
    await other.ok('EXPUNGE');
    await client.ok('NOOP');
    assert.equal(await saved(client), '2,4');
    await client.ok('SELECT INBOX');
    assert.equal(await saved(client), '');
  });
});

test('partial: windows from both ends, beyond the end NIL; not together with ALL', async () => {
  await withInbox(async (client) => {
    const cases: [string, string][] = [
      ['1:2', '(1:2 1:2)'],
      ['5:9', '(5:9 5:6)'],
      ['2:1', '(1:2 1:2)'],
      ['7:9', '(7:9 NIL)'],
      ['-1:-2', '(-1:-2 5:6)'],
      ['-5:-9', '(-5:-9 1:2)'],
      ['-7:-9', '(-7:-9 NIL)'],
    ];
    for (const [range, told] of cases) {
      const [line = ''] = lines(await client.ok(`UID SEARCH RETURN (PARTIAL ${range}) ALL`));
      assert.ok(line.endsWith(` UID PARTIAL ${told}`), line);
    }
    const [sorted = ''] = lines(
      await client.ok('SORT RETURN (PARTIAL 1:3 COUNT) (REVERSE ARRIVAL) UTF-8 ALL'),
    );
    assert.match(sorted, /COUNT 6 PARTIAL \(1:3 6,5,4\)/);
    for (const range of ['0:1', '1:-1', '1', '1:4294967296']) {
      assert.equal((await client.command(`SEARCH RETURN (PARTIAL ${range}) ALL`)).status, 'BAD', range);
    }
    assert.equal((await client.command('SEARCH RETURN (ALL PARTIAL 1:2) ALL')).status, 'BAD');
  });
});

test('ages, save dates and object ids are keys', async () => {
  await withInbox(async (client) => {
    await client.append('INBOX', message('old'), '"15-Jun-2020 12:00:00 +0000" ');
    await client.ok('NOOP');
    assert.deepEqual(lines(await client.ok('SEARCH OLDER 86400')), ['* SEARCH 7']);
    assert.deepEqual(lines(await client.ok('SEARCH YOUNGER 86400')), ['* SEARCH 1 2 3 4 5 6']);
    assert.equal((await client.command('SEARCH YOUNGER 0')).status, 'BAD');
    assert.deepEqual(lines(await client.ok('SEARCH SAVEDSINCE 1-Jan-2021 7')), ['* SEARCH 7']);
    assert.deepEqual(lines(await client.ok('SEARCH SAVEDBEFORE 1-Jan-2021')), ['* SEARCH']);
    assert.deepEqual(lines(await client.ok('SEARCH SAVEDATESUPPORTED 1:2')), ['* SEARCH 1 2']);
    const ids = (await client.fetch('FETCH 3 (EMAILID)')).get(3)!.get('EMAILID');
    assert.ok(Array.isArray(ids) && typeof ids[0] === 'string');
    assert.deepEqual(lines(await client.ok(`SEARCH EMAILID ${ids[0]}`)), ['* SEARCH 3']);
    assert.deepEqual(lines(await client.ok('SEARCH EMAILID none')), ['* SEARCH']);
    assert.equal((await client.command('SEARCH THREADID *')).status, 'BAD');
  });
});

test('context: another session changes flags, adds and removes; the client hears positions of SORT', async () => {
  await withInbox(async (client, rig) => {
    const other = await rig.client();
    await other.ok('SELECT INBOX');
    const tag = client.send('UID SEARCH RETURN (UPDATE ALL) UNFLAGGED');
    assert.deepEqual(lines(await client.finish(tag)), [`* ESEARCH (TAG "${tag}") UID ALL 1:6`]);
    const sorted = client.send('UID SORT RETURN (UPDATE COUNT) (REVERSE ARRIVAL) UTF-8 UNFLAGGED');
    await client.finish(sorted);
    const heard = async (): Promise<string[]> =>
      lines(await client.ok('NOOP')).filter((line) => line.startsWith('* ESEARCH'));
    await other.ok('STORE 2 +FLAGS (\\Flagged)');
    assert.deepEqual(await heard(), [
      `* ESEARCH (TAG "${tag}") UID REMOVEFROM (0 2)`,
      `* ESEARCH (TAG "${sorted}") UID REMOVEFROM (5 2)`,
    ]);
    await other.ok('STORE 2 -FLAGS (\\Flagged)');
    assert.deepEqual(await heard(), [
      `* ESEARCH (TAG "${tag}") UID ADDTO (0 2)`,
      `* ESEARCH (TAG "${sorted}") UID ADDTO (5 2)`,
    ]);
    await rig.deliver(message('m7'));
    assert.deepEqual(await heard(), [
      `* ESEARCH (TAG "${tag}") UID ADDTO (0 7)`,
      `* ESEARCH (TAG "${sorted}") UID ADDTO (1 7)`,
    ]);
    await other.ok('STORE 1 +FLAGS.SILENT (\\Deleted)');
    await other.ok('EXPUNGE');
    assert.deepEqual(await heard(), [
      `* ESEARCH (TAG "${tag}") UID REMOVEFROM (0 1)`,
      `* ESEARCH (TAG "${sorted}") UID REMOVEFROM (7 1)`,
    ]);
    await client.ok(`CANCELUPDATE "${tag}" "${sorted}"`);
    await other.ok('STORE 1 +FLAGS (\\Flagged)');
    assert.deepEqual(await heard(), []);
    assert.equal((await client.command(`CANCELUPDATE "${tag}"`)).status, 'BAD');
  });
});

test('context: one search too many is answered with NOUPDATE', async () => {
  await withInbox(
    async (client) => {
      await client.ok('SEARCH RETURN (UPDATE) ALL');
      const tag = client.send('SEARCH RETURN (UPDATE COUNT) ALL');
      const answer = await client.finish(tag);
      assert.equal(answer.status, 'OK');
      assert.match(lines(answer).join('\n'), new RegExp(`COUNT 6\n\\* NO \\[NOUPDATE "${tag}"\\]`));
    },
    { settings: { 'imap.maxSearchContexts': 1 } },
  );
});

test('several mailboxes: each answers for itself, missing ones not at all', async () => {
  await withInbox(async (client) => {
    await client.ok('CREATE Work');
    await client.append('Work', message('m2 at work'));
    const tag = client.send('ESEARCH IN (mailboxes (INBOX Work Missing)) SUBJECT m2');
    const answer = await client.finish(tag);
    assert.equal(answer.status, 'OK');
    const told = lines(answer).map((line) => line.replace(/UIDVALIDITY \d+/, 'UIDVALIDITY n'));
    assert.deepEqual(told, [
      `* ESEARCH (TAG "${tag}" MAILBOX "INBOX" UIDVALIDITY n) UID ALL 2`,
      `* ESEARCH (TAG "${tag}" MAILBOX "Work" UIDVALIDITY n) UID ALL 1`,
    ]);
    assert.equal((await client.command('ESEARCH IN (personal) RETURN (SAVE) ALL')).status, 'BAD');
  });
});

test('fuzzy: word forms match, literal ones first', async () => {
  await withInbox(async (client) => {
    await client.append('INBOX', message('runs', 'годовые отчёты отделов'));
    await client.append('INBOX', message('running', 'годовой отчёт отдела'));
    await client.ok('NOOP');
    const fuzzy = async (keys: string): Promise<string> =>
      lines(await client.ok(`SEARCH RETURN (ALL RELEVANCY) CHARSET UTF-8 ${keys}`)).join();
    assert.match(await fuzzy('FUZZY SUBJECT running'), / ALL 7:8 RELEVANCY \(\d{1,2} 100\)$/);
    const word = 'отчёты';
    const literal = `{${Buffer.byteLength(word)}+}\r\n${word}`;
    assert.match(await fuzzy(`FUZZY BODY ${literal}`), / ALL 7:8 RELEVANCY \(100 \d{1,2}\)$/);
    const sorted = lines(await client.ok('SORT (RELEVANCY) UTF-8 FUZZY SUBJECT running'));
    assert.deepEqual(sorted, ['* SORT 8 7']);
  });
});

test('in progress: a search over several batches tells how far it is', async () => {
  await withInbox(
    async (client) => {
      const tag = client.send('SEARCH TEXT nowhere');
      const told = lines(await client.finish(tag)).filter((line) => line.includes('INPROGRESS'));
      for (const line of told) assert.match(line, new RegExp(`\\[INPROGRESS \\("${tag}" [0-5] 6\\)\\]`));
      assert.ok(told.length >= 1);
    },
    { settings: { 'imap.inProgressMs': 0, 'imap.searchBatchMessages': 1 } },
  );
});

test('revision 2 answers ESEARCH; UIDONLY refuses message numbers as keys', async () => {
  await withInbox(async (client, rig) => {
    const second = await rig.client();
    await second.ok('ENABLE IMAP4rev2 UIDONLY');
    await second.ok('SELECT INBOX');
    const tag = second.send('UID SEARCH SUBJECT m3');
    assert.deepEqual(lines(await second.finish(tag)), [`* ESEARCH (TAG "${tag}") UID ALL 3`]);
    const refused = await second.command('UID SEARCH 1:3');
    assert.match(`${refused.status} ${refused.text}`, /^BAD \[UIDREQUIRED\]/);
    assert.match((await second.command('SEARCH ALL')).text, /^\[UIDREQUIRED\]/);
    assert.deepEqual(lines(await client.ok('SEARCH SUBJECT m3')), ['* SEARCH 3']);
  });
});

test('switched off: each capability takes its commands and options with it', async () => {
  const cases: [readonly string[], string][] = [
    [['SEARCHRES'], 'SEARCH RETURN (SAVE) ALL'],
    [['SORT'], 'SORT (ARRIVAL) UTF-8 ALL'],
    [['ESORT'], 'SORT RETURN (ALL) (ARRIVAL) UTF-8 ALL'],
    [['SORT=DISPLAY'], 'SORT (DISPLAYFROM) UTF-8 ALL'],
    [['THREAD=REFS'], 'THREAD REFS UTF-8 ALL'],
    [['CONTEXT=SEARCH', 'CONTEXT=SORT'], 'SEARCH RETURN (UPDATE) ALL'],
    [['PARTIAL', 'CONTEXT=SEARCH', 'CONTEXT=SORT'], 'SEARCH RETURN (PARTIAL 1:2) ALL'],
    [['MULTISEARCH'], 'ESEARCH IN (personal) ALL'],
    [['SEARCH=FUZZY'], 'SEARCH RETURN (RELEVANCY) FUZZY TEXT m'],
  ];
  for (const [capabilities, command] of cases) {
    await withInbox(
      async (client) => {
        const [shown = ''] = lines(await client.ok('CAPABILITY'));
        for (const name of capabilities) assert.ok(!shown.split(' ').includes(name), name);
        assert.equal((await client.command(command)).status, 'BAD', command);
      },
      { settings: { 'imap.disabledCapabilities': [...capabilities] } },
    );
  }
});

test('sort: messages of one second stand in mailbox order, also when reversed', async () => {
  await withInbox(async (client) => {
    const same = '"01-Jan-2026 00:00:00 +0000" ';
    await client.ok('CREATE Same');
    for (let n = 1; n <= 3; n++) await client.append('Same', message(`s${n}`), same);
    await client.ok('SELECT Same');
    for (const criteria of ['ARRIVAL', 'REVERSE ARRIVAL', 'REVERSE DATE']) {
      assert.deepEqual(lines(await client.ok(`SORT (${criteria}) UTF-8 ALL`)), ['* SORT 1 2 3'], criteria);
    }
  });
});
