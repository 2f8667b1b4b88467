// What ENABLE changes for a session: IMAP4rev2, UTF8=ACCEPT, UIDONLY; and the way back, UNAUTHENTICATE.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer, ImapClient } from '../fixture/imap-client.ts';
import { type ImapRig, openRig, type RigOptions } from '../fixture/imap-session.ts';

const message = (n: number): Buffer => Buffer.from(`Subject: m${n}\r\n\r\nbody ${n}\r\n`);
const lines = (answer: Answer): string[] => answer.untagged.map(({ raw }) => raw);

async function withClient(
  work: (client: ImapClient, rig: ImapRig) => Promise<void>,
  options: RigOptions = {},
): Promise<void> {
  const rig = await openRig(options);
  try {
    const client = await rig.client();
    for (let n = 1; n <= 3; n++) await client.append('INBOX', message(n));
    await work(client, rig);
  } finally {
    await rig.close();
  }
}

test('rev2: SELECT has LIST and neither RECENT nor UNSEEN; \\Recent is gone', async () => {
  await withClient(async (client) => {
    assert.deepEqual(lines(await client.ok('ENABLE IMAP4rev2')), ['* ENABLED IMAP4rev2']);
    const shown = lines(await client.ok('SELECT INBOX')).join('\n');
    assert.match(shown, /^\* LIST \(\) "\/" "?INBOX"?$/m);
    assert.doesNotMatch(shown, /RECENT|UNSEEN/i);
    assert.doesNotMatch(lines(await client.ok('FETCH 1:* FLAGS')).join(), /Recent/);
    assert.equal((await client.command('STATUS INBOX (RECENT)')).status, 'BAD');
    await client.append('INBOX', message(4));
    assert.doesNotMatch(lines(await client.ok('NOOP')).join(), /RECENT/);
  });
});

test('rev2: names are UTF-8, RENAME tells the old one', async () => {
  await withClient(async (client) => {
    await client.ok('ENABLE IMAP4rev2');
    await client.ok('CREATE "Отчёты"');
    const answer = await client.ok('RENAME "Отчёты" "Архив"');
    const renamed = Buffer.from(lines(answer).join('\n'), 'latin1').toString();
    assert.match(renamed, /^\* LIST \(\) "\/" "Архив" \("OLDNAME" \("Отчёты"\)\)$/m);
    const list = Buffer.from(lines(await client.ok('LIST "" *')).join('\n'), 'latin1').toString();
    assert.match(list, /"Архив"$/m);
  });
});

test('enable: what changes the form of names and numbers is refused while a mailbox is selected', async () => {
  await withClient(async (client) => {
    await client.ok('SELECT INBOX');
    for (const name of ['IMAP4rev2', 'UTF8=ACCEPT', 'UIDONLY']) {
      assert.equal((await client.command(`ENABLE ${name}`)).status, 'BAD', name);
    }
    await client.ok('ENABLE CONDSTORE');
  });
});

test('UTF8=ACCEPT: APPEND UTF8 takes a literal8 and keeps its octets', async () => {
  await withClient(async (client) => {
    const text = Buffer.from('Subject: Привет\r\n\r\nтело\r\n');
    const command = Buffer.concat([
      Buffer.from(`APPEND INBOX UTF8 (~{${text.length}+}\r\n`),
      text,
      Buffer.from(')'),
    ]);
    const bad = await client.command(command);
    assert.equal(bad.status, 'BAD');
    await client.ok('ENABLE UTF8=ACCEPT');
    await client.ok(command);
    await client.ok('SELECT INBOX');
    const items = (await client.fetch('FETCH 4 BODY.PEEK[]')).get(4);
    assert.deepEqual(Buffer.from(items!.get('BODY[]') as Buffer), text);
  });
});

test('UIDONLY: answers begin with the UID, removals are VANISHED, message numbers are refused', async () => {
  await withClient(async (client) => {
    await client.ok('ENABLE UIDONLY');
    const select = lines(await client.ok('SELECT INBOX')).join();
    assert.doesNotMatch(select, /UNSEEN/);
    for (const command of [
      'FETCH 1 FLAGS',
      'STORE 1 +FLAGS (\\Seen)',
      'COPY 1 INBOX',
      'MOVE 1 INBOX',
      'SEARCH ALL',
    ]) {
      const answer = await client.command(command);
      assert.equal(answer.status, 'BAD', command);
      assert.match(answer.text, /^\[UIDREQUIRED\]/, command);
    }
    assert.deepEqual(lines(await client.ok('UID FETCH 2 FLAGS')), ['* 2 UIDFETCH (FLAGS (\\Recent))']);
    assert.deepEqual(lines(await client.ok('UID FETCH 2 RFC822.SIZE')), ['* 2 UIDFETCH (RFC822.SIZE 23)']);
    assert.deepEqual(lines(await client.ok('UID STORE 2 +FLAGS (\\Deleted)')), [
      '* 2 UIDFETCH (FLAGS (\\Deleted \\Recent))',
    ]);
    assert.deepEqual(lines(await client.ok('EXPUNGE')), ['* VANISHED 2']);
  });
});

