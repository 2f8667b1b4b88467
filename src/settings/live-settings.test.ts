import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, Permanent, Transient } from '../base/outcome.ts';
import type { Bus } from '../cluster/bus.ts';
import { InvalidSettings } from './document-check.ts';
import { saveEdit, withDomain, withoutDomain, withStore, withValue } from './edit.ts';
import { LiveSettings } from './live-settings.ts';
import type { SettingsDocument } from './settings.ts';
import type { RevisionInfo, SettingsStore } from './settings-store.ts';

/** A store in memory whose every call can be made to fail or to lose a race. */
class MemoryStore implements SettingsStore {
  readonly revisions: { info: RevisionInfo; document: SettingsDocument }[] = [];
  failure: Error | undefined;
  loads = 0;
  /** Called before a save looks at its base. */
  beforeSave: () => void = () => {};

  put(document: unknown): void {
    const info = { revision: this.revisions.length + 1, author: 'test', createdMs: 0, note: '' };
    this.revisions.push({ info, document: document as SettingsDocument });
  }

  async load() {
    this.loads++;
    if (this.failure !== undefined) throw this.failure;
    const info = { revision: 0, author: '', createdMs: 0, note: '' };
    return this.revisions.at(-1) ?? { info, document: { values: {}, domains: [], stores: [] } };
  }
  async loadRevision(revision: number) {
    const found = this.revisions[revision - 1];
    if (found === undefined) throw new Permanent('settings.no_revision', 'none');
    return found;
  }
  async save(base: number, document: SettingsDocument) {
    this.beforeSave();
    if (base !== this.revisions.length) throw new Fault('settings.conflict', 'stale');
    this.put(document);
    return base + 1;
  }
  async history(limit: number) {
    if (this.failure !== undefined) throw this.failure;
    return this.revisions
      .map(({ info }) => info)
      .reverse()
      .slice(0, limit);
  }
  async close() {}
}

/** A bus of one process. */
function memoryBus(): Bus {
  const handlers = new Set<(payload: never) => void>();
  return {
    publish: (_topic, payload) => {
      for (const handler of handlers) handler(payload as never);
    },
    subscribe: (_topic, handler) => {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
  };
}
const turns = () => new Promise((done) => setTimeout(done, 5));

test('live settings: a notification puts the new revision in force and tells the handlers', async () => {
  const [store, bus] = [new MemoryStore(), memoryBus()];
  const settings = await LiveSettings.open(store, bus);
  const seen: number[] = [];
  const stop = settings.onChange((current) => seen.push(current.get('server.workers')));
  store.put({ values: { 'server.workers': 3 } });
  assert.equal(settings.get('server.workers'), 0);
  bus.publish('settings.changed', { revision: 1 });
  await turns();
  assert.deepEqual([settings.get('server.workers'), settings.current.revision, seen], [3, 1, [3]]);
  stop();
  store.put({ values: { 'server.workers': 4 } });
  await settings.reload();
  assert.deepEqual([settings.get('server.workers'), seen], [4, [3]]);
  await settings.close();
});

test('live settings: the poll finds a revision whose notification was lost', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const store = new MemoryStore();
  const settings = await LiveSettings.open(store);
  store.put({ values: { 'server.workers': 5 } });
  context.mock.timers.tick(10_000);
  await new Promise((done) => setImmediate(done));
  assert.equal(settings.get('server.workers'), 5);
  store.put({ values: { 'server.workers': 6 } });
  context.mock.timers.tick(10_000);
  await new Promise((done) => setImmediate(done));
  assert.equal(settings.get('server.workers'), 6);
  await settings.close();
});

test('live settings: a wrong revision is reported once, the running one stays, the next good one is taken', async () => {
  const store = new MemoryStore();
  store.put({ values: { 'server.workers': 2 } });
  const failures: unknown[] = [];
  const settings = await LiveSettings.open(store, undefined, { failed: (error) => failures.push(error) });
  store.put({ domains: [{ name: 'not a domain' }] });
  await settings.reload();
  await settings.reload();
  assert.equal(settings.current.revision, 1);
  assert.equal(failures.length, 1);
  assert.ok(failures[0] instanceof InvalidSettings);
  store.put({ values: { 'server.workers': 7 } });
  await settings.reload();
  assert.equal(settings.get('server.workers'), 7);
  await settings.close();
});

