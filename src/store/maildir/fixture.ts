// Stores in temporary directories for this folder's tests.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Clock, systemClock } from '../../base/clock.ts';
import { type Log, silentLog } from '../../host/log.ts';
import type { OpenedStore } from '../contract/fixture.ts';
import { type SettingOverrides, settingsWith } from '../contract/store-settings.ts';
import type { AccountRef, MailAccount } from '../mail-store.ts';
import { accountPaths } from './account-path.ts';
import { NameSource } from './file-name.ts';
import type { StoreContext } from './options.ts';
import { ShareList } from './share-list.ts';
import { type MaildirStore, openMaildirStore } from './store.ts';

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

/** The context of a store on `root`, for tests of parts of it. */
export function storeContext(root: string, overrides: SettingOverrides = {}): StoreContext {
  const context = {
    name: 'test',
    root,
    settings: settingsWith(overrides),
    bus: { publish: () => {} },
    log: silentLog,
    clock: systemClock,
    names: new NameSource(),
  };
  return { ...context, shares: new ShareList(context) };
}

/** One account on a fresh root, as a test of files wants it. */
export interface AccountFixture {
  readonly root: string;
  readonly store: MaildirStore;
  readonly ref: AccountRef;
  readonly account: MailAccount;
  readonly home: string;
  /** `<home>/Maildir`. */
  readonly maildir: string;
  /** A further worker on the same root, closed after the test. */
  worker(overrides?: SettingOverrides): MaildirStore;
}

/** Outside changes are looked for at every sync unless a test says otherwise. */
const eager: SettingOverrides = { 'store.rescanMinMs': 0, 'store.rescanCostFactor': 0 };

/** Opens alice@example.test in a temporary root. */
export async function openAccountFixture(
  t: TestContext,
  overrides: SettingOverrides = {},
  log: Log = silentLog,
): Promise<AccountFixture> {
  const root = await mkdtemp(join(tmpdir(), 'tegu-maildir-'));
  const stores: MaildirStore[] = [];
  t.after(async () => {
    for (const store of stores) await store.close();
    await rm(root, { recursive: true, force: true });
  });
  const worker = (more: SettingOverrides = {}): MaildirStore => {
    const store = storeAt(root, { ...eager, ...overrides, ...more }, log);
    stores.push(store);
    return store;
  };
  const store = worker();
  const ref: AccountRef = { address: 'alice@example.test', quotaBytes: 0, quotaMessages: 0 };
  const account = await store.openAccount(ref);
  const { home, maildir } = accountPaths(root, ref.address);
  return { root, store, ref, account, home, maildir, worker };
}

/** A log that keeps the names of its events. */
export function recordingLog(events: string[]): Log {
  const log: Log = {
    ...silentLog,
    warn: (event) => events.push(event),
    error: (event) => events.push(event),
    with: () => log,
  };
  return log;
}
