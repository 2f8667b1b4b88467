// The contract of a SettingsStore as tests; every adapter runs it unchanged from its own test file.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, Permanent } from '../base/outcome.ts';
import type { SettingsDocument } from './settings.ts';
import type { SettingsStore } from './settings-store.ts';

/** A place for one store that can be opened several times, as by several processes. */
export interface ContractPlace {
  open(): Promise<SettingsStore>;
  remove(): Promise<void>;
}

const by = { author: 'alice', note: 'why' };
const documentWith = (delimiter: string): SettingsDocument => ({
  values: { 'server.hostname': `mail${delimiter}.example.test` },
  domains: [
    {
      name: 'example.test' as never,
      store: 'main',
      aliases: { info: ['a@example.test', 'b@example.test'], __proto__x: ['c@example.test'] },
      catchAll: undefined,
      recipientDelimiter: delimiter,
      quotaBytes: 2 ** 40 + 1,
    },
  ],
  stores: [{ name: 'archive', address: 'maildir:/srv/ar chive/ж' }],
});
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** Registers the tests; `place` makes an empty place. */
export function settingsStoreContract(name: string, place: () => Promise<ContractPlace>): void {
  const contract = (what: string, run: (open: () => Promise<SettingsStore>) => Promise<void>): void => {
    test(`${name}: ${what}`, async () => {
      const here = await place();
      const opened: SettingsStore[] = [];
      try {
        await run(async () => {
          const store = await here.open();
          opened.push(store);
          return store;
        });
      } finally {
        for (const store of opened) await store.close();
        await here.remove();
      }
    });
  };

  contract('nothing saved is revision 0 with an empty document', async (open) => {
    const store = await open();
    const { info, document } = await store.load();
    assert.equal(info.revision, 0);
    assert.deepEqual(plain(document), { values: {}, domains: [], stores: [] });
    assert.deepEqual(await store.history(10), []);
  });

  contract('a saved document comes back the same, with author, note and time', async (open) => {
    const store = await open();
    const beforeMs = Date.now();
    assert.equal(await store.save(0, documentWith('+'), by), 1);
    for (const reader of [store, await open()]) {
      const { info, document } = await reader.load();
      assert.deepEqual(plain(document), plain(documentWith('+')));
      assert.deepEqual([info.revision, info.author, info.note], [1, 'alice', 'why']);
      assert.ok(info.createdMs >= beforeMs && info.createdMs <= Date.now());
    }
  });

  contract('a stale base is refused and nothing is written', async (open) => {
    const [first, second] = [await open(), await open()];
    await first.save(0, documentWith('+'), by);
    const isConflict = (error: unknown): boolean =>
      error instanceof Fault && error.code === 'settings.conflict';
    await assert.rejects(second.save(0, documentWith('-'), by), isConflict);
    await assert.rejects(second.save(7, documentWith('-'), by), isConflict);
    assert.equal((await second.load()).info.revision, 1);
    assert.equal(await second.save(1, documentWith('-'), by), 2);
  });

  contract('of saves that race from one base exactly one wins', async (open) => {
    const stores = [await open(), await open(), await open()];
    const outcomes = await Promise.allSettled(
      [...stores, ...stores].map((store, i) => store.save(0, documentWith('+'), { ...by, author: `${i}` })),
    );
    const winners = outcomes.flatMap((outcome, i) => (outcome.status === 'fulfilled' ? [`${i}`] : []));
    assert.equal(winners.length, 1);
    const history = await stores[0]?.history(10);
    assert.deepEqual(
      history?.map((info) => info.author),
      winners,
    );
  });

  contract('old revisions stay as they were, newest first', async (open) => {
    const store = await open();
    for (const [base, delimiter] of ['+', '-', '='].entries())
      await store.save(base, documentWith(delimiter), by);
    assert.deepEqual(
      (await store.history(2)).map((info) => info.revision),
      [3, 2],
    );
    assert.deepEqual(plain((await store.loadRevision(1)).document), plain(documentWith('+')));
    for (const revision of [0, 4, -1]) {
      await assert.rejects(
        store.loadRevision(revision),
        (error) => error instanceof Permanent && error.code === 'settings.no_revision',
      );
    }
  });

  contract('revisions beyond server.keepRevisions are dropped, the numbers go on', async (open) => {
    const store = await open();
    const document: SettingsDocument = { values: { 'server.keepRevisions': 10 }, domains: [], stores: [] };
    for (let base = 0; base < 13; base++) await store.save(base, document, by);
    const revisions = (await store.history(100)).map((info) => info.revision);
    assert.deepEqual(revisions, [13, 12, 11, 10, 9, 8, 7, 6, 5, 4]);
  });
}
