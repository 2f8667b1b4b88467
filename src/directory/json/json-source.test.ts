import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { DomainName } from '../../base/brands.ts';
import { systemClock } from '../../base/clock.ts';
import { Secret } from '../../base/secret.ts';
import type { Log, LogFields } from '../../host/log.ts';
import { silentLog } from '../../host/log.ts';
import { contractUsers, userSourceContract } from '../contract.ts';
import { MergedDirectory } from '../merge.ts';
import { JsonSource, type JsonSourceLimits, type JsonSourceOptions } from './json-source.ts';
import { makePasswordFields } from './password-fields.ts';
import { hashPassword } from './password-hash.ts';
import { editUserFile } from './user-file.ts';
import type { UserRecord } from './user-record.ts';

const cost = { memoryKib: 8_192, passes: 1 };
const limits: JsonSourceLimits = {
  pollMs: 20,
  cost,
  hashConcurrency: 2,
  maxWaitingLogins: 100,
  loginMemoryMs: 60_000,
};
const example = 'example.test' as DomainName;
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tegu-users-'));
});
after(() => rm(folder, { recursive: true, force: true }));

async function records(): Promise<UserRecord[]> {
  return Promise.all(
    contractUsers.map(async (user) => ({
      address: user.address,
      aliases: user.aliases,
      name: user.name,
      ...(await makePasswordFields(user.password, {
        ...cost,
        scramIterations: user.address.startsWith('alice') ? 4096 : 0,
      })),
      enabled: !('enabled' in user && user.enabled === false),
    })),
  );
}

async function openSource(path: string, changes: Partial<JsonSourceOptions> = {}): Promise<JsonSource> {
  const source = new JsonSource({
    name: 'file',
    path,
    limits: () => limits,
    clock: systemClock,
    log: silentLog,
    ...changes,
  });
  await source.start();
  return source;
}

userSourceContract('JSON file', async () => {
  const path = join(folder, 'contract.json');
  await editUserFile(path, async () => [await records(), undefined]);
  return openSource(path);
});

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  for (let i = 0; i < 300; i++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail('the condition never came true');
}

describe('JSON source', () => {
  test('a changed file is in force within the poll interval; a broken one keeps the last good set and is named', async () => {
    const path = join(folder, 'reload.json');
    const errors: LogFields[] = [];
    const log: Log = { ...silentLog, error: (_event, fields = {}) => errors.push(fields) };
    await editUserFile(path, async () => [await records(), undefined]);
    let loads = 0;
    const source = await openSource(path, { log, onLoad: () => loads++ });
    await editUserFile(path, (users) => [[...users, { address: 'dave@example.test' }], undefined]);
    await until(async () => (await source.resolve(example, 'dave')) !== undefined);
    const good = await readFile(path, 'utf8');
    await writeFile(path, good.replace('"dave@example.test"', '"DAVE@example.test"'));
    await until(() => errors.length > 0);
    assert.match(String(errors[0]?.at), /reload\.json:5: users\[3\]\.address: expected an address/);
    assert.equal((await source.resolve(example, 'dave'))?.address, 'dave@example.test');
    await writeFile(path, good.slice(0, -4));
    await until(() => errors.length > 1);
    assert.match(String(errors[1]?.at), /reload\.json:\d+: not JSON$/);
    await writeFile(path, good.replace('"dave@example.test"', '"erin@example.test"'));
    await until(async () => (await source.resolve(example, 'erin')) !== undefined);
    assert.equal(await source.resolve(example, 'dave'), undefined);
    assert.equal(loads, 3, 'told of the start and of both good sets, not of the broken ones');
    await source.close();
  });

  test('a changed password counts at once although the old one is remembered', async () => {
    const path = join(folder, 'change.json');
    await editUserFile(path, async () => [await records(), undefined]);
    const source = await openSource(path);
    assert.equal((await source.authenticate('bob@example.test', new Secret('пароль'))).kind, 'accepted');
    const password = await hashPassword('new', cost);
    await editUserFile(path, (users) => [
      users.map((user) => (user.address === 'bob@example.test' ? { ...user, password } : user)),
      undefined,
    ]);
    await source.reload();
    assert.equal((await source.authenticate('bob@example.test', new Secret('пароль'))).kind, 'refused');
    assert.equal((await source.authenticate('bob@example.test', new Secret('new'))).kind, 'accepted');
    await source.close();
  });

  test('a missing file makes the source unavailable, not empty', async () => {
    const source = await openSource(join(folder, 'nowhere.json'));
    await assert.rejects(source.resolve(example, 'alice'), { code: 'directory.unavailable' });
    await assert.rejects(source.authenticate('a@b.c', new Secret('x')), { code: 'directory.unavailable' });
    await source.close();
  });

  test('unknown users take as long as known ones with a wrong password', async () => {
    const path = join(folder, 'timing.json');
    await editUserFile(path, async () => [await records(), undefined]);
    const source = await openSource(path);
    // Alternating and the least of many, so that a busy machine slows down both alike.
    const least = { nobody: Number.POSITIVE_INFINITY, alice: Number.POSITIVE_INFINITY };
    for (let i = 0; i < 40; i++) {
      for (const name of ['nobody', 'alice'] as const) {
        const started = performance.now();
        await source.authenticate(`${name}@example.test`, new Secret(`wrong ${i}`));
        least[name] = Math.min(least[name], performance.now() - started);
      }
    }
    const ratio = least.nobody / least.alice;
    assert.ok(ratio > 0.7 && ratio < 1.4, `ratio ${ratio}`);
    await source.close();
  });
});

