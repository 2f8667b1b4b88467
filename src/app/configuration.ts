// Opens what every process needs first: tegu.conf, the configuration store, the live settings.

import type { Bus } from '../cluster/bus.ts';
import { errorFields, type Log } from '../host/log.ts';
import { limitDatabases } from '../host/sqlite.ts';
import { forgetFailure, syncData, syncDirectory } from '../native/file-io.ts';
import { LiveSettings } from '../settings/live-settings.ts';
import type { SettingsStore } from '../settings/settings-store.ts';
import { openSettingsDatabase } from '../settings/sqlite/settings-database.ts';
import { type Configuration, loadConfigurationFile } from './configuration-file.ts';
import { type DataPaths, dataPaths } from './data-paths.ts';

export interface OpenConfiguration {
  readonly configuration: Configuration;
  readonly paths: DataPaths;
  readonly settingsStore: SettingsStore;
  readonly settings: LiveSettings;
  close(): Promise<void>;
}

/** Rejects with Permanent('config.…') or what the store says. */
export async function openConfiguration(file: string, log: Log, bus?: Bus): Promise<OpenConfiguration> {
  const configuration = await loadConfigurationFile(file);
  const path = configuration.configurationStore.slice('sqlite:'.length);
  const settingsStore = await openSettingsDatabase(path, { syncData, syncDirectory, forgetFailure });
  const settings = await LiveSettings.open(settingsStore, bus, {
    changed: (revision) => log.info('settings.changed', { revision }),
    failed: (error) => log.error('settings.refused', errorFields(error)),
    unknown: (names) => log.warn('settings.unknown', { names }),
  });
  const applyLimits = (): void =>
    limitDatabases({
      busyLimitMs: settings.get('server.databaseBusySeconds') * 1000,
      checkpointBytes: settings.get('server.databaseCheckpointBytes'),
    });
  applyLimits();
  settings.onChange(applyLimits);
  return {
    configuration,
    paths: dataPaths(configuration.dataDirectory),
    settingsStore,
    settings,
    close: async () => {
      await settings.close();
      await settingsStore.close();
    },
  };
}
