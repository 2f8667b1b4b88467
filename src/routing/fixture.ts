// Settings and directory in memory for tests of routing and of the services above it. Values that a test does not name are the
// defaults of the schema, so a test sees what a fresh installation sees.

import type { DomainName, Localpart } from '../base/brands.ts';
import { Transient } from '../base/outcome.ts';
import type { Secret } from '../base/secret.ts';
import type {
  Account,
  AuthAnswer,
  Directory,
  ScramCredentials,
  ScramVerifier,
} from '../directory/user-source.ts';
import { type ParameterName, type SettingValue, schema } from '../settings/schema/index.ts';
import type { DomainSettings, Settings, SettingsSnapshot } from '../settings/settings.ts';

/** A domain with the usual settings, changed by `change`. */
export function fixtureDomain(name: string, change: Partial<DomainSettings> = {}): DomainSettings {
  return {
    name: name as DomainName,
    store: 'main',
    aliases: {},
    catchAll: undefined,
    recipientDelimiter: '+',
    quotaBytes: 0,
    ...change,
  };
}

/** Live settings; `set()` replaces values as a new revision would. */
export class FixtureSettings implements Settings {
  current: SettingsSnapshot;
  readonly #handlers = new Set<(current: SettingsSnapshot) => void>();

  constructor(domains: readonly DomainSettings[], values: Partial<Record<ParameterName, unknown>> = {}) {
    this.current = snapshot(domains, values, 1);
  }

  set(domains: readonly DomainSettings[], values: Partial<Record<ParameterName, unknown>>): void {
    this.current = snapshot(domains, values, this.current.revision + 1);
    for (const handler of this.#handlers) handler(this.current);
  }

  get<K extends ParameterName>(name: K): SettingValue<K> {
    return this.current.get(name);
  }

  onChange(handler: (current: SettingsSnapshot) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }
}

function snapshot(
  domains: readonly DomainSettings[],
  values: Partial<Record<ParameterName, unknown>>,
  revision: number,
): SettingsSnapshot {
  const byName = new Map(domains.map((domain) => [domain.name, domain]));
  return {
    revision,
    domains,
    stores: [],
    domain: (name) => byName.get(name),
    get: <K extends ParameterName>(name: K) => (values[name] ?? schema[name].default) as SettingValue<K>,
  };
}

/** An account with the usual facts, changed by `change`. */
export function fixtureAccount(address: string, change: Partial<Account> = {}): Account {
  const at = address.lastIndexOf('@');
  return {
    address,
    domain: address.slice(at + 1) as DomainName,
    localpart: address.slice(0, at) as Localpart,
    displayName: '',
    aliases: [],
    quotaBytes: undefined,
    quotaMessages: undefined,
    enabled: true,
    admin: false,
    source: 'fixture',
    ...change,
  };
}

/** Accounts that all log in with `secret`; `broken` localparts make the source fail. */
export class FixtureDirectory implements Directory {
  readonly #accounts: readonly Account[];
  readonly broken = new Set<string>();
  /** Primary addresses of accounts that were removed meanwhile. */
  readonly removed = new Set<string>();
  /** Look-ups so far, `localpart@domain`. */
  readonly resolved: string[] = [];
  /** Names that authenticate() was asked about. */
  readonly asked: string[] = [];

  constructor(accounts: readonly Account[]) {
    this.#accounts = accounts;
  }

  async resolve(domain: DomainName, localpart: string): Promise<Account | undefined> {
    this.resolved.push(`${localpart}@${domain}`);
    this.#assertUp(localpart);
    const address = `${localpart}@${domain}`;
    const account = this.#accounts.find((one) => one.address === address || one.aliases.includes(address));
    return account !== undefined && this.removed.has(account.address) ? undefined : account;
  }

  async authenticate(login: string, password: Secret): Promise<AuthAnswer> {
    this.asked.push(login);
    this.#assertUp(login.split('@')[0] ?? '');
    const account = this.#accounts.find((one) => one.address === login || one.aliases.includes(login));
    if (account === undefined) return { kind: 'refused', reason: 'unknown' };
    if (password.reveal() !== 'secret') return { kind: 'refused', reason: 'password' };
    return account.enabled ? { kind: 'accepted', account } : { kind: 'refused', reason: 'disabled' };
  }

  /** Verifiers by primary address. */
  readonly verifiers = new Map<string, ScramVerifier>();

  get allHaveScram(): boolean {
    return this.verifiers.size > 0;
  }

  async accountOf(login: string): Promise<Account | undefined> {
    this.#assertUp(login.split('@')[0] ?? '');
    return this.#accounts.find((one) => one.address === login || one.aliases.includes(login));
  }

  async scramCredentials(
    login: string,
  ): Promise<{ readonly address: string; readonly found: ScramCredentials | undefined }> {
    const account = await this.accountOf(login);
    const verifier = this.verifiers.get(account?.address ?? '');
    const found = account === undefined || verifier === undefined ? undefined : { account, verifier };
    return { address: login, found };
  }

  async *list(domain?: DomainName): AsyncIterable<Account> {
    for (const account of this.#accounts) {
      if (domain === undefined || account.domain === domain) yield account;
    }
  }

  #assertUp(localpart: string): void {
    if (!this.broken.has(localpart)) return;
    throw new Transient('directory.unavailable', 'the source does not answer', {
      detail: { source: 'fixture' },
    });
  }
}
