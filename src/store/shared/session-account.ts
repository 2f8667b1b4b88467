// The mail of one user as sessions see it: the own account, mailboxes that others share with the user, and public folders,
// as one MailAccount (RFC 2342, RFC 4314).
//
// Names decide where a command goes. A name below the first level of the others or of the public folders means a mailbox
// there, unless the user has an own mailbox of exactly that name from before: that one stays reachable, but new ones are
// not made there. Every right is checked here and in SharedMailbox, nowhere else.

import type { MailboxName } from '../../base/brands.ts';
import { Permanent } from '../../base/outcome.ts';
import type { Account } from '../../directory/user-source.ts';
import {
  type AclEntry,
  allRights,
  normalIdentifier,
  type Right,
  type Rights,
  type RightsChange,
} from '../acl.ts';
import {
  type AccountRef,
  type AnnotationLimits,
  type Annotations,
  type Append,
  type CopyResult,
  Flag,
  type MailAccount,
  type Mailbox,
  type MailboxInfo,
  type Namespaces,
  type QuotaRoot,
  type QuotaUsage,
  type SpecialUse,
} from '../mail-store.ts';
import { mayChangeAll } from './flag-rights.ts';
import { placeOf } from './name-space.ts';
import { hidden, noRight, type OwnerAccount } from './owner-account.ts';
import { Owners, type SharingServices } from './owners.ts';
import { markSeen, SharedAppend } from './shared-append.ts';
import { sharedMailboxes } from './shared-list.ts';
import { OwnMailbox, SharedMailbox, type Transfers } from './shared-mailbox.ts';
import { copyByAppend, removeCopied } from './transfer.ts';

/** A mailbox and the account that holds it; `owner` is undefined in the own account. */
interface Located {
  readonly owner: OwnerAccount | undefined;
  readonly name: MailboxName;
}

/** Rights of which one is needed to learn one's rights (RFC 4314 4, MYRIGHTS). */
const telling: readonly Right[] = ['l', 'r', 'i', 'k', 'x', 'a'];
/** RFC 5464 3.3: beside `l`, one of these lets a user see and set annotations. */
const annotating: readonly Right[] = ['r', 's', 'w', 'i', 'p'];

/** Opens the user's own account and wraps it. Errors as MailStore.openAccount. */
export async function openSessionAccount(
  services: SharingServices,
  account: Account,
  ref: AccountRef,
): Promise<MailAccount> {
  const own = await services.stores(account.domain).openAccount(ref);
  return new SessionAccount(services, account, own);
}

export class SessionAccount implements MailAccount, Transfers {
  readonly ref: AccountRef;
  readonly #services: SharingServices;
  readonly #own: MailAccount;
  readonly #owners: Owners;

  constructor(services: SharingServices, account: Account, own: MailAccount) {
    this.#services = services;
    this.#own = own;
    this.ref = own.ref;
    this.#owners = new Owners(services, account);
  }

  // --- finding ----------------------------------------------------------------------------------------------------------

