import assert from 'node:assert/strict';
import { test } from 'node:test';
import { domainToASCII } from 'node:url';
import type { TraceId } from '../base/brands.ts';
import type { MessageBody } from '../base/message-body.ts';
import { Permanent, Transient } from '../base/outcome.ts';
import type { Bus, BusTopics, Topic } from '../cluster/bus.ts';
import type { Account } from '../directory/user-source.ts';
import { SpoolArea } from '../host/body-spool.ts';
import { silentLog } from '../host/log.ts';
import { parseMailbox } from '../proto/address/mailbox.ts';
import type { ReversePath } from '../proto/address/path.ts';
import { FixtureSettings, fixtureAccount, fixtureDomain } from '../routing/fixture.ts';
import type { MailStore, Delivery as StoreDelivery } from '../store/mail-store.ts';
import { Delivery } from './delivery.ts';

class FakeBus implements Bus {
  readonly #handlers = new Map<Topic, Set<(payload: never) => void>>();
  publish<T extends Topic>(topic: T, payload: BusTopics[T]): void {
    for (const handler of this.#handlers.get(topic) ?? []) handler(payload as never);
  }
  subscribe<T extends Topic>(topic: T, handler: (payload: BusTopics[T]) => void): () => void {
    const handlers = this.#handlers.get(topic) ?? new Set();
    this.#handlers.set(topic, handlers.add(handler));
    return () => handlers.delete(handler);
  }
}

/** A store that records, fails or waits as told per address. */
class ScriptedStore {
  readonly stored: { address: string; text: string }[] = [];
  readonly plan = new Map<string, () => Promise<void>>();
  quotaAsked: string[] = [];
  inFlight = 0;
  mostInFlight = 0;

  async deliver({ account, prefix, body }: StoreDelivery): Promise<void> {
    this.mostInFlight = Math.max(this.mostInFlight, ++this.inFlight);
    try {
      await new Promise((resolve) => setImmediate(resolve));
      await this.plan.get(account.address)?.();
      const parts = [prefix];
      for await (const part of body.chunks()) parts.push(part);
      this.stored.push({ address: account.address, text: Buffer.concat(parts).toString() });
    } finally {
      this.inFlight -= 1;
    }
  }

  async checkQuota(ref: { address: string }): Promise<void> {
    this.quotaAsked.push(ref.address);
    await this.plan.get(ref.address)?.();
  }

