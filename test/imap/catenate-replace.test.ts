// CATENATE, REPLACE and authorised URLs over a real Maildir.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer, ImapClient } from '../fixture/imap-client.ts';
import { openRig, type RigOptions } from '../fixture/imap-session.ts';

const lines = (answer: Answer): string[] => answer.untagged.map(({ raw }) => raw);
const literal = (text: string): string => `{${Buffer.byteLength(text)}+}\r\n${text}`;

async function withInbox(
  work: (client: ImapClient) => Promise<void>,
  options: RigOptions = {},
): Promise<void> {
  const rig = await openRig(options);
  try {
    const client = await rig.client();
    await client.append('INBOX', Buffer.from('Subject: one\r\n\r\nbody one\r\n'));
    await client.append('INBOX', Buffer.from('Subject: two\r\n\r\nbody two\r\n'));
    await client.ok('SELECT INBOX');
    await work(client);
  } finally {
    await rig.close();
  }
}

const bodyOf = async (client: ImapClient, uid: number): Promise<string> => {
  const items = await client.fetch(`UID FETCH ${uid} BODY.PEEK[]`);
  return [...items.values()].map((one) => String(one.get('BODY[]'))).join();
};

test('CATENATE: text and parts of messages become one message', async () => {
  await withInbox(async (client) => {
    const head = 'Subject: new\r\n\r\n';
    await client.ok(
      `APPEND INBOX (\\Seen) CATENATE (TEXT ${literal(head)} URL "/INBOX/;UID=1/;SECTION=TEXT" URL ";UID=2/;PARTIAL=0.9")`,
    );
    assert.equal(await bodyOf(client, 3), `${head}body one\r\nSubject: `);
    const answer = await client.ok(
      `APPEND INBOX CATENATE (URL /INBOX/;UID=1) CATENATE (TEXT ${literal('a: b\r\n\r\n')})`,
    );
    assert.match(answer.text, /^\[APPENDUID \d+ 4:5\]/);
    assert.equal(await bodyOf(client, 4), 'Subject: one\r\n\r\nbody one\r\n');
  });
});

test('CATENATE: a URL that does not work is named, and nothing is stored', async () => {
  await withInbox(
    async (client) => {
      for (const url of [
        '/INBOX/;UID=9',
        '/Nowhere/;UID=1',
        'nonsense',
        '/INBOX;UIDVALIDITY=1/;UID=1',
        '/INBOX/;UID=1/;SECTION=7',
      ]) {
        const answer = await client.command(
          `APPEND INBOX CATENATE (TEXT ${literal('a: b\r\n\r\n')} URL "${url}" TEXT ${literal('c')})`,
        );
        assert.equal(answer.status, 'NO', url);
        assert.ok(answer.text.startsWith(`[BADURL "${url}"] `), answer.text);
      }
      const big = await client.command(
        `APPEND INBOX CATENATE (TEXT ${literal('x'.repeat(60))} TEXT ${literal('y'.repeat(60))})`,
      );
      assert.match(big.text, /^\[TOOBIG\]/);
      for (const wrong of [
        'CATENATE ()',
        'CATENATE (TEXT)',
        'CATENATE (URL)',
        'CATENATE (FOO "x")',
        'CATENATE (URL "/INBOX/;UID=1"',
      ]) {
        assert.equal((await client.command(`APPEND INBOX ${wrong}`)).status, 'BAD', wrong);
      }
      assert.deepEqual(lines(await client.ok('SEARCH ALL')), ['* SEARCH 1 2']);
    },
    { settings: { 'imap.appendLimitBytes': 100 } },
  );
});

test('REPLACE: the new message is told, then the old one goes', async () => {
  await withInbox(async (client) => {
    const answer = await client.ok(`REPLACE 1 INBOX (\\Draft) ${literal('Subject: three\r\n\r\nx\r\n')}`);
    const shown = lines(answer).map((line) => line.replace(/APPENDUID \d+/, 'APPENDUID n'));
    assert.match(shown[0]!, /^\* OK \[APPENDUID n 3\] ./);
    assert.deepEqual(
      shown.filter((line) => /EXPUNGE|EXISTS/.test(line)),
      ['* 1 EXPUNGE', '* 2 EXISTS'],
    );
    assert.equal(await bodyOf(client, 3), 'Subject: three\r\n\r\nx\r\n');
    await client.ok('CREATE Work');
    await client.ok(`UID REPLACE 2 Work CATENATE (URL "/INBOX/;UID=3")`);
    assert.deepEqual(lines(await client.ok('UID SEARCH ALL')), ['* SEARCH 3']);
    assert.deepEqual(lines(await client.ok('STATUS Work (MESSAGES)')), ['* STATUS "Work" (MESSAGES 1)']);
  });
});

