// Settings of the area `store` for tests of adapters: defaults of the schema, single values changed.

import { storeParameters } from '../../settings/schema/store.ts';

/** Values by parameter name. */
export type SettingOverrides = Readonly<Record<string, unknown>>;

/** Answers like the live settings, of which an adapter sees only `get`. */
export function settingsWith(overrides: SettingOverrides = {}): { get(name: string): never } {
  const rows: Readonly<Record<string, { readonly default: unknown }>> = storeParameters;
  return { get: (name: string) => (overrides[name] ?? rows[name]?.default) as never };
}
