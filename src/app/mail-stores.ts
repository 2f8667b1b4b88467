// The open data stores of a worker by domain. A store is opened when the first of its domains is used.
//
// The store `main` has its address in tegu.conf, further ones in the settings. A store whose address changed in the settings
// is opened anew; sessions that hold the old one finish on it.

import type { DomainName } from '../base/brands.ts';
import { Transient } from '../base/outcome.ts';
import type { Bus } from '../cluster/bus.ts';
import type { Log } from '../host/log.ts';
import { mainStore } from '../settings/document-check.ts';
import type { Settings } from '../settings/settings.ts';
import type { MailStore } from '../store/mail-store.ts';
import { openMaildirStore } from '../store/maildir/store.ts';

export class MailStores {
  readonly #settings: Settings;
  readonly #mainAddress: string;
  readonly #bus: Bus;
  readonly #log: Log;
  readonly #open = new Map<string, { readonly address: string; readonly store: MailStore }>();

  constructor(settings: Settings, mainAddress: string, bus: Bus, log: Log) {
    this.#settings = settings;
    this.#mainAddress = mainAddress;
    this.#bus = bus;
    this.#log = log;
  }

  /** The store of a domain; Transient('store.unknown') when the settings name none (the domain was just removed). */
  readonly ofDomain = (domain: DomainName): MailStore => {
    const name = this.#settings.current.domain(domain)?.store;
    if (name === undefined) throw new Transient('store.unknown', `the domain ${domain} has no data store`);
    return this.named(name);
  };

  /** The store of a name; Transient('store.unknown') when there is none. */
  named(name: string): MailStore {
    const address = this.#addressOf(name);
    const known = this.#open.get(name);
    if (known !== undefined && known.address === address) return known.store;
    const store = openMaildirStore({
      name,
      address,
      settings: this.#settings,
      bus: this.#bus,
      log: this.#log,
    });
    this.#open.set(name, { address, store });
    return store;
  }

  #addressOf(name: string): string {
    if (name === mainStore) return this.#mainAddress;
    const found = this.#settings.current.stores.find((store) => store.name === name);
    if (found === undefined) throw new Transient('store.unknown', `no data store is called ${name}`);
    return found.address;
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#open.values()].map(({ store }) => store.close()));
  }
}