test('REPLACE: what cannot be done leaves both mailboxes alone', async () => {
  await withInbox(async (client) => {
    const message = literal('Subject: x\r\n\r\n');
    const cases: [string, string, RegExp][] = [
      [`REPLACE 3 INBOX ${message}`, 'BAD', /./],
      [`REPLACE 0 INBOX ${message}`, 'BAD', /./],
      [`UID REPLACE 9 INBOX ${message}`, 'NO', /./],
      [`REPLACE 1 Nowhere ${message}`, 'NO', /^\[TRYCREATE\]/],
      [`REPLACE 1 INBOX ${message} ${message}`, 'BAD', /./],
      ['REPLACE 1 INBOX', 'BAD', /./],
    ];
    for (const [command, status, text] of cases) {
      const answer = await client.command(command);
      assert.equal(answer.status, status, command);
      assert.match(answer.text, text, command);
    }
    await client.ok('EXAMINE INBOX');
    assert.match((await client.command(`REPLACE 1 INBOX ${message}`)).text, /^\[READ-ONLY\]/);
    assert.deepEqual(lines(await client.ok('UID SEARCH ALL')), ['* SEARCH 1 2']);
  });
});

test('URLAUTH: good for whom it was made, until it expires or the key is reset', async () => {
  await withInbox(async (client) => {
    const make = async (tail: string): Promise<string> => {
      const [line] = lines(
        await client.ok(`GENURLAUTH "imap://alice%40example.test@host/INBOX/;UID=1${tail}" INTERNAL`),
      );
      return /^\* GENURLAUTH ("[^"]+")$/.exec(line!)![1]!;
    };
    const fetched = async (url: string): Promise<string> =>
      lines(await client.ok(`URLFETCH ${url}`))
        .join('\n')
        .slice(`* URLFETCH ${url} `.length);
    const good = await make('/;SECTION=TEXT;URLAUTH=authuser');
    assert.equal(await fetched(good), '{10}\r\nbody one\r\n');
    assert.equal(await fetched(await make(';EXPIRE=2000-01-01T00:00:00Z;URLAUTH=authuser')), 'NIL');
    assert.equal(await fetched(await make(';URLAUTH=user+bob')), 'NIL');
    assert.equal(await fetched(await make(';URLAUTH=submit+alice')), 'NIL');
    assert.equal(await fetched(good.replace('UID=1', 'UID=2')), 'NIL');
    assert.equal(await fetched(`${good.slice(0, -2)}0"`), good.endsWith('0"') ? await fetched(good) : 'NIL');
    assert.equal(await fetched('"nonsense"'), 'NIL');
    const both = lines(await client.ok(`URLFETCH (${good} BODY BODYPARTSTRUCTURE)`)).join('\n');
    assert.ok(both.includes('(BODYPARTSTRUCTURE NIL) (BODY {10}\r\nbody one\r\n)'), both);
    const metadata = lines(await client.ok('GETMETADATA (DEPTH infinity) INBOX (/private)')).join();
    assert.doesNotMatch(metadata, /urlauth/);
    assert.equal(
      (await client.command('SETMETADATA INBOX (/private/vendor/tegu/urlauth-key "x")')).status,
      'NO',
    );
    const again = await make(';URLAUTH=anonymous');
    assert.match(await fetched(again), /^\{/);
    assert.match((await client.ok('RESETKEY INBOX')).text, /^\[URLMECH INTERNAL\]/);
    assert.equal(await fetched(good), 'NIL');
    assert.equal(await fetched(again), 'NIL');
    await client.ok('RESETKEY');
    for (const wrong of [
      '"/INBOX/;UID=1;URLAUTH=authuser" INTERNAL',
      '"imap://bob@host/INBOX/;UID=1;URLAUTH=authuser" INTERNAL',
      '"x" OTHER',
      '',
    ]) {
      assert.equal((await client.command(`GENURLAUTH ${wrong}`)).status, 'BAD', wrong);
    }
  });
});
