import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fdatasync, fstatSync, fsync } from 'node:fs';
import { chown, mkdir, mkdtemp, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { Permanent, Transient } from '../base/outcome.ts';
import { limitDatabases, openDurableDatabase, type SyncFunctions } from './sqlite.ts';

const schema = ['CREATE TABLE items (id INTEGER PRIMARY KEY, who TEXT NOT NULL, body BLOB) STRICT'];
const realSync: SyncFunctions = {
  syncData: promisify(fdatasync),
  async syncDirectory(dir) {
    const handle = await open(dir, 'r');
    await promisify(fsync)(handle.fd);
    await handle.close();
  },
};
let dir = '';
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tegu-sqlite-'));
});
after(() => rm(dir, { recursive: true }));
let files = 0;
const newFile = () => join(dir, `${files++}.db`);
const insert =
  (who: string, bytes = 10) =>
  (db: Database.Database) =>
    Number(
      db.prepare('INSERT INTO items (who, body) VALUES (?, zeroblob(?))').run(who, bytes).lastInsertRowid,
    );
const countOf = (db: Database.Database) =>
  (db.prepare('SELECT count(*) AS n FROM items').get() as { n: number }).n;

test('sqlite: a write resolves only after a sync that began after its commit', async () => {
  const path = newFile();
  const events: string[] = [];
  let release: (() => void)[] = [];
  const database = await openDurableDatabase(
    path,
    {
      syncDirectory: realSync.syncDirectory,
      syncData: () => {
        events.push('sync');
        return new Promise((done) => release.push(done));
      },
    },
    { schema },
  );
  const writes = ['a', 'b'].map((who) => database.write(insert(who)).then(() => events.push(`done ${who}`)));
  while (release.length === 0) await new Promise((done) => setTimeout(done, 1));
  assert.equal(database.read(countOf), 2);
  assert.deepEqual(events, ['sync'], 'both committed, one sync under way, nobody told yet');
  const late = database.write(insert('c')).then(() => events.push('done c'));
  const [first] = release;
  release = [];
  first?.();
  await Promise.all(writes);
  assert.ok(!events.includes('done c'));
  while (release.length === 0) await new Promise((done) => setTimeout(done, 1));
  for (const done of release) done();
  await late;
  assert.deepEqual(events, ['sync', 'done a', 'done b', 'sync', 'done c']);
  const closed = database.close();
  await closed;
});

test('sqlite: writeCache does not wait for the disk', async () => {
  const database = await openDurableDatabase(
    newFile(),
    { ...realSync, syncData: () => Promise.reject(new Error('must not be called')) },
    { schema },
  );
  assert.equal(await database.writeCache(insert('a')), 1);
  assert.equal(database.read(countOf), 1);
  await database.close();
});

test('sqlite: a failing sync rejects the write, refuses later ones, and reopening heals', async () => {
  const path = newFile();
  let broken = true;
  const sync: SyncFunctions = {
    ...realSync,
    syncData: (fd) =>
      broken
        ? Promise.reject(Object.assign(new Error('input/output error'), { code: 'EIO' }))
        : realSync.syncData(fd),
  };
  const database = await openDurableDatabase(path, sync, { schema });
  const isSyncFailure = (error: unknown) => error instanceof Transient && error.code === 'store.sync_failed';
  await assert.rejects(database.write(insert('a')), isSyncFailure);
  broken = false;
  await assert.rejects(database.write(insert('b')), isSyncFailure, 'a second sync would lie');
  await assert.rejects(database.writeCache(insert('c')), isSyncFailure);
  await database.close();
  const again = await openDurableDatabase(path, sync, { schema });
  await again.write(insert('d'));
  const names = again.read((db) => db.prepare('SELECT who FROM items ORDER BY id').pluck().all());
  assert.deepEqual(names, ['a', 'd'], 'refused writes left nothing');
  await again.close();
});

/** Frames in the log that are not folded back, as somebody else sees them. */
function framesLeft(path: string): number {
  const other = new Database(path);
  try {
    const [state] = other.pragma('wal_checkpoint(NOOP)') as { log: number; checkpointed: number }[];
    return (state?.log ?? 0) - (state?.checkpointed ?? 0);
  } finally {
    other.close();
  }
}

test('sqlite: what a failed sync left doubtful leaves the log at once, so that no process builds on it', async () => {
  const path = newFile();
  let broken = false;
  const sync: SyncFunctions = {
    ...realSync,
    syncData: (fd) => (broken ? Promise.reject(new Error('EIO')) : realSync.syncData(fd)),
  };
  const database = await openDurableDatabase(path, sync, { schema });
  for (let row = 0; row < 20; row++) await database.write(insert('a', 8000));
  assert.ok(framesLeft(path) > 40);
  broken = true;
  await assert.rejects(database.write(insert('b')));
  for (let waited = 0; framesLeft(path) > 1 && waited < 200; waited++)
    await new Promise((done) => setTimeout(done, 10));
  assert.ok(framesLeft(path) <= 1, 'only the frame that begins the new log');
  await database.close();
});