test('live settings: opening with a wrong revision is refused, unknown parameters are reported', async () => {
  const store = new MemoryStore();
  store.put({ domains: [{ name: '' }] });
  await assert.rejects(LiveSettings.open(store), InvalidSettings);
  store.put({ values: { 'future.thing': 1 } });
  const unknown: (readonly string[])[] = [];
  const settings = await LiveSettings.open(store, undefined, { unknown: (names) => unknown.push(names) });
  assert.deepEqual(unknown, [['future.thing']]);
  await settings.close();
});

test('live settings: a store that does not answer changes nothing; a handler that throws stops nobody', async () => {
  const store = new MemoryStore();
  const failures: unknown[] = [];
  const settings = await LiveSettings.open(store, undefined, { failed: (error) => failures.push(error) });
  store.failure = new Transient('store.busy', 'locked');
  await settings.reload();
  assert.equal(settings.current.revision, 0);
  store.failure = undefined;
  let told = false;
  settings.onChange(() => {
    throw new Error('handler');
  });
  settings.onChange(() => {
    told = true;
  });
  store.put({});
  await settings.reload();
  assert.ok(told);
  assert.deepEqual(
    failures.map((error) => (error as Error).message),
    ['locked', 'handler'],
  );
  await settings.close();
});

test('live settings: a notification during a reload is not lost', async () => {
  const store = new MemoryStore();
  const settings = await LiveSettings.open(store);
  store.put({ values: { 'server.workers': 1 } });
  const first = settings.reload();
  queueMicrotask(() => {
    store.put({ values: { 'server.workers': 2 } });
    void settings.reload();
  });
  await first;
  assert.equal(settings.get('server.workers'), 2);
  await settings.close();
});

const by = { author: 'a', note: '' };

test('settings edit: a lost race is repeated on the newer revision, nothing of the other is lost', async () => {
  const store = new MemoryStore();
  let races = 3;
  store.beforeSave = () => {
    if (races-- > 0) store.put({ values: { 'server.workers': 10 + races } });
  };
  const saved = await saveEdit(store, by, withValue('server.hostname', 'mail.example.test'));
  assert.equal(saved.revision, 4);
  assert.deepEqual(saved.document.values, { 'server.workers': 10, 'server.hostname': 'mail.example.test' });
  store.beforeSave = () => store.put({});
  await assert.rejects(saveEdit(store, by, withValue('server.workers', 1)), { code: 'settings.conflict' });
});

test('settings edit: domains and stores, and what is refused', async () => {
  const store = new MemoryStore();
  const domain = {
    name: 'example.test' as never,
    store: 'archive',
    aliases: {},
    catchAll: undefined,
    recipientDelimiter: '+',
    quotaBytes: 0,
  };
  await assert.rejects(saveEdit(store, by, withDomain(domain)), /one of the stores main/);
  await saveEdit(store, by, withStore({ name: 'archive', address: 'maildir:/srv/archive' }));
  await saveEdit(store, by, withDomain(domain));
  await assert.rejects(saveEdit(store, by, withDomain(domain)), { code: 'settings.exists' });
  await assert.rejects(saveEdit(store, by, withStore({ name: 'archive', address: 'maildir:/y' })), {
    code: 'settings.exists',
  });
  await assert.rejects(saveEdit(store, by, withValue('server.workers', -1)), InvalidSettings);
  await assert.rejects(saveEdit(store, by, withoutDomain('other.test')), { code: 'settings.not_found' });
  const { document } = await saveEdit(store, by, withoutDomain('example.test'));
  assert.deepEqual(document.domains, []);
  await saveEdit(store, by, withValue('server.workers', 3));
  const back = await saveEdit(store, by, withValue('server.workers', undefined));
  assert.deepEqual(back.document.values, {});
});