describe('user file', () => {
  test('two writers at once lose nothing; the file is private', async () => {
    const path = join(folder, 'writers.json');
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        editUserFile(path, (users) => [[...users, { address: `u${i}@example.test` }], undefined]),
      ),
    );
    const source = await openSource(path);
    let count = 0;
    for await (const _ of source.list()) count += 1;
    assert.equal(count, 20);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    await source.close();
  });

  test('a lock of a dead process is taken over', async () => {
    const path = join(folder, 'stale.json');
    await writeFile(`${path}.lock`, '4194300');
    await editUserFile(path, (users) => [[...users, { address: 'a@b.test' }], undefined]);
  });

  test('an address with two owners is refused and nothing is written', async () => {
    const path = join(folder, 'clash.json');
    await editUserFile(path, () => [[{ address: 'a@b.test', aliases: ['c@b.test'] }], undefined]);
    const before = await readFile(path, 'utf8');
    await assert.rejects(
      editUserFile(path, (users) => [[...users, { address: 'c@b.test' }], undefined]),
      { code: 'directory.bad_user', message: /c@b\.test would belong to both a@b\.test and c@b\.test/ },
    );
    assert.equal(await readFile(path, 'utf8'), before);
  });
});

test('merge: the first source wins, a dead one only hides what it alone could know', async () => {
  const path = join(folder, 'merge.json');
  await editUserFile(path, async () => [await records(), undefined]);
  const good = await openSource(path);
  const dead = await openSource(join(folder, 'dead.json'), { name: 'dead' });
  const clashes: string[] = [];
  const directory = new MergedDirectory(
    [good, good, dead],
    (name) => name.toLowerCase(),
    (address, winner, loser) => clashes.push(`${address} ${winner} ${loser}`),
  );
  assert.equal((await directory.resolve(example, 'alice'))?.address, 'alice@example.test');
  await assert.rejects(directory.resolve(example, 'nobody'), { code: 'directory.unavailable' });
  assert.equal(
    (await directory.authenticate('ALICE@example.test', new Secret('alice secret'))).kind,
    'accepted',
  );
  await good.close();
  await dead.close();
});

test('a SCRAM verifier is only good for the hash it was made with', async () => {
  const path = join(folder, 'stale.json');
  const fields = await makePasswordFields('old', { ...cost, scramIterations: 4096 });
  const user = { address: 'x@example.test', ...fields };
  await editUserFile(path, () => [[user], undefined]);
  const source = await openSource(path);
  assert.ok((await source.scramCredentials('x@example.test')) !== undefined);
  assert.equal(source.allHaveScram, true);
  // Somebody changes the hash by hand and forgets the rest.
  await editUserFile(path, async () => [[{ ...user, password: await hashPassword('new', cost) }], undefined]);
  await source.reload();
  assert.equal(await source.scramCredentials('x@example.test'), undefined);
  assert.equal(source.allHaveScram, false);
  await source.close();
});

const brokenScram: readonly (readonly [string, object])[] = [
  ['few iterations', { iterations: 4095 }],
  ['far too many iterations', { iterations: 10_000_000 }],
  ['a short key', { storedKey: 'AAAA' }],
  ['no salt', { salt: '' }],
  ['an unknown member', { other: 1 }],
];
for (const [what, change] of brokenScram) {
  test(`a scram field with ${what} is refused with its name`, async () => {
    const fields = await makePasswordFields('x', { ...cost, scramIterations: 4096 });
    const user = {
      address: 'x@example.test',
      ...fields,
      scram: { ...fields.scram, ...change },
    } as UserRecord;
    await assert.rejects(
      editUserFile(join(folder, 'broken-scram.json'), () => [[user], undefined]),
      /x@example.test: scram: expected/,
    );
  });
}

test('the directory: a name is taken for an address, the first source that knows it decides', async () => {
  const [one, two] = [join(folder, 'one.json'), join(folder, 'two.json')];
  const fields = await makePasswordFields('x', { ...cost, scramIterations: 4096 });
  await editUserFile(one, () => [[{ address: 'a@example.test', password: '$6$x$y' }], undefined]);
  await editUserFile(two, () => [
    ['a', 'b'].map((name) => ({ address: `${name}@example.test`, ...fields })),
    undefined,
  ]);
  const sources = [await openSource(one, { name: 'one' }), await openSource(two, { name: 'two' })];
  const directory = new MergedDirectory(
    sources,
    (name) => (name.includes('@') ? name.toLowerCase() : `${name}@example.test`),
    () => {},
  );
  assert.equal((await directory.accountOf('A@EXAMPLE.TEST'))?.source, 'one');
  assert.equal((await directory.accountOf('b'))?.address, 'b@example.test');
  assert.equal(await directory.accountOf('@'), undefined);
  assert.deepEqual(await directory.scramCredentials('a'), { address: 'a@example.test', found: undefined });
  assert.equal((await directory.scramCredentials('b')).found?.account.source, 'two');
  assert.equal((await directory.scramCredentials('nobody')).address, 'nobody@example.test');
  assert.equal(directory.allHaveScram, false);
  for (const source of sources) await source.close();
});
