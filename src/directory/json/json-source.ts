// UserSource over users.json: read once, watched, held as flat buffers, never written here (see user-file.ts).
//
// A file that breaks later keeps the last good set in use and is reported with line and field. At the start a broken or
// missing file makes the source unavailable (Transient), so that one broken source never stops the server.

import { stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import type { DomainName } from '../../base/brands.ts';
import type { Clock } from '../../base/clock.ts';
import { Transient } from '../../base/outcome.ts';
import type { Secret } from '../../base/secret.ts';
import type { Log } from '../../host/log.ts';
import { counter, gauge } from '../../host/metrics.ts';
import type { Account, AuthAnswer, ScramCredentials, UserSource } from '../user-source.ts';
import { HashQueue } from './hash-queue.ts';
import { LogInMemory } from './log-in-memory.ts';
import { type HashCost, hashPassword, verifyPassword } from './password-hash.ts';
import { verifierOf } from './scram-record.ts';
import type { TableAnswer } from './table-thread.ts';
import { toAccount } from './user-record.ts';
import { UserTable } from './user-table.ts';

const reloads = counter('tegu_directory_reloads_total', 'Loads of a user file', ['result']);
const users = gauge('tegu_directory_users', 'Users of the JSON source', [], 'max');

/** Accounts handed out by list() between two turns of the event loop. */
const listSlice = 500;

/** What the source reads from the settings, each time it needs it. */
export interface JsonSourceLimits {
  readonly pollMs: number;
  readonly cost: HashCost;
  readonly hashConcurrency: number;
  readonly maxWaitingLogins: number;
  readonly loginMemoryMs: number;
}

export interface JsonSourceOptions {
  readonly name: string;
  readonly path: string;
  readonly limits: () => JsonSourceLimits;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when a new set of users is in force. */
  readonly onLoad?: () => void;
}

export class JsonSource implements UserSource {
  readonly name: string;
  readonly #options: JsonSourceOptions;
  readonly #queue: HashQueue;
  readonly #memory: LogInMemory;
  #table: UserTable | undefined;
  #seen = '';
  #loading: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** Hash that unknown users are checked against, so that they take as long as known ones. */
  #dummy: Promise<string> | undefined;

  constructor(options: JsonSourceOptions) {
    this.name = options.name;
    this.#options = options;
    this.#queue = new HashQueue(() => {
      const limits = options.limits();
      return { concurrency: limits.hashConcurrency, maxWaiting: limits.maxWaitingLogins };
    });
    this.#memory = new LogInMemory(options.clock, () => options.limits().loginMemoryMs);
  }

  /** Loads for the first time and begins to watch; never rejects. */
  async start(): Promise<void> {
    await this.reload();
    this.#watch();
  }

  /** Looks at the file now; loads it when it changed (or when `force`). Calls share one load. */
  async reload(force = false): Promise<void> {
    while (this.#loading !== undefined) await this.#loading;
    this.#loading = this.#load(force).finally(() => {
      this.#loading = undefined;
    });
    await this.#loading;
  }

  async #load(force: boolean): Promise<void> {
    const { path, log, name } = this.#options;
    const facts = await stat(path, { bigint: true }).catch(() => undefined);
    const seen = facts === undefined ? 'missing' : `${facts.ino} ${facts.size} ${facts.mtimeNs}`;
    if (seen === this.#seen && !force) return;
    this.#seen = seen;
    const answer = await loadInThread(path);
    if (answer.kind === 'broken') {
      reloads.inc({ result: 'broken' });
      const kept = this.#table?.count ?? 0;
      log.error('directory.file_broken', { source: name, at: `${path}:${answer.message}`, usersKept: kept });
      return;
    }
    this.#table = new UserTable(answer.table);
    reloads.inc({ result: 'ok' });
    users.set(this.#table.count);
    log.info('directory.loaded', { source: name, users: this.#table.count });
    this.#options.onLoad?.();
  }

  #watch(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      void this.reload().finally(() => this.#watch());
    }, this.#options.limits().pollMs);
    this.#timer.unref();
  }

  #current(): UserTable {
    if (this.#table !== undefined) return this.#table;
    throw new Transient('directory.unavailable', `the user file of source ${this.name} could not be read`, {
      detail: { source: this.name },
    });
  }

  async resolve(domain: DomainName, localpart: string): Promise<Account | undefined> {
    const record = this.#current().find(`${localpart}@${domain}`);
    return record === undefined ? undefined : toAccount(record, this.name);
  }

  async authenticate(login: string, password: Secret): Promise<AuthAnswer> {
    const table = this.#current();
    const phrase = password.reveal();
    // RFC 4513 5.1.2: an empty password is never a proof of anything.
    if (phrase === '') return { kind: 'refused', reason: 'password' };
    const record = table.find(login);
    if (record?.password === undefined) {
      await this.#queue.run(async () => verifyPassword(phrase, await this.#dummyHash()));
      return { kind: 'refused', reason: 'unknown' };
    }
    const stored = record.password;
    if (!this.#memory.knows(record.address, phrase, stored)) {
      const right = await this.#queue.run(() => verifyPassword(phrase, stored));
      if (!right) return { kind: 'refused', reason: 'password' };
      this.#memory.remember(record.address, phrase, stored);
    }
    if (record.enabled === false) return { kind: 'refused', reason: 'disabled' };
    return { kind: 'accepted', account: toAccount(record, this.name) };
  }

  async scramCredentials(login: string): Promise<ScramCredentials | undefined> {
    const record = this.#current().find(login);
    if (record?.password === undefined) return undefined;
    const verifier = verifierOf(record.scram, record.password);
    return verifier === undefined ? undefined : { account: toAccount(record, this.name), verifier };
  }

  get allHaveScram(): boolean {
    return this.#table?.allHaveScram ?? false;
  }

  #dummyHash(): Promise<string> {
    this.#dummy ??= hashPassword('no such user', this.#options.limits().cost);
    return this.#dummy;
  }

  async *list(domain?: DomainName): AsyncIterable<Account> {
    const table = this.#current();
    for (let position = 0; position < table.count; position++) {
      const account = toAccount(table.at(position), this.name);
      if (domain === undefined || account.domain === domain) yield account;
      if (position % listSlice === listSlice - 1) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#loading;
  }
}

function loadInThread(path: string): Promise<TableAnswer> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL('./table-thread.ts', import.meta.url), {
      workerData: { usersFile: path },
    });
    worker.once('message', resolve);
    worker.once('error', (error) => resolve({ kind: 'broken', message: error.message }));
    worker.once('exit', () => resolve({ kind: 'broken', message: 'the loader ended without an answer' }));
  });
}
