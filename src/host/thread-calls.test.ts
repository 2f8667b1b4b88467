import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ThreadCalls, ThreadEnded, ThreadFailure } from './thread-calls.ts';

/** Answers numbers with their double, later for small ones; 'fail' and 'die' do as they say. */
const source = `
  import { parentPort } from 'node:worker_threads';
  parentPort.on('message', ({ id, task }) => {
    if (task === 'die') process.exit(3);
    if (task === 'crash') throw new Error('crashed');
    if (task === 'fail') return parentPort.postMessage({ id, failure: 'cannot' });
    if (task === 'hang') return;
    setTimeout(() => parentPort.postMessage({ id, answer: task * 2 }), 50 - task);
  });
`;

const calls = (): ThreadCalls<number | string, number> =>
  new ThreadCalls(new URL(`data:text/javascript,${encodeURIComponent(source)}`), 'test');

test('thread calls: answers find their questions, whatever their order', async () => {
  const thread = calls();
  assert.deepEqual(await Promise.all([thread.ask(1), thread.ask(40), thread.ask(20)]), [2, 80, 40]);
});

test('thread calls: a failure is that of one question', async () => {
  const thread = calls();
  const [good, bad] = await Promise.allSettled([thread.ask(4), thread.ask('fail')]);
  assert.deepEqual(good, { status: 'fulfilled', value: 8 });
  assert.ok(bad.status === 'rejected' && bad.reason instanceof ThreadFailure);
  assert.equal(bad.reason.message, 'cannot');
});

for (const end of ['die', 'crash']) {
  test(`thread calls: when the thread ends (${end}), open questions fail and the next starts another`, async () => {
    const thread = calls();
    const outcomes = await Promise.allSettled([thread.ask('hang'), thread.ask(end)]);
    for (const outcome of outcomes) {
      assert.ok(outcome.status === 'rejected' && outcome.reason instanceof ThreadEnded);
    }
    assert.equal(await thread.ask(3), 6);
  });
}
