// The installation a command works on: tegu.conf, the configuration store, the users, and the server that may be running.
//
// Everything is opened when it is first needed and closed at the end. Commands change the stores themselves (several
// processes may) and then tell the running server; without one there is nobody to tell.

import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { callControl } from '../admin/control-client.ts';
import { systemClock } from '../base/clock.ts';
import { Permanent } from '../base/outcome.ts';
import { JsonSource } from '../directory/json/json-source.ts';
import {
  makePasswordFields,
  type PasswordFields,
  type StoredCost,
} from '../directory/json/password-fields.ts';
import type { HashCost } from '../directory/json/password-hash.ts';
import { MergedDirectory } from '../directory/merge.ts';
import type { Directory } from '../directory/user-source.ts';
import { silentLog } from '../host/log.ts';
import { forgetFailure, syncData, syncDirectory } from '../native/file-io.ts';
import { checkDocument, InvalidSettings } from '../settings/document-check.ts';
import { type Edit, saveEdit } from '../settings/edit.ts';
import type { SettingsDocument, SettingsSnapshot } from '../settings/settings.ts';
import type { SettingsStore } from '../settings/settings-store.ts';
import { createSnapshot } from '../settings/snapshot.ts';
import { openSettingsDatabase } from '../settings/sqlite/settings-database.ts';
import { type Configuration, loadConfigurationFile, parseConfiguration } from './configuration-file.ts';
import type { Notice } from './control-handlers.ts';
import { type DataPaths, dataPaths } from './data-paths.ts';

/** Where tegu.conf may be, from the command line. */
export interface SiteOptions {
  /** `--conf FILE`. */
  readonly conf: string | undefined;
  /** `--data DIR`. */
  readonly data: string | undefined;
}

/** Looked at in this order when neither option nor TEGU_CONF names one. */
const usualPlaces = ['tegu.conf', 'data/tegu.conf', '/etc/tegu/tegu.conf'];

export class Site {
  readonly #options: SiteOptions;
  #configuration: Promise<Configuration> | undefined;
  #store: Promise<SettingsStore> | undefined;
  #source: JsonSource | undefined;
  #cost: Promise<StoredCost> | undefined;

  constructor(options: SiteOptions) {
    this.#options = options;
  }

  /** tegu.conf, or Permanent('config.…'). */
  configuration(): Promise<Configuration> {
    this.#configuration ??= findConfiguration(this.#options);
    return this.#configuration;
  }

  async paths(): Promise<DataPaths> {
    return dataPaths((await this.configuration()).dataDirectory);
  }

  /** The open configuration store. */
  store(): Promise<SettingsStore> {
    this.#store ??= this.configuration().then((configuration) =>
      openSettingsDatabase(configuration.configurationStore.slice('sqlite:'.length), {
        syncData,
        syncDirectory,
        forgetFailure,
      }),
    );
    return this.#store;
  }

  /** The newest revision, checked; InvalidSettings when it is wrong. */
  async document(): Promise<{ readonly revision: number; readonly document: SettingsDocument }> {
    const { info, document: raw } = await (await this.store()).load();
    const { document, issues } = checkDocument(raw);
    if (issues.length > 0) throw new InvalidSettings(issues);
    return { revision: info.revision, document };
  }

  async snapshot(): Promise<SettingsSnapshot> {
    const { revision, document } = await this.document();
    return createSnapshot(revision, document);
  }

  /** Saves a change under the name of the calling user and tells the server. Returns the revision. */
  async edit(note: string, edit: Edit): Promise<number> {
    const { revision } = await saveEdit(await this.store(), { author: authorName(), note }, edit);
    await this.notify('settings', revision);
    return revision;
  }

  /** Tells the running server that something changed; true when there is one. */
  async notify(about: Notice, revision = 0): Promise<boolean> {
    return (await callControl((await this.paths()).control, 'notify', { about, revision })).running;
  }

  /** The users as the server sees them; opened once. */
  async directory(): Promise<Directory> {
    const [settings, paths] = [await this.snapshot(), await this.paths()];
    if (this.#source === undefined) {
      this.#source = new JsonSource({
        name: 'file',
        path: paths.users,
        limits: () => ({
          pollMs: settings.get('directory.pollSeconds') * 1000,
          cost: hashCost(settings),
          hashConcurrency: 1,
          maxWaitingLogins: settings.get('directory.maxWaitingLogins'),
          loginMemoryMs: 0,
        }),
        clock: systemClock,
        log: silentLog,
      });
      await this.#source.start();
    }
    return new MergedDirectory(
      [this.#source],
      (name) => name,
      () => {},
    );
  }

  /** What is stored of a password: an argon2id hash at the cost that the settings say, and what SCRAM needs. */
  async passwordFields(password: string): Promise<PasswordFields> {
    this.#cost ??= this.snapshot().then(storedCost);
    return makePasswordFields(password, await this.#cost);
  }

  async close(): Promise<void> {
    await this.#source?.close();
    await (await this.#store?.catch(() => undefined))?.close();
  }
}

function hashCost(settings: SettingsSnapshot): HashCost {
  return {
    memoryKib: settings.get('directory.argon2MemoryKib'),
    passes: settings.get('directory.argon2Passes'),
  };
}

function storedCost(settings: SettingsSnapshot): StoredCost {
  const isScramOff = settings.get('auth.scram') === 'never';
  return { ...hashCost(settings), scramIterations: isScramOff ? 0 : settings.get('auth.scramIterations') };
}

/** Who is calling, for the history: the user behind sudo when there is one. */
export function authorName(): string {
  const { SUDO_USER: behindSudo } = process.env;
  if (behindSudo !== undefined && behindSudo !== '') return behindSudo;
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number without a name.
    return `uid ${process.getuid?.() ?? '?'}`;
  }
}

async function findConfiguration(options: SiteOptions): Promise<Configuration> {
  const file = options.conf ?? (options.data === undefined ? process.env.TEGU_CONF : undefined);
  if (file !== undefined && file !== '') {
    const configuration = await loadConfigurationFile(file);
    return options.data === undefined ? configuration : withData(configuration.file, options.data);
  }
  if (options.data !== undefined) {
    const inside = join(options.data, 'tegu.conf');
    return (await isReadable(inside)) ? loadConfigurationFile(inside) : withData(inside, options.data);
  }
  for (const place of usualPlaces) if (await isReadable(place)) return loadConfigurationFile(place);
  throw new Permanent(
    'config.unreadable',
    `no tegu.conf in ${usualPlaces.join(', ')}; name it with --conf FILE or --data DIR`,
  );
}

/** A configuration of which nothing but the data directory is known. */
function withData(file: string, data: string): Configuration {
  return parseConfiguration(resolve(file), `data = ${JSON.stringify(resolve(data))}\n`);
}

async function isReadable(file: string): Promise<boolean> {
  return readFile(file).then(
    () => true,
    () => false,
  );
}
