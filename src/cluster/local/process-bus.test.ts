import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type BusEvent, ProcessBus } from './process-bus.ts';

test('bus: equal notifications of one turn travel once, in order of first publishing', async () => {
  const sent: (readonly BusEvent[])[] = [];
  const bus = new ProcessBus((events) => sent.push(events));
  const heard: string[] = [];
  bus.subscribe('mailbox.changed', ({ account }) => heard.push(account));
  for (const account of ['a', 'b', 'a', 'a']) bus.publish('mailbox.changed', { account });
  await turn();
  assert.equal(sent.length, 1);
  assert.deepEqual(heard, ['a', 'b']);
});

test('bus: workers connected through a relay hear each other, not twice', async () => {
  const heard: string[] = [];
  const workers: ProcessBus[] = [];
  for (const name of ['one', 'two']) {
    const bus: ProcessBus = new ProcessBus((events) => {
      for (const other of workers) if (other !== bus) other.receive(events);
    });
    bus.subscribe('settings.changed', ({ revision }) => heard.push(`${name} ${revision}`));
    workers.push(bus);
  }
  workers[0]?.publish('settings.changed', { revision: 7 });
  await turn();
  assert.deepEqual(heard.sort(), ['one 7', 'two 7']);
});

test('bus: an ended subscription is silent', async () => {
  const bus = new ProcessBus(() => {});
  let calls = 0;
  const stop = bus.subscribe('tls.reload', () => calls++);
  stop();
  bus.publish('tls.reload', {});
  await turn();
  assert.equal(calls, 0);
});
