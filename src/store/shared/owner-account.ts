// An account of somebody else as one session's user may use it: opened with that user as viewer, every right read from the
// access lists of the folders.
//
// What the user lacks the right for is refused with Permanent('store.no_right'); what they may not even look up does not
// exist for them: Permanent('store.no_mailbox') (RFC 4314 6).

import type { MailboxName } from '../../base/brands.ts';
import { Permanent } from '../../base/outcome.ts';
import { allRights, type Principal, type Right, type Rights, rightsByAcl } from '../acl.ts';
import type { MailAccount } from '../mail-store.ts';
import { superiorsOf } from './name-space.ts';

/** Who asks, asked anew: groups change while sessions are open. */
export interface Asker extends Principal {
  /** Administrators have all rights in public folders. */
  readonly isAdmin: boolean;
}

export const noRight = (name: string): Permanent =>
  new Permanent('store.no_right', 'the access list does not allow that', { detail: { mailbox: name } });
export const hidden = (name: string): Permanent =>
  new Permanent('store.no_mailbox', `no such mailbox: ${name}`, { detail: { mailbox: name } });

export class OwnerAccount {
  /** The raw account. */
  readonly mail: MailAccount;
  readonly isPublic: boolean;
  readonly #asker: () => Promise<Asker>;
  /** The name that sessions know a mailbox of this account by. */
  readonly outward: (name: MailboxName) => MailboxName;

  constructor(
    mail: MailAccount,
    isPublic: boolean,
    asker: () => Promise<Asker>,
    outward: (name: MailboxName) => MailboxName,
  ) {
    this.mail = mail;
    this.isPublic = isPublic;
    this.#asker = asker;
    this.outward = outward;
  }

  get address(): string {
    return this.mail.ref.address;
  }

  /** The rights now; Permanent('store.no_mailbox') when there is no such mailbox or INBOX of a public account is meant. */
  async rights(name: MailboxName): Promise<Rights> {
    if (this.isPublic && name === 'INBOX') throw hidden(name);
    const [asker, entries] = [await this.#asker(), await this.mail.acl(name)];
    return this.isPublic && asker.isAdmin ? allRights : rightsByAcl(entries, asker);
  }

  /** The rights, which must hold `needed`. */
  async require(name: MailboxName, ...needed: readonly Right[]): Promise<Rights> {
    const rights = await this.rights(name);
    if (needed.every((right) => rights.has(right))) return rights;
    throw rights.has('l') ? noRight(name) : hidden(name);
  }

  /** RFC 4314 4, CREATE: `k` on the nearest superior that exists; administrators make public folders at the top. */
  async requireCreate(name: MailboxName): Promise<void> {
    for (const superior of superiorsOf(name)) {
      try {
        if ((await this.rights(superior)).has('k')) return;
      } catch (error) {
        if (error instanceof Permanent && error.code === 'store.no_mailbox') continue;
        throw error;
      }
      // The same whether the superior may be seen or not.
      throw noRight(name);
    }
    if (this.isPublic && (await this.#asker()).isAdmin) return;
    throw noRight(name);
  }
}
