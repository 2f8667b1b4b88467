// What a Maildir store is given from outside: settings, bus, log. Small structural interfaces, so that this adapter
// imports no other port; the live settings object and the worker's bus fit them as they are.

import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../host/log.ts';
import type { ParameterName, SettingValue } from '../../settings/schema/index.ts';
import type { NameSource } from './file-name.ts';
import type { ShareList } from './share-list.ts';

/** The settings read here (src/settings/schema/store.ts); read at each use, so a change is live. */
export interface StoreSettings {
  get<K extends Extract<ParameterName, `store.${string}`>>(name: K): SettingValue<K>;
}

/** The part of the bus that is used: telling that a mailbox changed. */
export interface ChangeBus {
  publish(topic: 'mailbox.changed', payload: { account: string; mailbox?: string }): void;
  publish(
    topic: 'mailbox.annotated',
    payload: { account: string; mailbox: string; entries: string[]; user: string },
  ): void;
}

/** Everything shared by the accounts of one store. */
export interface StoreContext {
  /** Name of the data store in the settings. */
  readonly name: string;
  /** Absolute path of the store's root directory. */
  readonly root: string;
  readonly settings: StoreSettings;
  readonly bus: ChangeBus;
  readonly log: Log;
  readonly clock: Clock;
  readonly names: NameSource;
  /** Who shares with whom in this store. */
  readonly shares: ShareList;
}

/** Lets the event loop serve others between two slices of work. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
