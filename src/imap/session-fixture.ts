// Test fixture: the services of an IMAP session without sockets, files or LDAP, and a client that speaks line by line.
//
// Settings are the schema's defaults with overrides; one user, alice@example.test with password "secret"; the guard counts
// and bans at will. Tests that need mail pass the store they want. Not used by the server.

import { tmpdir } from 'node:os';
import type { DomainName, Localpart } from '../base/brands.ts';
import type { Clock } from '../base/clock.ts';
import { systemClock } from '../base/clock.ts';
import { Transient } from '../base/outcome.ts';
import type { Bus, BusTopics, Topic } from '../cluster/bus.ts';
import { saslServices } from '../directory/sasl/fixture.ts';
import type { SaslServices } from '../directory/sasl/mechanism.ts';
import type { Account, AuthAnswer, Directory, ScramCredentials } from '../directory/user-source.ts';
import type { AuthGuard } from '../host/auth-guard.ts';
import { SpoolArea } from '../host/body-spool.ts';
import type { ServeConnection } from '../host/connection.ts';
import { silentLog } from '../host/log.ts';
import { MemoryConnection, type MemoryConnectionOptions } from '../host/memory-connection.ts';
import { type ParameterName, type SettingValue, schema } from '../settings/schema/index.ts';
import type { DomainSettings, Settings, SettingsSnapshot } from '../settings/settings.ts';
import type { MailStore } from '../store/mail-store.ts';
import { serveImap } from './command-loop.ts';
import type { ImapServices, QuotaLimits } from './services.ts';

export const testDomain = 'example.test' as DomainName;

const domainSettings: DomainSettings = {
  name: testDomain,
  store: 'main',
  aliases: {},
  catchAll: undefined,
  recipientDelimiter: '+',
  quotaBytes: 0,
};

export type SettingOverrides = { readonly [K in ParameterName]?: SettingValue<K> };

/** Settings with the schema's defaults except `overrides`. */
export function fixedSettings(
  overrides: SettingOverrides = {},
  facts: Partial<DomainSettings> = {},
): Settings {
  const domain = { ...domainSettings, ...facts };
  const get = <K extends ParameterName>(name: K): SettingValue<K> =>
    (overrides[name] ?? schema[name].default) as SettingValue<K>;
  const current: SettingsSnapshot = {
    revision: 1,
    get,
    domain: (name) => (name === testDomain ? domain : undefined),
    domains: [domain],
    stores: [{ name: 'main', address: 'maildir:/nowhere' }],
  };
  return { current, get, onChange: () => () => {} };
}

/** Delivers at once to everybody, itself included. */
export class DirectBus implements Bus {
  readonly #handlers = new Map<Topic, Set<(payload: never) => void>>();

  publish<T extends Topic>(topic: T, payload: BusTopics[T]): void {
    for (const handler of this.#handlers.get(topic) ?? []) handler(payload as never);
  }

  subscribe<T extends Topic>(topic: T, handler: (payload: BusTopics[T]) => void): () => void {
    const handlers = this.#handlers.get(topic) ?? new Set();
    handlers.add(handler as (payload: never) => void);
    this.#handlers.set(topic, handlers);
    return () => handlers.delete(handler as (payload: never) => void);
  }
}

/** Counts failures; bans when told to, or after `banAfter` failures. */
export class CountingGuard implements AuthGuard {
  failures = 0;
  banned = false;
  banAfter = Number.POSITIVE_INFINITY;

  isBanned(): boolean {
    return this.banned;
  }
  failed(): number {
    this.failures++;
    if (this.failures >= this.banAfter) this.banned = true;
    return 0;
  }
  succeeded(): void {}
  secretTag(login: string, password: string): string {
    return `${login}/${password.length}`;
  }
}

const alice: Account = {
  address: 'alice@example.test',
  domain: testDomain,
  localpart: 'alice' as Localpart,
  displayName: 'Alice',
  aliases: [],
  quotaBytes: undefined,
  quotaMessages: undefined,
  enabled: true,
  admin: false,
  source: 'test',
};

/** One user; remembers what it was asked. `isDown` makes it fail as an unreachable directory does. */
export class OneUserDirectory implements Directory {
  readonly asked: string[] = [];
  isDown = false;
  /** Alice was disabled. */
  isDisabled = false;
  /** Further users by localpart, all with the password "secret". */
  readonly others = new Map<string, Account>();

  /** Adds a user, or changes one. */
  add(localpart: string, facts: Partial<Account> = {}): void {
    const address = `${localpart}@${testDomain}`;
    this.others.set(localpart, { ...alice, address, localpart: localpart as Localpart, ...facts });
  }