test('sqlite: reopening after a failed sync heals while another process keeps the same log file', async () => {
  const path = newFile();
  const refused = new Set<number>();
  let broken = true;
  // As the native engine does: a file whose sync failed is refused until its content was given up.
  const sync: SyncFunctions = {
    ...realSync,
    syncData: async (fd) => {
      const { ino } = fstatSync(fd);
      if (broken) refused.add(ino);
      if (refused.has(ino)) throw new Error('EIO');
    },
    forgetFailure: (fd) => {
      refused.delete(fstatSync(fd).ino);
    },
  };
  const database = await openDurableDatabase(path, sync, { schema });
  const other = new Database(path);
  other.prepare('SELECT count(*) FROM items').get();
  await assert.rejects(database.write(insert('a')));
  broken = false;
  await database.close();
  const again = await openDurableDatabase(path, sync, { schema });
  await again.write(insert('b'));
  await again.close();
  other.close();
});

test('sqlite: a second open waits until the first has closed what it created the file with', async (t) => {
  const path = newFile();
  const probe = await open(join(dir, 'probe'), 'w');
  const prototype = Object.getPrototypeOf(probe) as typeof probe;
  await probe.close();
  let isOwned = false;
  t.mock.method(process as { getuid(): number }, 'getuid', () => 0);
  // The last step before the descriptor is closed.
  t.mock.method(
    prototype,
    'chown',
    async () => {
      await new Promise((done) => setTimeout(done, 200));
      isOwned = true;
    },
    { times: 1 },
  );
  // Closing any descriptor of a database file drops all locks that this process has on it.
  const first = openDurableDatabase(path, realSync, { schema });
  const second = await openDurableDatabase(path, realSync, { schema });
  assert.ok(isOwned);
  await (await first).close();
  await second.close();
});

test('sqlite: what throws is undone and does not touch its neighbours', async () => {
  const database = await openDurableDatabase(newFile(), realSync, { schema });
  const outcomes = await Promise.allSettled([
    database.write(insert('good')),
    database.write((db) => {
      insert('bad')(db);
      throw new Permanent('store.example', 'no');
    }),
    database.write((db) => Promise.resolve(insert('promise')(db))),
    database.write((db) => db.exec('INSERT INTO items (who) VALUES (NULL)')),
  ]);
  assert.deepEqual(
    outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : outcome.reason.code)),
    [1, 'store.example', 'internal.bug', 'SQLITE_CONSTRAINT_NOTNULL'],
  );
  assert.equal(database.read(countOf), 1);
  await database.close();
  await assert.rejects(database.write(insert('late')), { code: 'internal.bug' });
  await database.close();
});

test('sqlite: a lock of another process is waited for without blocking, up to the limit', async () => {
  const path = newFile();
  const database = await openDurableDatabase(path, realSync, { schema });
  await database.write(insert('a'));
  const other = new Database(path);
  other.exec('BEGIN IMMEDIATE');
  let ticks = 0;
  const ticker = setInterval(() => ticks++, 5);
  const waiting = database.write(insert('b'));
  setTimeout(() => other.exec('COMMIT'), 150);
  await waiting;
  assert.ok(ticks >= 10, `the loop went on: ${ticks} ticks`);
  other.exec('BEGIN IMMEDIATE');
  limitDatabases({ busyLimitMs: 60, checkpointBytes: 4 << 20 });
  await assert.rejects(
    database.write(insert('c')),
    (error) => error instanceof Transient && error.code === 'store.busy',
  );
  limitDatabases({ busyLimitMs: 10_000, checkpointBytes: 4 << 20 });
  other.exec('COMMIT');
  other.close();
  clearInterval(ticker);
  assert.equal(await database.write(insert('d')), 3);
  await database.close();
});

test('sqlite: migrations run once, in order, and a newer schema is refused', async () => {
  const path = newFile();
  const first = await openDurableDatabase(path, realSync, { schema });
  await first.write(insert('a'));
  await first.close();
  const longer = [...schema, "ALTER TABLE items ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'"];
  const second = await openDurableDatabase(path, realSync, { schema: longer });
  assert.deepEqual(
    second.read((db) => db.prepare('SELECT colour FROM items').pluck().all()),
    ['red'],
  );
  assert.equal(second.db.pragma('user_version', { simple: true }), 2);
  await second.close();
  await assert.rejects(
    openDurableDatabase(path, realSync, { schema }),
    (error) => error instanceof Permanent && error.code === 'store.schema_newer',
  );
  await assert.rejects(
    openDurableDatabase(newFile(), realSync, { schema: ['CREATE TABLE a (b); CREATE NONSENSE'] }),
    (error) => error instanceof Transient && error.code === 'store.io' && /NONSENSE/.test(error.message),
  );
});

