import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageBody } from '../base/message-body.ts';
import { ProcessBus } from '../cluster/local/process-bus.ts';
import { FixtureSettings } from '../routing/fixture.ts';
import { PartialLedger } from './partial-ledger.ts';

function body(text: string): MessageBody {
  const octets = Buffer.from(text);
  return {
    sizeBytes: octets.length,
    memory: [octets],
    path: undefined,
    async *chunks() {
      yield octets;
    },
    release: async () => {},
  };
}

function setUp(values = {}) {
  const clock = { now: 0, nowMs: () => clock.now, monotonicMs: () => clock.now };
  const ledger = new PartialLedger(new ProcessBus(() => {}), clock, new FixtureSettings([], values));
  const has = async (text: string) => [...(await ledger.findDelivered(null, body(text)))];
  const add = (text: string, ...accounts: string[]) => ledger.remember(null, body(text), accounts);
  return { clock, ledger, has, add };
}

test('accounts of one message add up; other messages of the same size are others', async () => {
  const { has, add } = setUp();
  await add('one', 'a@x.test');
  await add('one', 'b@x.test');
  await add('two');
  assert.deepEqual(await has('one'), ['a@x.test', 'b@x.test']);
  assert.deepEqual(await has('two'), []);
  assert.deepEqual(await has('three'), []);
});

test('an entry ends after delivery.partialHours', async () => {
  const { clock, has, add } = setUp({ 'delivery.partialHours': 2 });
  await add('one', 'a@x.test');
  clock.now = 7_199_999;
  assert.deepEqual(await has('one'), ['a@x.test']);
  clock.now = 7_200_000;
  assert.deepEqual(await has('one'), []);
});

test('the table is bounded: the oldest entry goes first, and what remains is still found', async () => {
  const { has, add } = setUp({ 'delivery.partialMessages': 10 });
  for (let i = 10; i < 21; i++) await add(`m${i}`, 'a@x.test');
  assert.deepEqual(await has('m10'), []);
  assert.deepEqual(await has('m11'), ['a@x.test']);
  assert.deepEqual(await has('m20'), ['a@x.test']);
});
