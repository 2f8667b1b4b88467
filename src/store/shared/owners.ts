// Finds and opens the accounts whose mailboxes one user may see: owners who share with them, and the public folders of
// their domain.
//
// Only owners that the share lists name are ever opened, so no name a client makes up creates an account or tells whether
// there is one. Opened accounts stay with the session; their number is that of the owners who share with the user.

import type { DomainName } from '../../base/brands.ts';
import { Transient } from '../../base/outcome.ts';
import type { Account, Directory } from '../../directory/user-source.ts';
import { accountRef } from '../../routing/account-ref.ts';
import type { Settings } from '../../settings/settings.ts';
import { identifiersOf } from '../acl.ts';
import type { AccountRef, MailStore, Share } from '../mail-store.ts';
import { type NamePrefixes, otherName, publicName } from './name-space.ts';
import { type Asker, OwnerAccount } from './owner-account.ts';

/** What sharing needs of the server. */
export interface SharingServices {
  readonly settings: Settings;
  readonly directory: Directory;
  /** The store that holds a domain's mail. Throws Transient when it cannot be opened now. */
  readonly stores: (domain: DomainName) => MailStore;
}

const domainOf = (address: string): DomainName => address.slice(address.lastIndexOf('@') + 1) as DomainName;

export class Owners {
  readonly #services: SharingServices;
  #account: Account;
  readonly #open = new Map<string, Promise<OwnerAccount>>();

  constructor(services: SharingServices, account: Account) {
    this.#services = services;
    this.#account = account;
  }

  /** The first levels of names, as the settings are now. */
  get prefixes(): NamePrefixes {
    const { settings } = this.#services;
    const isPublic = this.#publicAddress !== undefined;
    return {
      others: settings.get('sharing.othersName'),
      shared: isPublic ? settings.get('sharing.publicName') : '',
    };
  }

  get #publicAddress(): string | undefined {
    const { domain } = this.#account;
    const localpart = this.#services.settings.current.domain(domain)?.publicFolders ?? '';
    return localpart === '' ? undefined : `${localpart}@${domain}`;
  }

  /** The user as the directory knows them now; as they were last known while it does not answer. */
  readonly asker = async (): Promise<Asker> => {
    const { domain, localpart, address } = this.#account;
    try {
      const now = await this.#services.directory.resolve(domain, localpart);
      if (now?.address === address) this.#account = now;
    } catch (error) {
      if (!(error instanceof Transient)) throw error;
    }
    return { address, groups: this.#account.groups ?? [], isAdmin: this.#account.admin };
  };

  /** What others may share with the user, in no order; stores that do not answer are left out. */
  async shares(): Promise<readonly Share[]> {
    const identifiers = identifiersOf(await this.asker());
    const found: Share[] = [];
    for (const store of this.#allStores()) {
      try {
        for (const share of await store.sharedWith(identifiers)) {
          if (share.account !== this.#account.address && share.account !== this.#publicAddress)
            found.push(share);
        }
      } catch (error) {
        // DESIGN promise 7: a store that is down takes nothing from who is elsewhere.
        if (!(error instanceof Transient)) throw error;
      }
    }
    return found.filter(({ account }) => this.#isUserDomain(account));
  }

  #isUserDomain(address: string): boolean {
    const domain = this.#services.settings.current.domain(domainOf(address));
    // Public folders of other domains are theirs alone.
    return domain !== undefined && address !== `${domain.publicFolders ?? ''}@${domain.name}`;
  }

  #allStores(): Set<MailStore> {
    const stores = new Set<MailStore>();
    for (const { name } of this.#services.settings.current.domains) {
      try {
        stores.add(this.#services.stores(name));
      } catch (error) {
        if (!(error instanceof Transient)) throw error;
      }
    }
    return stores;
  }

  /** The account of an owner who shares something with the user; undefined when there is none. */
  async other(address: string): Promise<OwnerAccount | undefined> {
    if (!(await this.shares()).some(({ account }) => account === address)) return undefined;
    return await this.sharing(address);
  }

  /** The same for an address that `shares` just named. */
  async sharing(address: string): Promise<OwnerAccount | undefined> {
    return await this.#opened(address, false, async () => {
      const at = address.lastIndexOf('@');
      const owner = await this.#services.directory.resolve(domainOf(address), address.slice(0, at));
      return owner?.address === address ? accountRef(owner, this.#services.settings.current) : undefined;
    });
  }

  /** The public folders of the user's domain; undefined when it has none. */
  async public(): Promise<OwnerAccount | undefined> {
    const address = this.#publicAddress;
    if (address === undefined) return undefined;
    return await this.#opened(address, true, async () => publicRef(address));
  }

  async #opened(
    address: string,
    isPublic: boolean,
    find: () => Promise<AccountRef | undefined>,
  ): Promise<OwnerAccount | undefined> {
    const known = this.#open.get(address);
    if (known !== undefined) return await known;
    const ref = await find();
    if (ref === undefined) return undefined;
    // While the directory was asked another command may have opened it.
    const opening = this.#open.get(address) ?? this.#openOwner(ref, isPublic);
    this.#open.set(address, opening);
    try {
      return await opening;
    } catch (error) {
      this.#open.delete(address);
      throw error;
    }
  }

  async #openOwner(ref: AccountRef, isPublic: boolean): Promise<OwnerAccount> {
    const store = this.#services.stores(domainOf(ref.address));
    const mail = await store.openAccount(ref, this.#account.address);
    return new OwnerAccount(mail, isPublic, this.asker, (name) =>
      isPublic ? publicName(this.prefixes, name) : otherName(this.prefixes, ref.address, name),
    );
  }

  close(): void {
    for (const opening of this.#open.values()) {
      void opening.then(
        (owner) => owner.mail.close(),
        () => {},
      );
    }
    this.#open.clear();
  }
}

/** The account that holds public folders; nobody's quota counts. */
export const publicRef = (address: string): AccountRef => ({
  address,
  quotaBytes: 0,
  quotaMessages: 0,
  isPublic: true,
});
