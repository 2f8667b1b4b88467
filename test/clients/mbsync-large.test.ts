// mbsync between a large folder here and a Maildir, changed on both sides in between: both end with the same messages.
//
// TEGU_MBSYNC_MESSAGES chooses how many there are at the beginning (`npm run soak` takes 100,000).

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ImapClient, type Value } from '../fixture/imap-client.ts';
import { runProgram } from '../fixture/program.ts';
import { certificatePath, startServer, type TestServer } from '../fixture/server.ts';

const user = 'alice@example.test';
const folder = 'Large';
const count = Number(process.env.TEGU_MBSYNC_MESSAGES ?? '2000');
/** Messages of one APPEND. */
const batch = 100;
const syncTimeoutMs = 60_000 + count * 20;
/** mbsync gives up after 20 s of silence by itself; a busy machine may need more to expunge 10,000 messages at once. */
const socketTimeoutSeconds = count > 10_000 ? 120 : 20;

describe('mbsync', () => {
  let server: TestServer;
  let scratch: string;
  let client: ImapClient;
  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'tegu-large-'));
    server = await startServer({
      settings: [
        ['imap.plaintextAuth', 'true'],
        ['imap.maxAppendMessages', String(batch)],
      ],
    });
    client = await ImapClient.connect(server.ports.imap);
    await client.ok(`LOGIN ${user} ${server.password(user)}`);
  });
  after(async () => {
    client.close();
    await server.stop();
    await rm(scratch, { recursive: true });
  });

  const near = (part: string): string => join(scratch, folder, part);

  async function sync(): Promise<void> {
    const configuration = join(scratch, 'rc');
    await writeFile(
      configuration,
      `IMAPAccount tegu
Host localhost
Port ${server.ports.imaps}
User ${user}
Pass ${server.password(user)}
SSLType IMAPS
CertificateFile ${certificatePath(server)}
PipelineDepth 50
Timeout ${socketTimeoutSeconds}

IMAPStore far
Account tegu

MaildirStore near
Path ${scratch}/
Inbox ${scratch}/INBOX
SubFolders Verbatim

Channel large
Far :far:
Near :near:
Patterns ${folder}
Create Both
Expunge Both
SyncState *
`,
    );
    const args = ['-c', configuration, '-a'];
    const { code, errors } = await runProgram('mbsync', args, { timeoutMs: syncTimeoutMs });
    assert.equal(code, 0, errors);
  }

  /** Octets with LF and without mbsync's mark, and flags, of everything here and there; both sorted. */
  async function compare(): Promise<number> {
    const local: string[] = [];
    for (const part of ['cur', 'new']) {
      for (const name of await readdir(near(part))) {
        const text = await readFile(join(near(part), name), 'latin1');
        local.push(`${letters(name)} ${text.replace(/^X-TUID: .*\n/m, '')}`);
      }
    }
    await client.ok(`SELECT ${folder}`);
    const remote: string[] = [];
    const { untagged } = await client.ok(`STATUS ${folder} (MESSAGES)`);
    const total = Number(/MESSAGES (\d+)/.exec(untagged[0]?.raw ?? '')?.[1]);
    for (let from = 1; from <= total; from += 1000) {
      const to = Math.min(total, from + 999);
      const messages = await client.fetch(`FETCH ${from}:${to} (FLAGS BODY.PEEK[])`);
      for (const items of messages.values()) {
        const text = (items.get('BODY[]') as Buffer).toString('latin1').replaceAll('\r\n', '\n');
        remote.push(`${flagLetters(items.get('FLAGS'))} ${text.replace(/^X-TUID: .*\n/m, '')}`);
      }
    }
    assert.equal(local.length, remote.length);
    assert.deepEqual(local.sort(), remote.sort());
    return total;
  }

  test(`${count} messages, changed on both sides, end identical`, async () => {
    await client.ok(`CREATE ${folder}`);
    for (let from = 0; from < count; from += batch)
      await appendBatch(client, from, Math.min(batch, count - from));
    for (const part of ['cur', 'new', 'tmp']) await mkdir(near(part), { recursive: true });
    const added = Math.max(1, Math.floor(count / 10));
    for (let n = 0; n < added; n++) {
      await writeFile(join(near('new'), `${n}.local.test`), `Subject: local ${n}\n\npushed ${n}\n`);
    }
    await sync();
    assert.equal(await compare(), count + added);

    // Both sides change, each something else.
    await client.ok(`UID STORE 1:${added} +FLAGS.SILENT (\\Deleted)`);
    await client.ok(`UID EXPUNGE 1:${added}`);
    await client.ok(`UID STORE ${added + 1}:${2 * added} +FLAGS.SILENT (\\Seen \\Answered)`);
    await appendBatch(client, count, Math.min(batch, added));
    await changeLocally(near('cur'), near('new'), added);
    await sync();
    const total = await compare();
    assert.equal(total, count + Math.min(batch, added) - added);

    const before = await client.ok(`STATUS ${folder} (UIDNEXT HIGHESTMODSEQ)`);
    await sync();
    const afterwards = await client.ok(`STATUS ${folder} (UIDNEXT HIGHESTMODSEQ)`);
    assert.equal(afterwards.untagged.at(-1)?.raw, before.untagged.at(-1)?.raw);
  });
});

/** Removes the pushed messages, and flags as many of the last pulled ones. */
async function changeLocally(cur: string, fresh: string, added: number): Promise<void> {
  const files: { path: string; name: string; subject: string }[] = [];
  for (const part of [cur, fresh]) {
    for (const name of await readdir(part)) {
      const text = await readFile(join(part, name), 'latin1');
      files.push({ path: join(part, name), name, subject: /^Subject: (.*)$/m.exec(text)?.[1] ?? '' });
    }
  }
  for (const { path, subject } of files) if (subject.startsWith('local ')) await rm(path);
  const pulled = files.filter(({ subject }) => subject.startsWith('far '));
  const newest = pulled.sort((a, b) => Number(a.subject.slice(4)) - Number(b.subject.slice(4))).slice(-added);
  for (const { path, name } of newest) await rename(path, join(cur, `${name.replace(/:2,.*$/, '')}:2,FS`));
}

async function appendBatch(client: ImapClient, from: number, length: number): Promise<void> {
  const parts = [`APPEND ${folder}`];
  for (let n = from; n < from + length; n++) {
    const text = `Subject: far ${n}\r\nX-Number: ${n}\r\n\r\ntext of ${n}\r\n${'.'.repeat(n % 300)}\r\n`;
    parts.push(` {${text.length}+}\r\n${text}`);
  }
  await client.ok(parts.join(''));
}

/** Flags of a Maildir name. */
const letters = (name: string): string => [...(/:2,([A-Z]*)/.exec(name)?.[1] ?? '')].sort().join('');

const letterOf: Readonly<Record<string, string>> = {
  '\\Draft': 'D',
  '\\Flagged': 'F',
  '\\Answered': 'R',
  '\\Seen': 'S',
  '\\Deleted': 'T',
};
const flagLetters = (flags: Value | undefined): string =>
  (flags as string[])
    .map((flag) => letterOf[flag] ?? '')
    .sort()
    .join('');