  /** Where a name leads; Permanent('store.no_mailbox') when it can lead nowhere. */
  async #locate(name: MailboxName): Promise<Located> {
    const place = placeOf(name, this.#owners.prefixes);
    if (place.kind === 'own') return { owner: undefined, name };
    if (await this.#isOwn(name)) return { owner: undefined, name };
    if (place.kind === 'level') throw hidden(name);
    const owner = await (place.kind === 'other' ? this.#owners.other(place.owner) : this.#owners.public());
    if (owner === undefined) throw hidden(name);
    return { owner, name: place.name };
  }

  async #isOwn(name: MailboxName): Promise<boolean> {
    try {
      await this.#own.rights(name);
      return true;
    } catch (error) {
      if (error instanceof Permanent) return false;
      throw error;
    }
  }

  /** Where a mailbox may be made; own ones not under the names of the others. */
  async #locateNew(name: MailboxName): Promise<Located> {
    const place = placeOf(name, this.#owners.prefixes);
    if (place.kind === 'own') return { owner: undefined, name };
    const owner =
      place.kind === 'level'
        ? undefined
        : await (place.kind === 'other' ? this.#owners.other(place.owner) : this.#owners.public());
    if (owner === undefined || place.kind === 'level') throw noRight(name);
    await owner.requireCreate(place.name);
    return { owner, name: place.name };
  }

  async mailboxes(): Promise<readonly MailboxInfo[]> {
    const own = await this.#own.mailboxes();
    const names = new Set(own.map(({ name }) => name));
    const subscribed = new Set(await this.#own.subscriptions());
    const others = await sharedMailboxes(this.#owners, subscribed);
    return [...own, ...others.filter(({ name }) => !names.has(name))];
  }

  subscriptions(): Promise<readonly MailboxName[]> {
    return this.#own.subscriptions();
  }

  subscribe(name: MailboxName, subscribed: boolean): Promise<void> {
    return this.#own.subscribe(name, subscribed);
  }

  namespaces(): Namespaces {
    const { others, shared } = this.#owners.prefixes;
    return {
      personal: [''],
      others: others === '' ? [] : [`${others}/`],
      shared: shared === '' ? [] : [`${shared}/`],
    };
  }

  // --- mailboxes --------------------------------------------------------------------------------------------------------

  async create(name: MailboxName, specialUse?: SpecialUse): Promise<void> {
    const { owner, name: inner } = await this.#locateNew(name);
    if (owner === undefined) return await this.#own.create(inner, specialUse);
    if (specialUse !== undefined) throw noRight(name);
    await this.#hidingTaken(owner, inner, () => owner.mail.create(inner));
  }

  /** RFC 4314 6: that a name is taken by what may not be seen must not be told. */
  async #hidingTaken(owner: OwnerAccount, name: MailboxName, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const isTaken = error instanceof Permanent && error.code === 'store.mailbox_exists';
      if (isTaken && !(await owner.rights(name)).has('l')) throw noRight(owner.outward(name));
      throw error;
    }
  }

  async delete(name: MailboxName): Promise<void> {
    const { owner, name: inner } = await this.#locate(name);
    await owner?.require(inner, 'x');
    await (owner?.mail ?? this.#own).delete(inner);
  }

  async rename(from: MailboxName, to: MailboxName): Promise<void> {
    const source = await this.#locate(from);
    const rights = await source.owner?.require(source.name, 'x');
    if (rights !== undefined && source.name === 'INBOX') throw noRight(from);
    const target = await this.#locateNew(to);
    if (source.owner !== target.owner) {
      throw new Permanent('store.bad_mailbox_name', 'a mailbox cannot move to another account by RENAME');
    }
    const { owner } = source;
    if (owner === undefined) return await this.#own.rename(source.name, target.name);
    await this.#hidingTaken(owner, target.name, () => owner.mail.rename(source.name, target.name));
  }

  async setSpecialUse(name: MailboxName, specialUse: SpecialUse | undefined): Promise<void> {
    const { owner, name: inner } = await this.#locate(name);
    if (owner === undefined) return await this.#own.setSpecialUse(inner, specialUse);
    await owner.require(inner, 'l');
    throw noRight(name);
  }

  async open(name: MailboxName): Promise<Mailbox> {
    const { owner, name: inner } = await this.#locate(name);
    if (owner === undefined) return new OwnMailbox(await this.#own.open(inner), this);
    const rights = await owner.require(inner, 'r');
    const cacheMs = (): number => this.#services.settings.get('sharing.rightsCacheMs');
    return new SharedMailbox(await owner.mail.open(inner), owner, rights, this, cacheMs);
  }

  async append(name: MailboxName): Promise<Append> {
    const located = await this.#locate(name);
    return await this.#appendAt(located);
  }

  async #appendAt({ owner, name }: Located): Promise<Append> {
    if (owner === undefined) return await this.#own.append(name);
    const rights = await owner.require(name, 'i');
    return new SharedAppend(await owner.mail.append(name), rights, () => owner.mail.open(name));
  }

  // --- quota ------------------------------------------------------------------------------------------------------------

  quota(): Promise<QuotaUsage> {
    return this.#own.quota();
  }

  /** RFC 9208 4.1.3: a name that leads nowhere would be made in the own account. */
  async quotaRoot(name: MailboxName): Promise<QuotaRoot> {
    const { owner, name: inner } = await this.#locate(name);
    if (owner === undefined) return await this.#own.quotaRoot(inner);
    const rights = await owner.rights(inner);
    if (!rights.has('r') && !rights.has('i')) await owner.require(inner, 'r');
    return await owner.mail.quotaRoot(inner);
  }

  // --- access lists and annotations -------------------------------------------------------------------------------------

  async rights(name: MailboxName): Promise<Rights> {
    const { owner, name: inner } = await this.#locate(name);
    if (owner === undefined) return await this.#own.rights(inner);
    const rights = await owner.rights(inner);
    if (!telling.some((right) => rights.has(right))) throw hidden(name);
    return rights;
  }

  async acl(name: MailboxName): Promise<readonly AclEntry[]> {
    const { owner, name: inner } = await this.#locate(name);
    await owner?.require(inner, 'a');
    return await (owner?.mail ?? this.#own).acl(inner);
  }

  async setAcl(name: MailboxName, identifier: string, change: RightsChange): Promise<void> {
    const { owner, name: inner } = await this.#locate(name);
    await owner?.require(inner, 'a');
    const account = owner?.mail ?? this.#own;
    await this.#assertGrantable(identifier, change, owner);
    await account.setAcl(inner, identifier, change);
  }

  /** The owner keeps all rights; all users at once only where the settings allow it. */
  async #assertGrantable(
    identifier: string,
    change: RightsChange,
    owner: OwnerAccount | undefined,
  ): Promise<void> {
    const plain = normalIdentifier(identifier)?.replace(/^-/, '');
    if (plain === 'owner' || plain === (owner?.address ?? this.ref.address)) {
      throw new Permanent('store.owner_rights', 'the owner of a mailbox has all rights');
    }
    const isEverybody = plain === 'anyone' || plain === 'authenticated';
    if (!isEverybody || identifier.startsWith('-') || change === undefined || owner?.isPublic === true)
      return;
    if (this.#services.settings.get('sharing.anyone') || (await this.#owners.asker()).isAdmin) return;
    throw new Permanent('store.no_right', 'mailboxes may not be shared with everybody here');
  }

  async annotations(name: MailboxName | undefined): Promise<Annotations> {
    if (name === undefined) return await this.#own.annotations(undefined);
    const { owner, name: inner } = await this.#locate(name);
    if (owner !== undefined) await this.#requireAnnotating(owner, inner);
    return await (owner?.mail ?? this.#own).annotations(inner);
  }

  async #requireAnnotating(owner: OwnerAccount, name: MailboxName): Promise<Rights> {
    const rights = await owner.require(name, 'l');
    if (!annotating.some((right) => rights.has(right))) throw noRight(name);
    return rights;
  }

  async setAnnotations(
    name: MailboxName | undefined,
    changes: ReadonlyMap<string, Buffer | undefined>,
    limits: AnnotationLimits,
  ): Promise<void> {
    if (name === undefined) return await this.#own.setAnnotations(undefined, changes, limits);
    const { owner, name: inner } = await this.#locate(name);
    if (owner !== undefined) {
      const rights = await this.#requireAnnotating(owner, inner);
      // Stricter than RFC 5464 3.3: what all users see is changed by who may change the mailbox.
      const isShared = [...changes.keys()].some((entry) => entry.startsWith('/shared/'));
      if (isShared && !rights.has('w')) throw noRight(name);
    }
    await (owner?.mail ?? this.#own).setAnnotations(inner, changes, limits);
  }

  // --- transfers --------------------------------------------------------------------------------------------------------

  async copy(
    source: Mailbox,
    uids: Uint32Array,
    destination: MailboxName,
    whole: boolean,
  ): Promise<CopyResult> {
    const target = await this.#locate(destination);
    const rights = (await target.owner?.require(target.name, 'i')) ?? allRights;
    const inside = this.#sameAccount(source, target, rights);
    if (inside !== undefined) {
      return await this.#keepSeen(source, target, uids, () => inside.copyTo(uids, target.name, whole));
    }
    return await copyByAppend(source, uids, whole, () => this.#appendAt(target));
  }

  async move(source: Mailbox, uids: Uint32Array, destination: MailboxName): Promise<CopyResult> {
    const target = await this.#locate(destination);
    const rights = (await target.owner?.require(target.name, 'i')) ?? allRights;
    const inside = this.#sameAccount(source, target, rights);
    if (inside !== undefined) {
      return await this.#keepSeen(source, target, uids, () => inside.moveTo(uids, target.name));
    }
    const result = await copyByAppend(source, uids, false, () => this.#appendAt(target));
    await removeCopied(source, result.sourceUids);
    return result;
  }

  /** The store's own mailbox when it can do the transfer: one account, and all flags may be set at the destination. */
  #sameAccount(source: Mailbox, { owner }: Located, rights: Rights): Mailbox | undefined {
    if (!(source instanceof OwnMailbox) || !mayChangeAll(rights)) return undefined;
    const from = source instanceof SharedMailbox ? source.owner : undefined;
    return from === owner ? source.inner : undefined;
  }

  /** Inside another's account the store carries the owner's \Seen; the user's own goes along here. */
  async #keepSeen(
    source: Mailbox,
    { owner, name }: Located,
    uids: Uint32Array,
    transfer: () => Promise<CopyResult>,
  ): Promise<CopyResult> {
    if (owner === undefined) return await transfer();
    const rows = await source.rows(uids);
    const read = new Set(rows.uids.filter((_, i) => ((rows.flags[i] ?? 0) & Flag.seen) !== 0));
    const result = await transfer();
    const seen = result.destinationUids.filter((_, i) => read.has(result.sourceUids[i] ?? 0));
    if (seen.length > 0) await markSeen(() => owner.mail.open(name), seen);
    return result;
  }

  close(): void {
    this.#owners.close();
    this.#own.close();
  }
}
