// The immutable view of one checked revision, with defaults for everything the document leaves out.

import type { DomainName } from '../base/brands.ts';
import { type ParameterName, type SettingValue, schema } from './schema/index.ts';
import type { DomainSettings, SettingsDocument, SettingsSnapshot } from './settings.ts';

/** Makes the snapshot of a document that `checkDocument` found no fault with. */
export function createSnapshot(revision: number, document: SettingsDocument): SettingsSnapshot {
  const domains = new Map<DomainName, DomainSettings>(
    document.domains.map((domain) => [domain.name, domain]),
  );
  const values = new Map<string, unknown>(Object.entries(document.values));
  return Object.freeze({
    revision,
    domains: Object.freeze([...document.domains]),
    stores: Object.freeze([...document.stores]),
    domain: (name: DomainName) => domains.get(name),
    get: <K extends ParameterName>(name: K): SettingValue<K> =>
      (values.has(name) ? values.get(name) : schema[name].default) as SettingValue<K>,
  });
}