  async resolve(_domain?: DomainName, localpart = 'alice'): Promise<Account | undefined> {
    if (this.isDown) throw new Transient('directory.unavailable', 'the directory does not answer');
    if (localpart !== alice.localpart && this.others.size > 0) return this.others.get(localpart);
    return { ...alice, enabled: !this.isDisabled };
  }
  async authenticate(login: string, password: { reveal(): string }): Promise<AuthAnswer> {
    this.asked.push(login);
    if (this.isDown) throw new Transient('directory.unavailable', 'the directory does not answer');
    const other = this.others.get(login.slice(0, login.indexOf('@')));
    if (login !== alice.address && other === undefined) return { kind: 'refused', reason: 'unknown' };
    if (password.reveal() !== 'secret') return { kind: 'refused', reason: 'password' };
    return { kind: 'accepted', account: other ?? alice };
  }
  readonly allHaveScram = false;
  async accountOf(login: string): Promise<Account | undefined> {
    return login === alice.address ? this.resolve() : undefined;
  }
  async scramCredentials(
    login: string,
  ): Promise<{ readonly address: string; readonly found: ScramCredentials | undefined }> {
    return { address: login, found: undefined };
  }
  async *list(): AsyncIterable<Account> {
    yield alice;
  }
}

export interface TestServicesOptions {
  readonly settings?: SettingOverrides;
  /** Facts of the domain that differ. */
  readonly domain?: Partial<DomainSettings>;
  readonly store?: MailStore;
  readonly clock?: Clock;
  /** Shared with the store, so that its changes reach the sessions. */
  readonly bus?: DirectBus;
}

/** Everything a session needs, with handles for the test. */
export class TestServices implements ImapServices {
  readonly settings: Settings;
  readonly directory = new OneUserDirectory();
  readonly sasl: SaslServices;
  readonly bus: DirectBus;
  readonly log = silentLog;
  /** Large enough that only messages above 1 MiB touch the disk. */
  readonly spools = new SpoolArea(tmpdir(), () => ({ memoryBytes: 1_048_576, totalMemoryBytes: 8_388_608 }));
  readonly guard = new CountingGuard();
  readonly clock: Clock;
  readonly serve: ServeConnection;
  readonly #store: MailStore | undefined;

  constructor(options: TestServicesOptions = {}) {
    this.settings = fixedSettings(options.settings, options.domain);
    // Tokens are not configured, as in a fresh installation.
    const tokens = {
      isConfigured: false,
      verify: async () => ({ kind: 'invalid', reason: 'none' }) as const,
    };
    this.sasl = { ...saslServices({}, this.directory), settings: this.settings, tokens };
    this.clock = options.clock ?? systemClock;
    this.bus = options.bus ?? new DirectBus();
    this.#store = options.store;
    this.serve = serveImap(this);
  }

  readonly stores = (): MailStore => {
    if (this.#store === undefined) throw new Transient('store.io', 'this test has no store');
    return this.#store;
  };

  /** What SETQUOTA asked for, by address. */
  readonly quotas = new Map<string, QuotaLimits>();
  readonly setQuota = async (address: string, limits: QuotaLimits): Promise<boolean> => {
    this.quotas.set(address, limits);
    return true;
  };

  /** Connects a client and reads the greeting. */
  async connect(options: MemoryConnectionOptions = {}): Promise<TestClient> {
    const connection = new MemoryConnection(options);
    await connection.serve(this.serve);
    return new TestClient(connection);
  }

  /** Connects over TLS and logs in, as alice unless told otherwise. */
  async login(user = 'alice'): Promise<TestClient> {
    const client = await this.connect({
      tls: { protocol: 'TLSv1.3', cipher: 'test', serverName: undefined },
    });
    client.take();
    await client.send(`x LOGIN ${user}@${testDomain} secret\r\n`);
    return client;
  }
}

/** The client's end. */
export class TestClient {
  readonly connection: MemoryConnection;
  #tag = 0;

  constructor(connection: MemoryConnection) {
    this.connection = connection;
  }

  /** Sends octets and returns what came back. */
  async send(octets: string | Uint8Array): Promise<string> {
    await this.connection.send(octets);
    return this.take();
  }

  /** Sends one command with a new tag; the answer with that tag written as `T`. */
  async command(text: string): Promise<string> {
    const tag = `t${++this.#tag}`;
    const answer = await this.send(`${tag} ${text}\r\n`);
    return answer.replaceAll(`${tag} `, 'T ');
  }

  /** What came since the last call. */
  take(): string {
    return this.connection.take();
  }

  get isClosed(): boolean {
    return this.connection.closed.aborted;
  }
}
