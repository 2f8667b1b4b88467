// curl, mbsync, mutt and Python's imaplib read, flag, move, append and delete on a running server, as their users do.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ImapClient } from '../fixture/imap-client.ts';
import { type ProgramRun, runProgram } from '../fixture/program.ts';
import { certificatePath, startServer, type TestServer } from '../fixture/server.ts';

const alice = 'alice@example.test';

let server: TestServer;
let scratch: string;
before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'tegu-read-'));
  server = await startServer({ settings: [['imap.plaintextAuth', 'true']] });
});
after(async () => {
  await server.stop();
  await rm(scratch, { recursive: true });
});

type Run = ProgramRun;

const run = (
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Run> => runProgram(program, args, { env });

/** A logged-in client of our own, to look at what others did. */
async function look(): Promise<ImapClient> {
  const client = await ImapClient.connect(server.ports.imap);
  await client.ok(`LOGIN ${alice} ${server.password(alice)}`);
  return client;
}

/** An empty folder with `count` messages in it; resolves with their octets. */
async function fill(folder: string, count: number): Promise<Buffer[]> {
  const client = await look();
  await client.command(`CREATE ${folder}`);
  const messages = Array.from({ length: count }, (_, i) =>
    Buffer.concat([
      Buffer.from(
        `From: Alice <${alice}>\r\nTo: bob@example.test\r\nSubject: message ${i}\r\nMessage-ID: <${folder}.${i}@example.test>\r\nDate: Wed, 25 Nov 2026 10:00:0${i % 10} +0300\r\n\r\n`,
      ),
      Buffer.from(i % 2 === 0 ? `text ${i}\r\n.\r\n..dots\r\n` : '\x80\xff\xd0\xd2\xc9 8 bit\r\n', 'latin1'),
    ]),
  );
  for (const message of messages) await client.append(folder, message);
  client.close();
  return messages;
}

describe('curl', () => {
  const curl = (path: string, ...args: string[]): Promise<Run> =>
    run('curl', [
      '--silent',
      '--show-error',
      '--cacert',
      certificatePath(server),
      '--user',
      `${alice}:${server.password(alice)}`,
      '--url',
      `imaps://localhost:${server.ports.imaps}/${path}`,
      ...args,
    ]);

  test('reads a message over TLS, octet for octet', async () => {
    const messages = await fill('CurlRead', 2);
    for (const [index, message] of messages.entries()) {
      const { code, output, errors } = await curl(`CurlRead;MAILINDEX=${index + 1}`);
      assert.equal(code, 0, errors);
      assert.ok(output.equals(message));
    }
  });

  test('appends, lists, searches, flags and expunges', async () => {
    await fill('CurlWork', 3);
    const file = join(scratch, 'curl.eml');
    await writeFile(file, 'Subject: from curl\r\n\r\nappended\r\n');
    assert.equal((await curl('CurlWork', '--upload-file', file)).code, 0);
    assert.match(String((await curl('', '--request', 'LIST "" *')).output), /"CurlWork"|CurlWork/);
    assert.match(String((await curl('CurlWork?SUBJECT%20curl')).output), /^\* SEARCH 4\r\n$/);
    assert.equal((await curl('CurlWork', '--request', 'STORE 1:2 +FLAGS (\\Deleted)')).code, 0);
    assert.equal((await curl('CurlWork', '--request', 'EXPUNGE')).code, 0);
    const client = await look();
    assert.match((await client.ok('STATUS CurlWork (MESSAGES)')).untagged[0]?.raw ?? '', /MESSAGES 2/);
    client.close();
  });

  test('STARTTLS works as well', async () => {
    await fill('CurlStartTls', 1);
    const { code, output, errors } = await run('curl', [
      '--silent',
      '--show-error',
      '--ssl-reqd',
      '--cacert',
      certificatePath(server),
      '--user',
      `${alice}:${server.password(alice)}`,
      '--url',
      `imap://localhost:${server.ports.imap}/CurlStartTls;MAILINDEX=1`,
    ]);
    assert.equal(code, 0, errors);
    assert.match(String(output), /message 0/);
  });
});

describe('mbsync', () => {
  async function sync(name: string): Promise<{ maildir: string; result: () => Promise<Run> }> {
    const maildir = join(scratch, name);
    await mkdir(maildir, { recursive: true });
    const configuration = join(scratch, `${name}.rc`);
    await writeFile(
      configuration,
      `IMAPAccount tegu
Host localhost
Port ${server.ports.imaps}
User ${alice}
Pass ${server.password(alice)}
SSLType IMAPS
CertificateFile ${certificatePath(server)}

IMAPStore far
Account tegu

MaildirStore near
Path ${maildir}/
Inbox ${maildir}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns ${name} ${name}Other
Create Both
Expunge Both
SyncState *
`,
    );
    return { maildir, result: () => run('mbsync', ['-c', configuration, '-a']) };
  }

  test('two-way: pulls octets, pushes new mail, flags and deletions, and then finds nothing to do', async () => {
    const messages = await fill('Mbsync', 6);
    const { maildir, result } = await sync('Mbsync');
    const first = await result();
    assert.equal(first.code, 0, first.errors);
    const names = async (): Promise<string[]> =>
      (
        await Promise.all(
          ['cur', 'new'].map(async (sub) =>
            (await readdir(join(maildir, 'Mbsync', sub))).map((name) => join(maildir, 'Mbsync', sub, name)),
          ),
        )
      ).flat();
    const local = await names();
    assert.equal(local.length, 6);
    // mbsync marks what it has just copied with an X-TUID field and stores LF.
    const texts = await Promise.all(
      local.map(async (name) => (await readFile(name, 'latin1')).replace(/^X-TUID: .*\n/m, '')),
    );
    for (const message of messages) {
      assert.ok(texts.includes(message.toString('latin1').replaceAll('\r\n', '\n')), 'a message differs');
    }
    await writeFile(join(maildir, 'Mbsync', 'new', '1.local.test'), 'Subject: local\n\npushed\n');
    await rm(local[0] as string);
    const second = await result();
    assert.equal(second.code, 0, second.errors);
    const client = await look();
    const { untagged } = await client.ok('STATUS Mbsync (MESSAGES)');
    assert.match(untagged[0]?.raw ?? '', /MESSAGES 6/);
    await client.ok('SELECT Mbsync');
    await client.ok('STORE 1 +FLAGS (\\Flagged \\Seen)');
    client.close();
    assert.equal((await result()).code, 0);
    assert.equal((await names()).filter((name) => /:2,[A-Z]*F[A-Z]*S/.test(name)).length, 1);
    const idle = await result();
    assert.equal(idle.code, 0, idle.errors);
  });
});

describe('mutt', () => {
  test('reads, flags, moves and deletes in a batch', async () => {
    await fill('Mutt', 4);
    const folder = `imap://localhost:${server.ports.imap}/`;
    const configuration = join(scratch, 'muttrc');
    await writeFile(
      configuration,
      `set folder="${folder}"
set imap_user="${alice}" imap_pass="${server.password(alice)}"
set ssl_starttls=no ssl_force_tls=no
set copy=no confirmappend=no delete=yes move=no quit=yes header_cache="" certificate_file=/dev/null mail_check=60
set spoolfile="${folder}Mutt"
push "<tag-pattern>~s 'message 1'<enter><tag-prefix><save-message>${folder}Mutt-saved<enter><flag-message><sync-mailbox>y<quit>"
`,
    );
    const { code, errors, output } = await run(
      'script',
      ['-qec', `mutt -n -F ${configuration}`, '/dev/null'],
      {
        TERM: 'xterm',
        HOME: scratch,
      },
    );
    assert.equal(code, 0, `${errors}${String(output).slice(-500)}`);
    const client = await look();
    const saved = await client.ok('STATUS Mutt-saved (MESSAGES)');
    assert.match(saved.untagged[0]?.raw ?? '', /MESSAGES 1\b/);
    assert.match((await client.ok('STATUS Mutt (MESSAGES)')).untagged[0]?.raw ?? '', /MESSAGES 3\b/);
    client.close();
  });
});

describe('Python imaplib', () => {
  test('works through a whole session', async () => {
    const script = join(scratch, 'session.py');
    await writeFile(
      script,
      `
import imaplib, ssl, sys
port, user, password, ca = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
m = imaplib.IMAP4_SSL('localhost', port, ssl_context=ssl.create_default_context(cafile=ca))
def ok(answer):
    assert answer[0] == 'OK', answer
    return answer[1]
ok(m.login(user, password))
known = ok(m.capability())[0].decode().split()
assert 'UIDPLUS' in known and 'MOVE' in known, known
ok(m.create('"Py thon"')); ok(m.subscribe('"Py thon"'))
body = b'From: a@b.test\\r\\nSubject: =?utf-8?b?0L/RgNC40LLQtdGC?=\\r\\n\\r\\n' + bytes(range(1, 256)).replace(b'\\r', b'').replace(b'\\n', b'') + b'\\r\\n'
for i in range(3):
    ok(m.append('"Py thon"', '(\\\\Seen)', imaplib.Time2Internaldate(1700000000 + i), body))
assert ok(m.select('"Py thon"')) == [b'3']
assert ok(m.fetch('2', '(BODY[])'))[0][1] == body
assert b'14-Nov-2023 22:13:21 +0000' in ok(m.fetch('2', '(INTERNALDATE)'))[0]
assert ok(m.search(None, 'UNSEEN')) == [b'']
m.literal = '\\u043f\\u0440\\u0438\\u0432\\u0435\\u0442'.encode()
assert ok(m.search('UTF-8', 'SUBJECT')) == [b'1 2 3']
ok(m.store('1', '+FLAGS', '(\\\\Flagged $Work)'))
assert b'$Work' in ok(m.fetch('1', '(FLAGS)'))[0]
ok(m.copy('1', 'INBOX'))
ok(m.uid('MOVE', '2', 'Trash'))
ok(m.store('1', '+FLAGS', '\\\\Deleted'))
assert ok(m.expunge())[-1] == b'1'
assert ok(m.select('"Py thon"')) == [b'1']
ok(m.close()); ok(m.rename('"Py thon"', 'Renamed')); ok(m.delete('Renamed'))
assert m.copy is not None and m.status('Renamed', '(MESSAGES)')[0] == 'NO'
m.logout()
print('done')
`,
    );
    const args = [script, String(server.ports.imaps), alice, server.password(alice), certificatePath(server)];
    const { code, output, errors } = await run('python3', args);
    assert.equal(code, 0, errors);
    assert.match(String(output), /done/);
  });
});
