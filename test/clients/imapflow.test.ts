// imapflow (npm) on a running server: log-in with everything it can switch on, folders, IDLE, CONDSTORE and QRESYNC flows.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { type ExpungeEvent, type FlagsEvent, ImapFlow } from 'imapflow';
import { certificatePath, startServer, type TestServer } from '../fixture/server.ts';

const user = 'alice@example.test';

const message = (n: number): string =>
  `From: Иван <ivan@example.test>\r\nTo: ${user}\r\nSubject: =?utf-8?B?0J/RgNC40LLQtdGC?= ${n}\r\nMessage-ID: <${n}@example.test>\r\nDate: Wed, 25 Nov 2026 10:00:00 +0300\r\n\r\ntext ${n}\r\n`;

describe('imapflow', { timeout: 60_000 }, () => {
  let server: TestServer;
  let ca: string;
  before(async () => {
    server = await startServer();
    ca = await readFile(certificatePath(server), 'utf8');
  });
  after(() => server.stop());

  /** A connected client that is logged out at the end of `work`. */
  async function withClient(
    options: { readonly qresync?: boolean; readonly disableCompression?: boolean },
    work: (client: ImapFlow) => Promise<void>,
  ): Promise<void> {
    const client = new ImapFlow({
      host: 'localhost',
      port: server.ports.imaps,
      secure: true,
      auth: { user, pass: server.password(user) },
      tls: { ca },
      logger: false,
      disableAutoIdle: true,
      ...options,
    });
    // A failure shows in the awaited call; without a listener it would end the process as well.
    client.on('error', () => {});
    await client.connect();
    try {
      await work(client);
    } finally {
      await client.logout();
    }
  }

  test('folders with Cyrillic names: made, listed, renamed with children, counted, deleted', async () => {
    await withClient({}, async (client) => {
      await client.mailboxCreate('Проекты');
      await client.mailboxCreate(['Проекты', '2026']);
      await client.mailboxRename('Проекты', 'Архив & Co');
      const paths = (await client.list()).map(({ path }) => path);
      assert.ok(paths.includes('Архив & Co/2026'), paths.join());
      const special = (await client.list()).find(({ specialUse }) => specialUse === '\\Sent');
      assert.equal(special?.path, 'Sent');
      await client.append('Архив & Co/2026', message(1), ['\\Seen'], new Date('2026-11-25T10:00:00Z'));
      const status = await client.status('Архив & Co/2026', { messages: true, uidNext: true, unseen: true });
      assert.ok(status !== false);
      assert.deepEqual([status.messages, status.uidNext, status.unseen], [1, 2, 0]);
      await client.mailboxDelete('Архив & Co/2026');
      await client.mailboxDelete('Архив & Co');
      assert.ok(!(await client.list()).some(({ path }) => path.startsWith('Архив')));
    });
  });

  test('reads: search, envelope, structure, a part as a stream, flags and colours', async () => {
    await withClient({}, async (client) => {
      await client.mailboxCreate('FlowRead');
      for (const n of [1, 2, 3]) await client.append('FlowRead', message(n));
      const lock = await client.getMailboxLock('FlowRead');
      try {
        assert.deepEqual(await client.search({ subject: 'привет 2' }, { uid: true }), [2]);
        const one = await client.fetchOne('2', {
          envelope: true,
          bodyStructure: true,
          source: true,
          uid: true,
        });
        assert.ok(one !== false);
        assert.equal(one.envelope?.subject, 'Привет 2');
        assert.equal(one.bodyStructure?.type, 'text/plain');
        assert.equal(String(one.source), message(2));
        const part = await client.download('2', '1', { uid: true });
        let text = '';
        assert.ok(part.content !== undefined);
        for await (const chunk of part.content) text += chunk;
        assert.equal(text, 'text 2\r\n');
        assert.ok(await client.messageFlagsAdd('1:2', ['\\Flagged', '$Work'], { uid: true }));
        assert.deepEqual(await client.search({ keyword: '$Work' }, { uid: true }), [1, 2]);
        const moved = await client.messageMove('1', 'Trash', { uid: true });
        assert.ok(moved !== false && moved.uidMap?.size === 1);
        assert.ok(await client.messageDelete('2', { uid: true }));
        assert.deepEqual(await client.search({ all: true }, { uid: true }), [3]);
      } finally {
        lock.release();
      }
    });
  });

  test('CONDSTORE: flags since a modification sequence, and a store that comes too late', async () => {
    await withClient({}, async (client) => {
      await client.mailboxCreate('FlowCond');
      for (const n of [1, 2, 3]) await client.append('FlowCond', message(n));
      const { highestModseq } = await client.mailboxOpen('FlowCond');
      assert.ok(highestModseq !== undefined);
      await client.messageFlagsAdd('2', ['\\Answered'], { uid: true });
      const changed = await client.fetchAll(
        '1:*',
        { flags: true, uid: true },
        { changedSince: highestModseq },
      );
      assert.deepEqual(
        changed.map(({ uid, flags }) => [uid, [...(flags ?? [])].includes('\\Answered')]),
        [[2, true]],
      );
      await client.messageFlagsAdd('2', ['\\Flagged'], { uid: true, unchangedSince: highestModseq });
      const now = await client.fetchOne('2', { flags: true }, { uid: true });
      assert.ok(now !== false && !now.flags?.has('\\Flagged'));
    });
  });

  test('QRESYNC: what went away and what changed while it was gone, as events of the next opening', async () => {
    let uidValidity = 0n;
    let modSeq = 0n;
    await withClient({ qresync: true }, async (client) => {
      await client.mailboxCreate('FlowSync');
      for (const n of [1, 2, 3, 4]) await client.append('FlowSync', message(n));
      const opened = await client.mailboxOpen('FlowSync');
      ({ uidValidity } = opened);
      modSeq = opened.highestModseq ?? 0n;
      assert.ok(client.enabled.has('QRESYNC'));
    });
    await withClient({}, async (client) => {
      await client.mailboxOpen('FlowSync');
      await client.messageDelete('2:3', { uid: true });
      await client.messageFlagsAdd('4', ['\\Seen'], { uid: true });
    });
    await withClient({ qresync: true }, async (client) => {
      const gone: ExpungeEvent[] = [];
      const flags: FlagsEvent[] = [];
      client.on('expunge', (event) => gone.push(event));
      client.on('flags', (event) => flags.push(event));
      await client.mailboxOpen('FlowSync', { changedSince: modSeq, uidValidity });
      assert.deepEqual(
        gone.map(({ uid, vanished, earlier }) => [uid, vanished, earlier]),
        [
          [2, true, true],
          [3, true, true],
        ],
      );
      assert.deepEqual(
        flags.map((event) => [event.uid, event.flags.has('\\Seen')]),
        [[4, true]],
      );
    });
  });

  test('IDLE: new mail, flags and removals of another client come as events', async () => {
    await withClient({ qresync: true }, async (client) => {
      await client.mailboxCreate('FlowIdle');
      await client.append('FlowIdle', message(1));
      await client.mailboxOpen('FlowIdle');
      const heard = new Map<string, unknown>();
      const all = new Promise<void>((resolve) => {
        for (const name of ['exists', 'flags', 'expunge'] as const) {
          client.on(name, (event: unknown) => {
            heard.set(name, event);
            if (heard.size === 3) resolve();
          });
        }
      });
      const idle = client.idle();
      await withClient({}, async (other) => {
        await other.append('FlowIdle', message(2));
        await other.mailboxOpen('FlowIdle');
        await other.messageFlagsAdd('2', ['\\Seen'], { uid: true });
        await other.messageDelete('1', { uid: true });
        await all;
      });
      await client.noop();
      await idle;
      assert.equal((heard.get('expunge') as ExpungeEvent).uid, 1);
    });
  });
});
