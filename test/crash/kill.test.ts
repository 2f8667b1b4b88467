// kill -9 of workers and of everything at seeded random points under load: nothing acknowledged is lost, UIDs never change
// or repeat, acknowledged flags are kept (DESIGN promise 1).
//
// TEGU_CRASH_KILLS (default 60) kills a run, TEGU_CRASH_SEED the seed; every fourth kill takes the supervisor too.

import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImapClient } from '../fixture/imap-client.ts';
import { startServer, type TestServer } from '../fixture/server.ts';
import { ImapMutator } from './imap-mutator.ts';
import { SeededRandom } from './random.ts';
import { SmtpSender } from './smtp-sender.ts';

const kills = Number(process.env.TEGU_CRASH_KILLS ?? '60');
const seed = Number(process.env.TEGU_CRASH_SEED ?? '20261125');

test(`S18, I19: ${kills} kills under load lose nothing that was acknowledged`, {
  timeout: 900_000,
}, async (t) => {
  const random = new SeededRandom(seed);
  let server = await startServer({
    settings: [
      ['imap.plaintextAuth', 'true'],
      ['server.restartDelayMaxMs', '100'],
    ],
  });
  // Passwords are printed at the first start only.
  const passwords = new Map(server.users.map((user) => [user.address, user.password]));
  await server.kill('SIGTERM');
  const { data } = server;
  server = await startServer({ data });
  const login = (user: string) => ({
    port: () => server.ports.imap,
    user,
    password: passwords.get(user) ?? '',
  });
  const senders = ['s1', 's2', 's3'].map(
    (name) => new SmtpSender(name, () => server.ports.smtp, 'alice@example.test'),
  );
  const mutators = ['one', 'two', 'three'].map(
    (folder, index) => new ImapMutator(folder, login('bob@example.test'), new SeededRandom(seed + index + 1)),
  );
  t.after(async () => {
    for (const worker of [...senders, ...mutators]) worker.abandon();
    await killEverything(server);
    await rm(data, { recursive: true, force: true });
  });
  for (const worker of [...senders, ...mutators]) worker.start();
  for (let kill = 0; kill < kills && !mutators.some(({ hasFailed }) => hasFailed); kill++) {
    await sleep(50 + random.below(400));
    if (kill % 4 === 3) {
      await killEverything(server);
      server = await startServer({ data });
    } else await killOneWorker(server, random);
  }
  await sleep(500);
  for (const worker of [...senders, ...mutators]) await worker.stop();
  const delivered = await countIds(login('alice@example.test'));
  const acknowledged = senders.flatMap((sender) => [...sender.acknowledged]);
  for (const id of acknowledged)
    assert.equal(delivered.get(id), 1, `acknowledged message ${id} is there ${delivered.get(id) ?? 0} times`);
  for (const [id, count] of delivered) assert.equal(count, 1, `message ${id} is there ${count} times`);
  const operations = mutators.reduce((sum, mutator) => sum + mutator.operations, 0);
  const comparisons = mutators.reduce((sum, mutator) => sum + mutator.comparisons, 0);
  t.diagnostic(
    `${kills} kills, seed ${seed}: ${acknowledged.length} messages acknowledged over SMTP, ${operations} IMAP operations, ${comparisons} comparisons with the model`,
  );
  assert.ok(acknowledged.length > kills && operations > kills, 'there was too little load to prove anything');
});

async function killOneWorker(server: TestServer, random: SeededRandom): Promise<void> {
  const pids = await workerPids(server);
  if (pids.length === 0) return;
  try {
    process.kill(random.pick(pids), 'SIGKILL');
  } catch {
    // It died between the look and the kill.
  }
}

/** The supervisor first, so that it cannot replace what follows. */
async function killEverything(server: TestServer): Promise<void> {
  const pids = await workerPids(server);
  await server.kill('SIGKILL');
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself when its supervisor went away.
    }
  }
}

async function workerPids(server: TestServer): Promise<number[]> {
  const text = await readFile(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8').catch(() => '');
  return text
    .split(' ')
    .filter((pid) => pid !== '')
    .map(Number);
}

/** How often each X-Crash-Id stands in INBOX. */
async function countIds(login: {
  port: () => number;
  user: string;
  password: string;
}): Promise<Map<string, number>> {
  const client = await ImapClient.connect(login.port());
  await client.ok(`LOGIN ${login.user} ${login.password}`);
  await client.ok('SELECT INBOX');
  const counts = new Map<string, number>();
  for (const items of (
    await client.fetch('FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (X-CRASH-ID)])')
  ).values()) {
    const header = [...items].find(([name]) => name.startsWith('BODY['))?.[1];
    const id = /X-Crash-Id: (\S+)/.exec(String(header))?.[1] ?? 'unknown';
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  client.close();
  return counts;
}
