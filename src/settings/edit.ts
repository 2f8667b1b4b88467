// Changes to a settings document: pure steps from one document to the next, and the loop that saves them.
//
// Steps check only what they need to find their place; the whole result is checked before it is saved.

import { Fault, Permanent } from '../base/outcome.ts';
import { expectDocument } from './document-check.ts';
import type { ParameterName } from './schema/index.ts';
import type { DomainSettings, SettingsDocument, StoreSettings } from './settings.ts';
import type { SettingsStore } from './settings-store.ts';

/** A pure step; may throw Permanent when it makes no sense for this document. */
export type Edit = (document: SettingsDocument) => SettingsDocument;

/** Attempts when other administrators save at the same moment. */
const maxAttempts = 8;

/**
 * Applies `edit` to the newest revision and saves the result; applies it again to a newer one when somebody else was
 * faster. Throws InvalidSettings, whatever `edit` throws, and Fault('settings.conflict') after several lost races.
 */
export async function saveEdit(
  store: SettingsStore,
  by: { readonly author: string; readonly note: string },
  edit: Edit,
): Promise<{ readonly revision: number; readonly document: SettingsDocument }> {
  for (let attempt = 1; ; attempt++) {
    const { info, document: newest } = await store.load();
    const document = expectDocument(edit(newest));
    try {
      return { revision: await store.save(info.revision, document, by), document };
    } catch (error) {
      const lost = error instanceof Fault && error.code === 'settings.conflict';
      if (!lost || attempt === maxAttempts) throw error;
    }
  }
}

/** Sets one value; undefined returns it to its default. */
export function withValue(name: ParameterName, value: unknown): Edit {
  return (document) => {
    const values: Partial<Record<ParameterName, unknown>> = { ...document.values };
    if (value === undefined) delete values[name];
    else values[name] = value;
    return { ...document, values };
  };
}

/** Adds a domain, or Permanent('settings.exists'). */
export function withDomain(domain: DomainSettings): Edit {
  return (document) => {
    if (document.domains.some((one) => one.name === domain.name)) throw exists('domain', domain.name);
    return { ...document, domains: [...document.domains, domain] };
  };
}

/** Removes a domain (its mail stays where it is), or Permanent('settings.not_found'). */
export function withoutDomain(name: string): Edit {
  return (document) => {
    const domains = document.domains.filter((one) => one.name !== name);
    if (domains.length === document.domains.length) throw notFound('domain', name);
    return { ...document, domains };
  };
}

/** Changes one domain, or Permanent('settings.not_found'). */
export function withChangedDomain(name: string, change: (domain: DomainSettings) => DomainSettings): Edit {
  return (document) => {
    if (!document.domains.some((one) => one.name === name)) throw notFound('domain', name);
    return { ...document, domains: document.domains.map((one) => (one.name === name ? change(one) : one)) };
  };
}

/** Adds a data store, or Permanent('settings.exists'). */
export function withStore(store: StoreSettings): Edit {
  return (document) => {
    if (document.stores.some((one) => one.name === store.name)) throw exists('store', store.name);
    return { ...document, stores: [...document.stores, store] };
  };
}

/** Removes a data store from the settings (its files stay), or Permanent('settings.not_found'). */
export function withoutStore(name: string): Edit {
  return (document) => {
    const stores = document.stores.filter((one) => one.name !== name);
    if (stores.length === document.stores.length) throw notFound('store', name);
    return { ...document, stores };
  };
}

/** Everything of an older revision as a new one. */
export function withDocument(document: SettingsDocument): Edit {
  return () => document;
}

function exists(what: string, name: string): Permanent {
  return new Permanent('settings.exists', `there is a ${what} ${name} already`);
}

function notFound(what: string, name: string): Permanent {
  return new Permanent('settings.not_found', `there is no ${what} ${name}`);
}
