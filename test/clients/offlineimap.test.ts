// offlineimap3 synchronises a folder tree both ways with a running server: Cyrillic names, octets, flags, deletions.

import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ImapClient } from '../fixture/imap-client.ts';
import { runProgram } from '../fixture/program.ts';
import { certificatePath, startServer, type TestServer } from '../fixture/server.ts';

const user = 'alice@example.test';
const folder = '&BB8EQAQ+BDUEOgRCBEs-';

describe('offlineimap', () => {
  let server: TestServer;
  let scratch: string;
  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'tegu-offline-'));
    server = await startServer({ settings: [['imap.plaintextAuth', 'true']] });
  });
  after(async () => {
    await server.stop();
    await rm(scratch, { recursive: true });
  });

  async function look(): Promise<ImapClient> {
    const client = await ImapClient.connect(server.ports.imap);
    await client.ok(`LOGIN ${user} ${server.password(user)}`);
    return client;
  }

  async function sync(): Promise<void> {
    const configuration = join(scratch, 'rc');
    await writeFile(
      configuration,
      `[general]
accounts = tegu
metadata = ${scratch}/metadata
ui = quiet
[Account tegu]
localrepository = near
remoterepository = far
[Repository near]
type = Maildir
localfolders = ${scratch}/mail
[Repository far]
type = IMAP
remotehost = localhost
remoteport = ${server.ports.imaps}
remoteuser = ${user}
remotepass = ${server.password(user)}
ssl = yes
sslcacertfile = ${certificatePath(server)}
folderfilter = lambda name: name in ['INBOX', '${folder}']
`,
    );
    const { code, errors, output } = await runProgram('offlineimap', ['-o', '-c', configuration], {
      env: { HOME: scratch },
    });
    assert.equal(code, 0, `${errors}${output}`);
    assert.doesNotMatch(errors, /ERROR/);
  }

  async function local(): Promise<{ name: string; path: string; text: string }[]> {
    const found = [];
    for (const part of ['cur', 'new']) {
      const path = join(scratch, 'mail', folder, part);
      for (const name of await readdir(path)) {
        const file = join(path, name);
        found.push({ name, path: file, text: await readFile(file, 'latin1') });
      }
    }
    return found;
  }

  test('two-way: pulls octets, pushes new mail, flags and deletions, and then finds nothing to do', async () => {
    const client = await look();
    await client.ok(`CREATE ${folder}`);
    await client.ok(`SUBSCRIBE ${folder}`);
    for (let n = 1; n <= 4; n++)
      await client.append(folder, Buffer.from(`Subject: m${n}\r\n\r\n\x80\xff text ${n}\r\n`, 'latin1'));
    await sync();
    const pulled = await local();
    assert.deepEqual(
      pulled.map(({ text }) => text).sort(),
      [1, 2, 3, 4].map((n) => `Subject: m${n}\n\n\x80\xff text ${n}\n`),
    );

    const [first, second] = pulled.sort((a, b) => (a.text < b.text ? -1 : 1));
    await rm(first!.path);
    const base = second!.name.replace(/:2,.*$/, '');
    await rename(second!.path, join(scratch, 'mail', folder, 'cur', `${base}:2,FS`));
    await writeFile(join(scratch, 'mail', folder, 'new', '1.local.test'), 'Subject: local\n\npushed\n');
    await sync();

    await client.ok(`SELECT ${folder}`);
    const messages = await client.fetch('FETCH 1:* (UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])');
    const far = [...messages.values()].map((items) => ({
      subject: /Subject: (\S+)/.exec(String(items.get('BODY[HEADER.FIELDS (SUBJECT)]')))?.[1],
      flags: (items.get('FLAGS') as string[]).filter((flag) => flag !== '\\Recent').sort(),
    }));
    assert.deepEqual(
      far.map(({ subject }) => subject),
      ['m2', 'm3', 'm4', 'local'],
    );
    assert.deepEqual(far[0]?.flags, ['\\Flagged', '\\Seen']);

    const before = await client.ok(`STATUS ${folder} (UIDNEXT HIGHESTMODSEQ)`);
    await sync();
    const afterwards = await client.ok(`STATUS ${folder} (UIDNEXT HIGHESTMODSEQ)`);
    assert.equal(afterwards.untagged.at(-1)?.raw, before.untagged.at(-1)?.raw);
    assert.equal((await local()).length, 4);
    client.close();
  });
});
