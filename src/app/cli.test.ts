// The command line as a person or script runs it: most of it in this process with streams of its own, what depends on the
// process itself through child processes.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { after, before, test } from 'node:test';
import { openControl } from '../admin/control.ts';
import { verifyPassword } from '../directory/json/password-hash.ts';
import { verifierOf } from '../directory/json/scram-record.ts';
import { makeScramVerifier } from '../directory/sasl/scram-keys.ts';
import { silentLog } from '../host/log.ts';
import { createSelfSigned } from '../host/self-signed.ts';
import { runCommandLine } from './cli.ts';

const root = join(import.meta.dirname, '../..');
let dir = '';
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tegu-cli-'));
});
after(() => rm(dir, { recursive: true }));

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function run(command: string, args: readonly string[], input = '', env: NodeJS.ProcessEnv = process.env) {
  return new Promise<Outcome>((resolve, reject) => {
    const child = spawn(command, args, { cwd: dir, env, stdio: 'pipe' });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
const main = join(root, 'src/main.ts');
/** Runs a verb on the data directory `data`. */
async function tegu(data: string, line: string, input = ''): Promise<Outcome> {
  let [out, err] = ['', ''];
  const collect = (keep: (text: string) => void): Writable =>
    new Writable({
      write(chunk, _encoding, done) {
        keep(String(chunk));
        done();
      },
    });
  const terminal = {
    stdin: Readable.from([input]),
    stdout: collect((text) => {
      out += text;
    }),
    stderr: collect((text) => {
      err += text;
    }),
  };
  const code = await runCommandLine([...line.split(' '), '--data', join(dir, data)], terminal);
  return { code, out, err };
}
/** The JSON answer of a verb that must succeed. */
async function answer<T>(data: string, line: string, input = ''): Promise<T> {
  const { code, out, err } = await tegu(data, `${line} --json`, input);
  assert.equal(code, 0, `${line}: ${err}`);
  assert.equal(out.split('\n').length, 2, 'one line');
  return JSON.parse(out) as T;
}
const makeData = (name: string): Promise<string | undefined> => mkdir(join(dir, name), { recursive: true });

test('cli: domains, users, aliases and where mail goes', async () => {
  await makeData('mail');
  assert.deepEqual(await answer('mail', 'domain add ПРИМЕР.test --quota 2G'), {
    domain: 'xn--e1afmkfd.test',
    revision: 1,
  });
  await answer('mail', 'domain add example.test');
  const domains = await answer<{ name: string; quotaBytes: number }[]>('mail', 'domain list');
  assert.deepEqual(
    domains.map(({ name, quotaBytes }) => [name, quotaBytes]),
    [
      ['xn--e1afmkfd.test', 2 ** 31],
      ['example.test', 0],
    ],
  );
  await answer('mail', 'user add Alice@Example.TEST --quota 500M --alias al@example.test', 'geheim 1\n');
  const { password } = await answer<{ password: string }>(
    'mail',
    'user add bob@example.test --generate --admin',
  );
  const users = JSON.parse(await readFile(join(dir, 'mail/users.json'), 'utf8')).users;
  assert.deepEqual(
    users.map(({ password: _, scram: __, ...rest }: { password: string; scram: object }) => rest),
    [
      { address: 'alice@example.test', aliases: ['al@example.test'], quotaBytes: 524_288_000 },
      { address: 'bob@example.test', admin: true },
    ],
  );
  assert.ok(await verifyPassword('geheim 1', users[0].password));
  assert.ok(await verifyPassword(password, users[1].password));
  assert.match(password, /^[A-Za-z0-9]{20}$/);
  for (const [user, phrase] of [
    [users[0], 'geheim 1'],
    [users[1], password],
  ] as const) {
    const stored = verifierOf(user.scram, user.password);
    const made = await makeScramVerifier(phrase, stored?.iterations ?? 0, stored?.salt);
    assert.deepEqual(stored?.storedKey, made?.storedKey, 'SCRAM works with the same password');
  }
  await answer('mail', 'alias add info@example.test al@example.test bob@example.test');
  const explained = await answer<{ route: object }>('mail', 'explain rcpt Info+tag@example.test');
  assert.deepEqual(explained.route, {
    kind: 'local',
    accounts: ['alice@example.test', 'bob@example.test'],
    tag: 'tag',
    store: 'main',
    match: 'alias',
  });
  assert.equal((await tegu('mail', 'explain rcpt nobody@example.test')).code, 3);
  const elsewhere = await tegu('mail', 'explain rcpt a@elsewhere.test');
  assert.match(elsewhere.out, /is not a domain of this server/);
  assert.equal(elsewhere.code, 3);
});

test('cli: groups and limits of users, public folders and their rights', async () => {
  await makeData('shared');
  await answer('shared', 'domain add example.test');
  await answer(
    'shared',
    'user add bob@example.test --no-password --group $sales --group Отдел --mailboxes 9',
  );
  await answer('shared', 'user set bob@example.test --remove-group sales --add-group it');
  const [user] = await answer<object[]>('shared', 'user list');
  assert.deepEqual(user, {
    address: 'bob@example.test',
    groups: ['Отдел', 'it'],
    quotaMailboxes: 9,
    hasPassword: false,
    hasScram: false,
  });
  assert.equal((await tegu('shared', 'user set bob@example.test --add-group a/b')).code, 2);
  assert.equal((await tegu('shared', 'shared grant example.test News anyone read')).code, 3);
  await answer('shared', 'shared create example.test Новости');
  await answer('shared', 'shared create example.test Новости/Архив');
  assert.equal((await tegu('shared', 'shared create example.test Новости')).code, 4);
  await answer('shared', 'shared grant example.test Новости anyone read');
  await answer('shared', 'shared grant example.test Новости/Архив $it write');
  await answer('shared', 'shared grant example.test Новости/Архив bob@example.test w --deny');
  await answer('shared', 'shared revoke example.test Новости anyone');
  await answer('shared', 'shared grant example.test Новости Bob@Example.test lr');
  assert.deepEqual(await answer('shared', 'shared list'), [
    { domain: 'example.test', folder: 'Новости', rights: { 'bob@example.test': 'lr' } },
    { domain: 'example.test', folder: 'Новости/Архив', rights: { $it: 'lrswite', '-bob@example.test': 'w' } },
  ]);
  assert.deepEqual(await answer('shared', 'shared rebuild'), { main: 2 });
  await answer('shared', 'shared remove example.test Новости/Архив');
  assert.equal((await tegu('shared', 'shared remove example.test Новости/Архив')).code, 3);
  for (const wrong of ['Новости owner lr', 'Новости bob lr', 'Новости anyone lrq', 'INBOX anyone lr'])
    assert.equal((await tegu('shared', `shared grant example.test ${wrong}`)).code, 2, wrong);
});

test('cli: what is refused, with exit codes that tell why', async () => {
  await makeData('refusals');
  await answer('refusals', 'domain add example.test');
  await answer('refusals', 'user add alice@example.test --no-password');
  const cases: readonly (readonly [string, number, RegExp, string?])[] = [
    ['bogus thing', 2, /unknown command bogus thing\n/],
    ['domain', 2, /unknown command domain\n/],
    ['user passwd alice@example.test --generate --hashed', 2, /exclude each other/],
    ['config history --limit 0', 2, /--limit/],
    ['user add', 2, /usage: tegu user add ADDRESS/],
    ['user list --bogus', 2, /--bogus.*tegu user list --help/],
    ['user add alice', 2, /an @ and a domain/],
    ['user add alice@example.test', 4, /a user alice@example\.test already/, 'x\n'],
    ['user add carol@other.test', 3, /tegu domain add other\.test/, 'x\n'],
    ['user add carol@example.test', 1, /the password is empty/, '\n'],
    ['user add carol@example.test', 1, /control character/, 'a\tb\n'],
    ['user add carol@example.test --hashed', 1, /no password hash/, 'plain\n'],
    ['user add carol@example.test --quota much', 2, /--quota: expected a size/, 'x\n'],
    ['user add carol@example.test --admin --no-admin', 2, /exclude each other/, 'x\n'],
    ['user passwd carol@example.test', 3, /no user carol@example\.test/, 'x\n'],
    ['user remove carol@example.test', 3, /no user carol@example\.test/],
    ['domain add example.test', 4, /domain example\.test already/],
    ['domain add exa_mple..test', 2, /no domain name/],
    ['domain remove example.test', 1, /1 users belong to example\.test/],
    ['domain remove other.test', 3, /no domain other\.test/],
    ['domain add b.test --store missing', 1, /one of the stores main, got missing/],
    ['config set server.workers 3000', 1, /server\.workers: expected an integer from 0 to 256/],
    ['config set server.workers', 2, /NAME VALUE pairs/],
    ['config set nonsense.name 1', 3, /no setting nonsense\.name/],
    ['config get server.nonsense', 3, /server has .*server\.workers/],
    ['config rollback 99', 3, /no revision 99/],
    [
      'config import -',
      1,
      /stores\[0\]\.address: expected maildir:/,
      '{"stores":[{"name":"a","address":"/x"}]}',
    ],
    ['config import absent.json', 1, /cannot read absent\.json/],
    ['store check absent', 3, /no store absent/],
    ['status', 1, /no server runs/],
  ];
  const nothing = await run(process.execPath, [main]);
  assert.match(nothing.err, /tegu domain add\|set\|list\|remove/);
  assert.equal(nothing.code, 2);
  for (const [line, code, text, input] of cases) {
    const outcome = await tegu('refusals', line, input);
    assert.match(outcome.err, text, line);
    assert.equal(outcome.code, code, `${line}: ${outcome.err}`);
    assert.equal(outcome.out, '', line);
  }
  const users = JSON.parse(await readFile(join(dir, 'refusals/users.json'), 'utf8')).users;
  assert.equal(users.length, 1);
  const asJson = await tegu('refusals', 'user remove carol@example.test --json');
  assert.deepEqual(JSON.parse(asJson.out), {
    error: { code: 'admin.no_user', message: 'there is no user carol@example.test' },
  });
});

test('cli: settings change, show, export, import, history and rollback', async () => {
  await makeData('settings');
  const first = await answer<{ revision: number; restart: string[] }>(
    'settings',
    'config set server.workers 3 smtp.maxMessageBytes 25M --note trial',
  );
  assert.deepEqual(first, { revision: 1, restart: ['server.workers'] });
  const changed = await answer<{ name: string; value: unknown }[]>('settings', 'config get --changed');
  assert.deepEqual(
    changed.map(({ name, value }) => [name, value]),
    [
      ['server.workers', 3],
      ['smtp.maxMessageBytes', 26_214_400],
    ],
  );
  await answer('settings', 'config set server.workers --default');
  const exported = await tegu('settings', 'config export');
  await answer('settings', 'domain add a.test');
  await answer('settings', 'config import -', exported.out);
  assert.deepEqual(await answer('settings', 'domain list'), []);
  assert.deepEqual(await answer('settings', 'config export'), JSON.parse(exported.out));
  await answer('settings', 'config rollback 1');
  assert.match(
    (await tegu('settings', 'config get server.workers')).out,
    /^server\.workers += 3 .*default 0/,
  );
  const history = await answer<{ revision: number; note: string; author: string }[]>(
    'settings',
    'config history --limit 3',
  );
  assert.deepEqual(
    history.map(({ revision, note }) => [revision, note]),
    [
      [5, 'rollback to revision 1'],
      [4, 'config import -'],
      [3, 'domain add a.test'],
    ],
  );
  assert.ok(history.every(({ author }) => author !== ''));
});

test('cli: stores are added, tried out and kept while a domain uses them', async () => {
  await makeData('stores');
  const place = join(dir, 'elsewhere/archive');
  await answer('stores', `store add archive maildir:${place}`);
  assert.equal((await stat(place)).mode & 0o777, 0o700);
  await answer('stores', 'domain add a.test --store archive');
  assert.match((await tegu('stores', 'store list')).out, /archive +maildir:.*elsewhere\/archive +a\.test/);
  assert.equal((await tegu('stores', 'store remove archive')).code, 1);
  const checks = await answer<{ name: string; ok: boolean }[]>('stores', 'store check');
  assert.deepEqual(
    checks.map(({ name, ok }) => [name, ok]),
    [
      ['main', true],
      ['archive', true],
    ],
  );
  await rm(place, { recursive: true });
  await writeFile(place, 'in the way');
  const failed = await tegu('stores', 'store check archive');
  assert.match(failed.out, /^archive +FAILED +E/);
  assert.equal(failed.code, 1);
});

test('cli: a running server hears of every change', async () => {
  await makeData('running');
  const heard: unknown[] = [];
  const control = await openControl(
    join(dir, 'running/run/control.sock'),
    {
      notify: (args) => void heard.push(args),
      status: () => ({ version: '9', pid: 7, workers: [8], revision: 5 }),
    },
    silentLog,
  );
  await answer('running', 'domain add example.test');
  await answer('running', 'user add alice@example.test', 'x\n');
  await answer('running', 'user passwd alice@example.test', 'y\n');
  await answer('running', 'user set alice@example.test --disable');
  await answer('running', 'user remove alice@example.test');
  await answer('running', 'config set server.workers 2');
  const tls = join(dir, 'running/tls');
  await mkdir(tls);
  const pair = await createSelfSigned(['mail.example.test'], [], Date.now(), 30);
  await writeFile(join(tls, 'default.crt'), pair.certificatePem);
  await writeFile(join(tls, 'default.key'), pair.keyPem);
  assert.deepEqual((await answer<{ problems: string[] }>('running', 'reload')).problems, []);
  assert.match((await tegu('running', 'status')).out, /process +7\nworkers +8\nsettings +revision 5/);
  assert.deepEqual(heard.splice(6), [
    { about: 'settings', revision: 0 },
    { about: 'directory', revision: 0 },
    { about: 'tls', revision: 0 },
  ]);
  // What the server will not take is told to whoever renewed it.
  await writeFile(join(tls, 'default.key'), (await createSelfSigned(['x'], [], Date.now(), 30)).keyPem);
  await writeFile(join(dir, 'running/users.json'), '{');
  await writeFile(join(dir, 'running/keys.json'), '{"keys":[]}');
  await answer('running', 'config set auth.tokenKeysFile keys.json');
  const refused = await tegu('running', 'reload');
  assert.equal(refused.code, 1);
  assert.match(
    refused.out,
    /users\.json:1: not JSON\n.*the pair default cannot be used: .*key[\s\S]*keys\.json: no RSA, P-256 or Ed25519 key/,
  );
  await control.close();
  const directory = { about: 'directory', revision: 0 };
  assert.deepEqual(heard.slice(0, 6), [
    { about: 'settings', revision: 1 },
    ...[directory, directory, directory, directory],
    { about: 'settings', revision: 2 },
  ]);
});

test('cli: users of other servers come with their hashes', async () => {
  await makeData('import');
  await answer('import', 'domain add example.test');
  const bcrypt = '$2y$05$abcdefghijklmnopqrstuuWQyM0J7oTS5kmL2fN1TL2y5oQHLtmzW';
  const passwd = [
    '# accounts',
    `alice:{SSHA512}${Buffer.alloc(68, 7).toString('base64')}:1000:1000:Alice A,,,:/home/alice::`,
    `bob@example.test:{BLF-CRYPT}${bcrypt}`,
    'carol:{PLAIN}open sesame::::',
    'dave:!:::Dave',
  ].join('\n');
  await writeFile(join(dir, 'passwd'), passwd);
  const counts = await answer<object>('import', `user import ${join(dir, 'passwd')} --domain example.test`);
  assert.deepEqual(counts, { added: 4, updated: 0, skipped: 0, hashed: 1, problems: [] });
  const users = JSON.parse(await readFile(join(dir, 'import/users.json'), 'utf8')).users;
  assert.deepEqual(
    users.map((user: { address: string; name?: string }) => [user.address, user.name]),
    [
      ['alice@example.test', 'Alice A'],
      ['bob@example.test', undefined],
      ['carol@example.test', undefined],
      ['dave@example.test', 'Dave'],
    ],
  );
  assert.equal(users[1].password, bcrypt);
  assert.ok(await verifyPassword('open sesame', users[2].password));
  assert.equal(users[3].password, undefined);
  const csv = 'address,password,quota\nalice@example.test,secret,1G\nnew@example.test,{CRAM-MD5}00,\n';
  const refused = await tegu('import', 'user import -', csv);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /2: .*plain text needs --plain\n {2}3: .*scheme \{CRAM-MD5\} cannot be checked/);
  const clash = await tegu('import', 'user import - --plain --skip-bad', csv);
  assert.equal(clash.code, 4);
  const updated = await answer<{ updated: number; problems: object[] }>(
    'import',
    'user import - --plain --skip-bad --update',
    csv,
  );
  assert.deepEqual([updated.updated, updated.problems.length], [1, 1]);
  const [alice] = JSON.parse(await readFile(join(dir, 'import/users.json'), 'utf8')).users;
  assert.deepEqual([alice.name, alice.quotaBytes], ['Alice A', 2 ** 30], 'what the list does not say stays');
});

test('cli: passwords and hashes are never printed, and files are private', async () => {
  await makeData('private');
  await answer('private', 'domain add example.test');
  const added = await tegu('private', 'user add alice@example.test', 'very secret\n');
  const listed = await tegu('private', 'user list --json');
  for (const { out, err } of [added, listed]) assert.doesNotMatch(out + err, /very secret|argon2/);
  for (const file of ['users.json', 'configuration.db'])
    assert.equal((await stat(join(dir, 'private', file))).mode & 0o777, 0o600, file);
});

test('cli: tegu.conf is found, and its errors name file, line and key', async () => {
  await makeData('conf/data');
  await writeFile(join(dir, 'conf/tegu.conf'), 'data = "data"\n');
  const conf = ['--conf', join(dir, 'conf/tegu.conf')];
  const added = await run(process.execPath, [main, 'domain', 'add', 'a.test', ...conf]);
  assert.equal(added.code, 0, added.err);
  assert.ok((await stat(join(dir, 'conf/data/configuration.db'))).isFile());
  const env = { ...process.env, TEGU_CONF: join(dir, 'conf/tegu.conf') };
  assert.match((await run(process.execPath, [main, 'domain', 'list'], '', env)).out, /a\.test/);
  const { TEGU_CONF: _, ...bare } = process.env;
  const lost = await run(process.execPath, [main, 'domain', 'list'], '', bare);
  assert.equal(lost.code, 1);
  assert.match(lost.err, /no tegu\.conf in .*--conf FILE or --data DIR/);
  await writeFile(join(dir, 'conf/tegu.conf'), 'data = "data"\nworkers = 2\n');
  const broken = await run(process.execPath, [main, 'domain', 'list', ...conf]);
  assert.match(broken.err, /conf\/tegu\.conf:2: workers: unknown key/);
  assert.equal(broken.code, 1);
});

test('cli: in a process of its own: standard input, output, exit code', async () => {
  await makeData('process');
  const data = ['--data', join(dir, 'process')];
  await run(process.execPath, [main, 'domain', 'add', 'example.test', ...data]);
  const added = await run(process.execPath, [main, 'user', 'add', 'a@example.test', ...data], 'from stdin\n');
  assert.deepEqual(added, { code: 0, out: 'user a@example.test added\n', err: '' });
  const [user] = JSON.parse(await readFile(join(dir, 'process/users.json'), 'utf8')).users;
  assert.ok(await verifyPassword('from stdin', user.password));
  const again = await run(process.execPath, [main, 'user', 'add', 'a@example.test', ...data]);
  assert.deepEqual(again, { code: 4, out: '', err: 'tegu: there is a user a@example.test already\n' });
});

test('cli: bin/tegu brings its own Node and works through a symbolic link', async () => {
  await symlink(join(root, 'bin/tegu'), join(dir, 'tegu-link'));
  const env = { PATH: '/usr/bin:/bin', HOME: dir };
  const version = await run(join(dir, 'tegu-link'), ['version', '--json'], '', env);
  assert.equal(version.code, 0, version.err);
  assert.match(JSON.parse(version.out).node, /^v24\./);
  const help = await run(join(dir, 'tegu-link'), ['user', 'import', '--help'], '', env);
  assert.equal(help.code, 0);
  assert.match(help.out, /^tegu user import FILE\|- \[options\]\n/);
  assert.match(help.out, /--conf FILE/);
});

test('cli: a verifier lives and dies with its password', async () => {
  await makeData('scram');
  await answer('scram', 'domain add example.test');
  await answer('scram', 'user add a@example.test', 'one\n');
  const file = join(dir, 'scram/users.json');
  const userNow = async () => JSON.parse(await readFile(file, 'utf8')).users[0];
  const shown = async () => (await answer<{ hasScram: boolean }[]>('scram', 'user list'))[0];
  assert.equal((await shown())?.hasScram, true);
  assert.equal(JSON.stringify(await shown()).includes('storedKey'), false);
  // A whole users.json moves to another server with its verifiers.
  const moved = JSON.stringify(JSON.parse(await readFile(file, 'utf8')).users);
  await answer('scram', 'user passwd a@example.test --hashed', `${(await userNow()).password}\n`);
  assert.equal('scram' in (await userNow()), false);
  await answer('scram', 'user import - --update', moved);
  assert.equal((await shown())?.hasScram, true);
  await answer(
    'scram',
    'user import - --update',
    'address,password\na@example.test,{SSHA512}AAAA\n'.replace('AAAA', 'A'.repeat(88)),
  );
  assert.equal('scram' in (await userNow()), false);
  await answer('scram', 'config set auth.scram never');
  await answer('scram', 'user passwd a@example.test', 'two\n');
  assert.equal('scram' in (await userNow()), false);
});
