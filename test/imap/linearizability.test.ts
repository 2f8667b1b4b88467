// Eight sessions over two workers change three mailboxes at random, with QRESYNC, IDLE and lost connections, against a model of
// what was acknowledged: UIDs are never reused and ascend, nothing is lost or comes twice, every picture stays true.
//
// TEGU_LINEAR_SEEDS chooses other seeds (`3-20`), TEGU_LINEAR_STEPS the number of commands for each.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer, type TestServer } from '../fixture/server.ts';
import { runRounds } from './linearizability/rounds.ts';

const [first = 1, last = first] = (process.env.TEGU_LINEAR_SEEDS ?? '1-2').split('-').map(Number);
const steps = Number(process.env.TEGU_LINEAR_STEPS ?? '10000');

describe('linearizability', () => {
  let server: TestServer;
  before(async () => {
    server = await startServer({ settings: [['imap.plaintextAuth', 'true']] });
  });
  after(() => server.stop());

  for (let seed = first; seed <= last; seed++) {
    test(`${steps} commands of eight sessions, seed ${seed}: nothing contradicts the answers`, async (t) => {
      const user = 'alice@example.test';
      const port = server.ports.imap;
      const done = await runRounds({ port, user, password: server.password(user), seed, steps });
      t.diagnostic([...done].map(([name, count]) => `${name} ${count}`).join(', '));
      const missing = ['append', 'store', 'move', 'copy', 'expunge', 'idle', 'reconnect', 'select'].filter(
        (name) => (done.get(name) ?? 0) === 0,
      );
      assert.deepEqual(missing, []);
    });
  }
});