test('UIDBATCHES: ranges cover everything, newest first', async () => {
  await withClient(async (client) => {
    await client.ok('SELECT INBOX');
    const [line] = lines(await client.ok('UIDBATCHES 500'));
    assert.match(line!, /^\* UIDBATCHES \(TAG "[^"]+"\) 3:1$/);
    assert.match((await client.command('UIDBATCHES 499')).text, /^\[TOOSMALL\]/);
    for (const wrong of ['', ' 0 1', ' 500 *', ' 500 1,2', ' x']) {
      assert.notEqual((await client.command(`UIDBATCHES${wrong}`)).status, 'OK', wrong);
    }
    const [none] = lines(await client.ok('UIDBATCHES 500 7:9'));
    assert.match(none!, /^\* UIDBATCHES \(TAG "[^"]+"\)$/);
  });
});

test('UNAUTHENTICATE: nobody is logged in, nothing enabled, and another log-in works', async () => {
  await withClient(async (client) => {
    await client.ok('ENABLE QRESYNC');
    await client.ok('SELECT INBOX');
    const answer = await client.ok('UNAUTHENTICATE');
    assert.match(answer.text, /^\[CAPABILITY IMAP4rev1 /);
    assert.equal((await client.command('NOOP')).status, 'OK');
    assert.equal((await client.command('SELECT INBOX')).status, 'BAD');
    await client.ok('LOGIN alice@example.test secret');
    assert.equal((await client.command('SELECT INBOX (QRESYNC (1 1))')).status, 'BAD');
  });
});

test('withheld capabilities: neither announced, nor enabled, nor run, from log-in or ID on', async () => {
  const settings = {
    'imap.accountCapabilities': ['alice@example.test: -QRESYNC'],
    'imap.clientCapabilities': ['Bad Mail 1*: -IDLE'],
  };
  await withClient(
    async (client) => {
      assert.doesNotMatch(lines(await client.ok('CAPABILITY')).join(), /QRESYNC/);
      assert.deepEqual(lines(await client.ok('ENABLE QRESYNC')), ['* ENABLED']);
      assert.match(lines(await client.ok('CAPABILITY')).join(), /IDLE/);
      await client.ok('ID ("name" "Bad Mail" "version" "1.2")');
      assert.doesNotMatch(lines(await client.ok('CAPABILITY')).join(), /IDLE/);
      assert.equal((await client.command('IDLE')).status, 'BAD');
    },
    { settings },
  );
});

test('MESSAGELIMIT: the newest are worked on, the answer says where to go on; copies are whole or nothing', async () => {
  await withClient(
    async (client) => {
      assert.match(lines(await client.ok('CAPABILITY')).join(), / MESSAGELIMIT=2 /);
      await client.ok('CREATE There');
      await client.ok('SELECT INBOX');
      const fetched = await client.ok('FETCH 1:* UID');
      assert.deepEqual(lines(fetched), ['* 2 FETCH (UID 2)', '* 3 FETCH (UID 3)']);
      assert.match(fetched.text, /^\[MESSAGELIMIT 2 2\] /);
      assert.doesNotMatch((await client.ok('UID FETCH 1:1 UID')).text, /MESSAGELIMIT/);
      const stored = await client.ok('UID STORE 1:* +FLAGS (\\Deleted)');
      assert.match(stored.text, /^\[MESSAGELIMIT 2 2\] /);
      assert.equal(stored.untagged.length, 2);
      for (const command of ['COPY 1:* There', 'MOVE 1:* There']) {
        const refused = await client.command(command);
        assert.equal(refused.status, 'NO', command);
        assert.match(refused.text, /^\[MESSAGELIMIT 2\] /, command);
      }
      assert.match((await client.ok('UID EXPUNGE 1:*')).text, /^\[MESSAGELIMIT 2 2\] /);
    },
    { settings: { 'imap.messageLimit': 2 } },
  );
});

test('SAVELIMIT: a longer result is not kept, and the last one is gone', async () => {
  await withClient(
    async (client) => {
      assert.match(lines(await client.ok('CAPABILITY')).join(), / SAVELIMIT=2 /);
      await client.ok('SELECT INBOX');
      await client.ok('SEARCH RETURN (SAVE) 1:2');
      assert.equal((await client.ok('FETCH $ UID')).untagged.length, 2);
      const refused = await client.command('SEARCH RETURN (SAVE) ALL');
      assert.equal(refused.status, 'NO');
      assert.match(refused.text, /^\[MESSAGELIMIT 2\] /);
      assert.equal((await client.ok('FETCH $ UID')).untagged.length, 0);
    },
    { settings: { 'imap.saveLimit': 2 } },
  );
});