  get asStore(): MailStore {
    return this as unknown as MailStore;
  }
}

const accounts = ['a', 'b', 'c'].map((name) => fixtureAccount(`${name}@example.test`)) as [
  Account,
  Account,
  Account,
];
const settings = new FixtureSettings([fixtureDomain('example.test')]);
const spools = new SpoolArea('/nonexistent', () => ({ memoryBytes: 1e6, totalMemoryBytes: 1e6 }));

function setUp(store: ScriptedStore, bus: Bus = new FakeBus()): Delivery {
  const clock = { nowMs: () => 0, monotonicMs: () => 0 };
  return new Delivery({ settings, stores: () => store.asStore, bus, log: silentLog, clock });
}

async function bodyOf(text: string): Promise<MessageBody> {
  const spool = spools.create('x');
  await spool.write(Buffer.from(text));
  return spool.finish();
}

async function message(
  recipients: readonly (readonly [string, readonly Account[]])[],
  text = 'Subject: x\r\n\r\nhi\r\n',
) {
  return {
    id: '0message' as TraceId,
    reversePath: parseMailbox('sender@elsewhere.example', domainToASCII) as ReversePath,
    recipients: recipients.map(([address, routed]) => ({
      forwardPath: parseMailbox(address, domainToASCII),
      accounts: routed,
    })),
    body: await bodyOf(text),
    reception: {
      helo: 'elsewhere.example',
      remoteAddress: '192.0.2.1',
      hostname: 'mx.example.test',
      protocol: 'ESMTP',
      tls: undefined,
      id: '0message',
      receivedMs: 0,
    },
    addedFields: '',
  };
}

const kinds = (outcomes: readonly { kind: string; code?: string }[]) =>
  outcomes.map((outcome) => (outcome.code === undefined ? outcome.kind : `${outcome.kind} ${outcome.code}`));
const [a, b, c] = accounts;
const fails = (error: Error) => () => Promise.reject(error);

test('each recipient has its own trace fields in front of the same octets', async () => {
  const store = new ScriptedStore();
  const outcomes = await setUp(store).deliver(
    await message([
      ['a+tag@example.test', [a]],
      ['B@example.test', [b]],
    ]),
  );
  assert.deepEqual(kinds(outcomes), ['delivered', 'delivered']);
  const [first, second] = store.stored.sort((x, y) => x.address.localeCompare(y.address));
  assert.equal(
    first?.text,
    'Return-Path: <sender@elsewhere.example>\r\n' +
      'Received: from elsewhere.example ([192.0.2.1])\r\n' +
      '\tby mx.example.test with ESMTP\r\n' +
      '\tid 0message for <a+tag@example.test>;\r\n' +
      '\tThu, 1 Jan 1970 00:00:00 +0000\r\n' +
      'Subject: x\r\n\r\nhi\r\n',
  );
  assert.match(second?.text ?? '', /for <B@example\.test>;/);
  assert.equal(spools.memoryInUse, 0, 'the body was released');
});

test('an account behind two recipients gets one copy', async () => {
  const store = new ScriptedStore();
  const outcomes = await setUp(store).deliver(
    await message([
      ['a@example.test', [a]],
      ['list@example.test', [a, b]],
    ]),
  );
  assert.deepEqual(kinds(outcomes), ['delivered', 'delivered']);
  assert.deepEqual(store.stored.map((one) => one.address).sort(), ['a@example.test', 'b@example.test']);
  const first = store.stored.find((one) => one.address === 'a@example.test');
  assert.match(first?.text ?? '', /for <a@example\.test>;/, 'with the trace fields of the first');
});

const failures: readonly (readonly [string, Error, string])[] = [
  ['full disk', new Transient('store.full', 'full'), 'temporary store.full'],
  ['over quota', new Permanent('store.over_quota', 'full'), 'permanent store.over_quota'],
  ['a bug', new TypeError('x is not a function'), 'temporary internal.bug'],
];
for (const [name, error, expected] of failures) {
  test(`S11: ${name} of one mailbox is told for its recipient and leaves the others alone`, async () => {
    const store = new ScriptedStore();
    store.plan.set('b@example.test', fails(error));
    const outcomes = await setUp(store).deliver(
      await message([
        ['a@example.test', [a]],
        ['b@example.test', [b]],
        ['list@example.test', [a, b]],
      ]),
    );
    assert.deepEqual(kinds(outcomes), ['delivered', expected, expected]);
    assert.equal(spools.memoryInUse, 0);
  });
}

test('S11, S12: the retry of a message that reached some goes to the others only, in every worker', async () => {
  const store = new ScriptedStore();
  const bus = new FakeBus();
  const [worker, other] = [setUp(store, bus), setUp(store, bus)];
  const recipients = [
    ['a@example.test', [a]],
    ['b@example.test', [b]],
  ] as const;
  store.plan.set('b@example.test', fails(new Transient('store.io', 'io')));
  assert.deepEqual(kinds(await worker.deliver(await message(recipients))), [
    'delivered',
    'temporary store.io',
  ]);
  assert.deepEqual(kinds(await other.deliver(await message(recipients))), [
    'delivered',
    'temporary store.io',
  ]);
  store.plan.clear();
  assert.deepEqual(kinds(await other.deliver(await message(recipients))), ['delivered', 'delivered']);
  assert.deepEqual(kinds(await worker.deliver(await message([['a@example.test', [a]]]))), ['delivered']);
  assert.deepEqual(
    store.stored.map((one) => one.address),
    ['a@example.test', 'b@example.test'],
  );
  // Of the same sender and size, but another message.
  await worker.deliver(await message(recipients, 'Subject: y\r\n\r\nhi\r\n'));
  assert.equal(store.stored.length, 4);
});

test('an ordinary message sent twice is delivered twice', async () => {
  const store = new ScriptedStore();
  const delivery = setUp(store);
  for (let i = 0; i < 2; i++) await delivery.deliver(await message([['a@example.test', [a]]]));
  assert.equal(store.stored.length, 2);
});

test('S18: what is not finished at the deadline is temporary, is finished all the same, and is not doubled', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const store = new ScriptedStore();
  let release = (): void => {};
  store.plan.set('b@example.test', () => new Promise((resolve) => (release = resolve)));
  const delivery = setUp(store);
  const recipients = [
    ['a@example.test', [a]],
    ['b@example.test', [b]],
  ] as const;
  const pending = delivery.deliver(await message(recipients));
  while (store.stored.length < 1) await new Promise((resolve) => setImmediate(resolve));
  t.mock.timers.tick(settings.get('delivery.timeoutSeconds') * 1000);
  assert.deepEqual(kinds(await pending), ['delivered', 'temporary delivery.timeout']);
  assert.ok(spools.memoryInUse > 0, 'the body is still needed');
  const closed = delivery.close();
  release();
  await closed;
  assert.equal(spools.memoryInUse, 0);
  store.plan.clear();
  assert.deepEqual(kinds(await delivery.deliver(await message(recipients))), ['delivered', 'delivered']);
  assert.equal(store.stored.length, 2);
});

test('the number of mailboxes written at once is bounded', async () => {
  const store = new ScriptedStore();
  const many = Array.from({ length: 40 }, (_, i) => fixtureAccount(`u${i}@example.test`));
  const narrow = new FixtureSettings([fixtureDomain('example.test')], { 'delivery.parallel': 7 });
  const clock = { nowMs: () => 0, monotonicMs: () => 0 };
  const delivery = new Delivery({
    settings: narrow,
    stores: () => store.asStore,
    bus: new FakeBus(),
    log: silentLog,
    clock,
  });
  assert.deepEqual(kinds(await delivery.deliver(await message([['all@example.test', many]]))), ['delivered']);
  assert.equal(store.stored.length, 40);
  assert.equal(store.mostInFlight, 7);
});

test('a domain that was removed meanwhile is a temporary failure', async () => {
  const stranger = fixtureAccount('x@gone.test');
  const outcomes = await setUp(new ScriptedStore()).deliver(await message([['x@gone.test', [stranger]]]));
  assert.deepEqual(kinds(outcomes), ['temporary routing.no_domain']);
});

test('checkRoom asks the store only for accounts with a quota, and passes its refusal on', async () => {
  const store = new ScriptedStore();
  const limited = fixtureAccount('b@example.test', { quotaBytes: 10 });
  const delivery = setUp(store);
  await delivery.checkRoom([a, c], 100);
  assert.deepEqual(store.quotaAsked, []);
  store.plan.set('b@example.test', fails(new Permanent('store.over_quota', 'full')));
  await assert.rejects(delivery.checkRoom([a, limited], 100), { code: 'store.over_quota' });
});
