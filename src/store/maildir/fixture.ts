// Stores in temporary directories for this folder's tests.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Clock } from '../../base/clock.ts';
import { type Log, silentLog } from '../../host/log.ts';
import { storeParameters } from '../../settings/schema/store.ts';
import type { OpenedStore } from '../contract.ts';
import type { StoreSettings } from './options.ts';
import { type MaildirStore, openMaildirStore } from './store.ts';

/** Values of single settings that a test wants different. */
export type SettingOverrides = Readonly<Record<string, unknown>>;

/** Defaults of the schema with overrides. */
export function settingsWith(overrides: SettingOverrides = {}): StoreSettings {
  const rows: Readonly<Record<string, { readonly default: unknown }>> = storeParameters;
  return { get: (name: string) => (overrides[name] ?? rows[name]?.default) as never };
}

/** A store as one worker has it. */
export function storeAt(
  root: string,
  overrides: SettingOverrides = {},
  log: Log = silentLog,
  clock?: Clock,
): MaildirStore {
  return openMaildirStore({
    name: 'test',
    address: `maildir:${root}`,
    settings: settingsWith(overrides),
    bus: { publish: () => {} },
    log,
    ...(clock === undefined ? {} : { clock }),
  });
}

/** An empty root that is removed after the test. */
export async function temporaryRoot(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'tegu-maildir-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  return root;
}

/** For the contract: an empty store, and more workers on it. */
export async function openTemporaryStore(
  t: TestContext,
  overrides: SettingOverrides = {},
): Promise<OpenedStore> {
  const root = await mkdtemp(join(tmpdir(), 'tegu-maildir-'));
  const stores = [storeAt(root, overrides)];
  t.after(async () => {
    for (const store of stores) await store.close();
    await rm(root, { recursive: true, force: true });
  });
  return {
    store: stores[0] as MaildirStore,
    second: async () => {
      const store = storeAt(root, overrides);
      stores.push(store);
      return store;
    },
  };
}