test('sqlite: a file that is no database is reported as damaged', async () => {
  const path = newFile();
  await writeFile(path, 'this is not a database, but long enough to be read as one: '.repeat(100));
  await assert.rejects(
    openDurableDatabase(path, realSync, { schema }),
    (error) => error instanceof Permanent && error.code === 'store.damaged',
  );
  await assert.rejects(
    openDurableDatabase(join(dir, 'absent', 'x.db'), realSync),
    (error) => error instanceof Transient && error.code === 'store.io',
  );
});

test('sqlite: checkpoints keep the log small under steady writing, the close folds it back', async () => {
  const path = newFile();
  limitDatabases({ busyLimitMs: 10_000, checkpointBytes: 64 * 1024 });
  const database = await openDurableDatabase(path, { ...realSync, syncData: async () => {} }, { schema });
  for (let round = 0; round < 40; round++) {
    await Promise.all(Array.from({ length: 10 }, () => database.write(insert('x', 8000))));
    await new Promise((done) => setTimeout(done, 15));
  }
  const walBytes = (await stat(`${path}-wal`)).size;
  assert.ok(walBytes < 2_500_000, `3.4 MB went through a log of ${walBytes}`);
  assert.ok((await stat(path)).size > 500_000, 'checkpoints reached the database file');
  limitDatabases({ busyLimitMs: 10_000, checkpointBytes: 4 << 20 });
  await database.close();
  const names = (await readdir(dir)).filter((name) => name.startsWith(basename(path)));
  assert.equal(names.length, 1, `only the database is left: ${names}`);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});

test('sqlite: what root creates belongs to the owner of the directory', async () => {
  // Without root's rights the only owner there can be is the own user.
  const owner = process.getuid?.() === 0 ? 65_534 : (process.getuid?.() ?? 0);
  const place = join(dir, 'owned');
  await mkdir(place);
  await chown(place, owner, -1);
  const path = join(place, 'x.db');
  const database = await openDurableDatabase(path, realSync, { schema });
  await database.write(insert('a'));
  for (const name of [path, `${path}-wal`, `${path}-shm`]) assert.equal((await stat(name)).uid, owner, name);
  await database.close();
});

/** Starts a writer process of its own that prints each id when its write resolved. */
function startWriter(path: string, who: string): ChildProcess {
  const script = `
    import { openDurableDatabase } from ${JSON.stringify(new URL('./sqlite.ts', import.meta.url).href)};
    import { fdatasync } from 'node:fs';
    import { promisify } from 'node:util';
    const [path, who] = process.argv.slice(1);
    const database = await openDurableDatabase(path,
      { syncData: promisify(fdatasync), syncDirectory: async () => {} }, { schema: ${JSON.stringify(schema)} });
    process.on('SIGTERM', async () => { stop = true; });
    let stop = false;
    await Promise.all([1, 2, 3].map(async () => {
      while (!stop) {
        const id = await database.write((db) =>
          db.prepare('INSERT INTO items (who) VALUES (?)').run(who).lastInsertRowid);
        process.stdout.write(id + '\\n');
      }
    }));
    await database.close();`;
  return spawn(process.execPath, ['--input-type=module', '-e', script, path, who], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Collects the acknowledged ids until `count` are there. */
async function readIds(child: ChildProcess, into: number[], count: number): Promise<void> {
  assert.ok(child.stdout !== null);
  const lines = createInterface({ input: child.stdout });
  await new Promise<void>((done) => {
    lines.on('line', (line) => {
      into.push(Number(line));
      if (into.length === count) done();
    });
  });
}

test('sqlite: two processes that create, write and get killed lose no acknowledged write', async () => {
  const path = newFile();
  for (let round = 0; round < 3; round++) {
    const children = [startWriter(path, 'a'), startWriter(path, 'b')];
    const acknowledged: [number[], number[]] = [[], []];
    await Promise.all(children.map((child, i) => readIds(child, acknowledged[i as 0 | 1], 60 + 37 * round)));
    children[0]?.kill('SIGKILL');
    children[1]?.kill(round === 2 ? 'SIGTERM' : 'SIGKILL');
    await Promise.all(children.map((child) => once(child, 'close')));
    const ids = acknowledged.flat();
    assert.equal(new Set(ids).size, ids.length, 'no id was given twice');
    const database = await openDurableDatabase(path, realSync, { schema });
    const present = new Set(database.read((db) => db.prepare('SELECT id FROM items').pluck().all()));
    assert.deepEqual(
      ids.filter((id) => !present.has(id)),
      [],
    );
    assert.equal(database.db.pragma('integrity_check', { simple: true }), 'ok');
    await database.close();
  }
});
