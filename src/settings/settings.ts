// The settings as services see them: an immutable snapshot, replaced as a whole when a new revision becomes current.
//
// A service holds one `Settings` and reads a value where it needs it; reading per session or per command is what makes a
// change live. Domains are part of the same revision, so that one switch changes everything at once.

import type { DomainName } from '../base/brands.ts';
import type { ParameterName, SettingValue } from './schema/index.ts';

/** One mail domain of this server. */
export interface DomainSettings {
  readonly name: DomainName;
  /** Name of the data store that holds the domain's mail. */
  readonly store: string;
  /** Localparts of the domain (lower case) → full addresses; may chain, loops are refused when saved. */
  readonly aliases: Readonly<Record<string, readonly string[]>>;
  /** Full address that gets mail for unknown localparts; undefined = refuse with 550 5.1.1. */
  readonly catchAll: string | undefined;
  /** Character that separates user and tag (`+`); '' = no tags. */
  readonly recipientDelimiter: string;
  /** Default quota of accounts of the domain in bytes; 0 = unlimited. */
  readonly quotaBytes: number;
  /** Most mailboxes of accounts of the domain; 0 or absent = what `sharing.maxMailboxes` says. */
  readonly quotaMailboxes?: number;
  /** Localpart of the account that holds the domain's public folders; '' or absent = there are none. */
  readonly publicFolders?: string;
}

/** One data store that domains may name. */
export interface StoreSettings {
  readonly name: string;
  /** `maildir:/absolute/path` (PostgreSQL addresses come later). */
  readonly address: string;
}

/** Everything of one revision. */
export interface SettingsDocument {
  readonly values: Readonly<Partial<Record<ParameterName, unknown>>>;
  readonly domains: readonly DomainSettings[];
  readonly stores: readonly StoreSettings[];
}

/** A validated revision with defaults filled in. */
export interface SettingsSnapshot {
  /** Revision number, from 1 upwards. */
  readonly revision: number;
  get<K extends ParameterName>(name: K): SettingValue<K>;
  domain(name: DomainName): DomainSettings | undefined;
  readonly domains: readonly DomainSettings[];
  readonly stores: readonly StoreSettings[];
}

/** The live settings of a worker. */
export interface Settings {
  /** The snapshot in force now. */
  readonly current: SettingsSnapshot;
  /** Shorthand for `current.get(name)`. */
  get<K extends ParameterName>(name: K): SettingValue<K>;
  /** Called after `current` was replaced; returns the function that ends it. */
  onChange(handler: (current: SettingsSnapshot) => void): () => void;
}
