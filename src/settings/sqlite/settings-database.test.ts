import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { Permanent } from '../../base/outcome.ts';
import { syncData, syncDirectory } from '../../native/file-io.ts';
import { settingsStoreContract } from '../contract.ts';
import { openSettingsDatabase } from './settings-database.ts';

settingsStoreContract('sqlite', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tegu-settings-'));
  return {
    open: () => openSettingsDatabase(join(dir, 'configuration.db'), { syncData, syncDirectory }),
    remove: () => rm(dir, { recursive: true }),
  };
});

test('sqlite: a revision that is no JSON is reported with its number', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tegu-settings-'));
  const path = join(dir, 'configuration.db');
  const store = await openSettingsDatabase(path, { syncData, syncDirectory });
  await store.save(0, { values: {}, domains: [], stores: [] }, { author: 'a', note: '' });
  const other = new Database(path);
  other.exec("UPDATE revisions SET document = '{broken'");
  other.close();
  await assert.rejects(
    store.load(),
    (error) =>
      error instanceof Permanent && error.code === 'settings.damaged' && /revision 1/.test(error.message),
  );
  await store.close();
  await rm(dir, { recursive: true });
});
