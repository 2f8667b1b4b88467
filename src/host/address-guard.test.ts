import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressGuard, type GuardLimits } from './address-guard.ts';

const limits: GuardLimits = {
  maxFailures: 3,
  windowMs: 60_000,
  banMs: 600_000,
  delayMs: 100,
  delayMaxMs: 1_000,
  maxAddresses: 2,
};

function setUp() {
  const clock = { now: 1_000, nowMs: () => clock.now, monotonicMs: () => clock.now };
  const told: string[] = [];
  const guard = new AddressGuard(() => limits, clock, Buffer.alloc(32, 1), {
    failure: (address) => told.push(`failure ${address}`),
    ban: (address, until) => told.push(`ban ${address} ${until}`),
  });
  return { clock, told, guard };
}

test('guard: different wrong passwords ban the address, then the ban ends', () => {
  const { guard, clock, told } = setUp();
  const delays = ['a', 'b', 'c'].map((password) =>
    guard.failed('192.0.2.1', 'u', guard.secretTag('u', password)),
  );
  assert.deepEqual(delays, [100, 200, 400]);
  assert.equal(guard.isBanned('192.0.2.1'), true);
  assert.equal(guard.isBanned('192.0.2.2'), false);
  assert.ok(told.includes('ban 192.0.2.1 601000'));
  clock.now += 600_000;
  assert.equal(guard.isBanned('192.0.2.1'), false);
});

test('guard: the same stale password a hundred times is one mistake', () => {
  const { guard } = setUp();
  for (let i = 0; i < 100; i++) guard.failed('192.0.2.1', 'phone', guard.secretTag('phone', 'old'));
  assert.equal(guard.isBanned('192.0.2.1'), false);
});

test('guard: addresses of one IPv6 /64 share a budget', () => {
  const { guard } = setUp();
  for (const host of ['2001:db8::1', '2001:db8:0:0:5::2', '2001:db8::9:3']) {
    guard.failed(host, 'u', guard.secretTag('u', host));
  }
  assert.equal(guard.isBanned('2001:db8::77'), true);
  assert.equal(guard.isBanned('2001:db8:0:1::77'), false);
});

test('guard: the table is bounded, the oldest address goes first', () => {
  const { guard } = setUp();
  for (let i = 0; i < 3; i++) guard.failed('192.0.2.1', 'u', guard.secretTag('u', String(i)));
  guard.failed('192.0.2.2', 'u', 'x');
  guard.failed('192.0.2.3', 'u', 'x');
  assert.equal(guard.isBanned('192.0.2.1'), false);
});

test('guard: what other workers tell counts here, and an administrator lifts a ban', () => {
  const { guard } = setUp();
  for (const tag of ['x', 'y', 'z']) guard.hearFailure('192.0.2.1', tag);
  assert.equal(guard.isBanned('192.0.2.1'), true);
  guard.hearBan('192.0.2.1', 0);
  assert.equal(guard.isBanned('192.0.2.1'), false);
});

test('guard: the tag does not reveal where login ends and password begins', () => {
  const { guard } = setUp();
  assert.notEqual(guard.secretTag('ab', 'c'), guard.secretTag('a', 'bc'));
  assert.equal(guard.secretTag('ab', 'c').includes('c='), false);
});
