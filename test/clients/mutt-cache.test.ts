// mutt with a header cache, once with CONDSTORE and once with QRESYNC: it comes back to a folder that others changed.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ImapClient } from '../fixture/imap-client.ts';
import { runProgram } from '../fixture/program.ts';
import { startServer, type TestServer } from '../fixture/server.ts';

const user = 'alice@example.test';

describe('mutt with a header cache', () => {
  let server: TestServer;
  let scratch: string;
  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'tegu-mutt-'));
    server = await startServer({ settings: [['imap.plaintextAuth', 'true']] });
  });
  after(async () => {
    await server.stop();
    await rm(scratch, { recursive: true });
  });

  /** Opens the folder, presses keys, leaves; resolves with what mutt says it sent and got. */
  async function mutt(folder: string, switches: string, keys: string): Promise<string> {
    const base = `imap://localhost:${server.ports.imap}/`;
    const cache = join(scratch, `${folder}-cache`);
    await mkdir(cache, { recursive: true });
    const configuration = join(scratch, 'muttrc');
    await writeFile(
      configuration,
      `set folder="${base}"
set imap_user="${user}" imap_pass="${server.password(user)}"
set ssl_starttls=no ssl_force_tls=no certificate_file=/dev/null
set copy=no confirmappend=no delete=yes move=no quit=yes mail_check=60
set header_cache="${cache}" ${switches}
set spoolfile="${base}${folder}"
push "${keys}"
`,
    );
    const log = join(scratch, '.muttdebug0');
    await rm(log, { force: true });
    const { code, output, errors } = await runProgram(
      'script',
      ['-qec', `mutt -n -d 4 -F ${configuration}`, '/dev/null'],
      { env: { TERM: 'xterm', HOME: scratch } },
    );
    assert.equal(code, 0, `${errors}${String(output).slice(-500)}`);
    return readFile(log, 'latin1').catch(() => '');
  }

  async function look(): Promise<ImapClient> {
    const client = await ImapClient.connect(server.ports.imap);
    await client.ok(`LOGIN ${user} ${server.password(user)}`);
    return client;
  }

  for (const [folder, switches, selects] of [
    ['MuttCond', 'imap_condstore=yes imap_qresync=no', /SELECT "?MuttCond"? \(CONDSTORE\)/],
    [
      'MuttSync',
      'imap_condstore=yes imap_qresync=yes',
      /UID FETCH 1:5 \(FLAGS\) \(CHANGEDSINCE \d+ VANISHED\)/,
    ],
  ] as const) {
    test(`${switches}: sees what was removed, flagged and added, and acts on the right messages`, async () => {
      const client = await look();
      await client.ok(`CREATE ${folder}`);
      for (let n = 1; n <= 5; n++) {
        const text = `From: a@example.test\r\nSubject: number ${n}\r\nMessage-ID: <${folder}.${n}@example.test>\r\n\r\ntext\r\n`;
        await client.append(folder, Buffer.from(text));
      }
      await mutt(folder, switches, '<quit>');
      await client.ok(`SELECT ${folder}`);
      await client.ok('STORE 2 +FLAGS (\\Deleted)');
      await client.ok('EXPUNGE');
      await client.ok('STORE 3 +FLAGS (\\Flagged)');
      await client.append(
        folder,
        Buffer.from(
          `From: a@example.test\r\nSubject: number 6\r\nMessage-ID: <${folder}.6@example.test>\r\n\r\n`,
        ),
      );
      await client.ok('UNSELECT');
      // Flags what somebody else flagged as answered-to, and removes what was added meanwhile.
      const keys = `<delete-pattern>~s 'number 6'<enter><tag-pattern>~F<enter><tag-prefix><set-flag>!<sync-mailbox><tag-pattern>~s 'number 5'<enter><tag-prefix><set-flag>!<sync-mailbox><quit>`;
      const dialogue = await mutt(folder, switches, keys);
      assert.match(dialogue, selects);
      await client.ok(`SELECT ${folder}`);
      const messages = await client.fetch('FETCH 1:* (UID FLAGS)');
      const state = [...messages.values()].map((items) => [
        Number(items.get('UID')),
        (items.get('FLAGS') as string[]).includes('\\Flagged'),
      ]);
      assert.deepEqual(state, [
        [1, false],
        [3, false],
        [4, true],
        [5, true],
      ]);
      client.close();
    });
  }
});
