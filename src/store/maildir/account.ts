// MailAccount of the port over one account's Maildir++ tree.

import type { MailboxName } from '../../base/brands.ts';
import { type AclEntry, allRights, type Rights, type RightsChange } from '../acl.ts';
import type {
  AccountRef,
  AnnotationLimits,
  Annotations,
  Append,
  MailAccount,
  Mailbox,
  MailboxInfo,
  Namespaces,
  QuotaRoot,
  QuotaUsage,
  SpecialUse,
} from '../mail-store.ts';
import type { AccountIndex } from './account-index.ts';
import {
  copyInboxAnnotations,
  mailboxAcl,
  mailboxAnnotations,
  refreshShares,
  setMailboxAcl,
  setMailboxAnnotations,
} from './account-sharing.ts';
import type { AccountState } from './account-state.ts';
import { MaildirAppend } from './append.ts';
import { noMailbox } from './failures.ts';
import { createFolderLocked, setUse } from './folder-create.ts';
import { canonicalName, compareNames, inbox, parentsOf } from './folder-name.ts';
import { openFolder } from './folder-open.ts';
import { deleteFolderLocked, renameFolderLocked } from './folder-rename.ts';
import { syncFolder } from './folder-sync.ts';
import { MaildirMailbox } from './mailbox.ts';
import { assertRoomForMailboxes } from './mailbox-quota.ts';
import { readQuota } from './quota.ts';
import { readSpecialUses } from './special-use.ts';
import { readSubscriptions, writeSubscriptions } from './subscription-file.ts';
import { moveMessages } from './transfer.ts';
import { clearTrash } from './trash.ts';
import { ViewedMailbox } from './viewed-mailbox.ts';

/** One session's handle on an account. */
export class MaildirAccount implements MailAccount {
  readonly ref: AccountRef;
  readonly #state: AccountState;
  readonly #viewer: string;
  readonly #onClose: () => void;
  #closed = false;

  /** `viewer`: whose \Seen flags and private annotations are shown; the owner's address for the owner. */
  constructor(state: AccountState, ref: AccountRef, viewer: string, onClose: () => void) {
    this.#state = state;
    this.ref = ref;
    this.#viewer = viewer;
    this.#onClose = onClose;
  }

  async mailboxes(): Promise<readonly MailboxInfo[]> {
    return await this.#state.use('list', async () => {
      const list = await this.#state.lister.list();
      const subscribed = new Set(await readSubscriptions(this.#state.paths));
      const uses = await readSpecialUses(this.#state.paths);
      const names = new Set<MailboxName>(list.keys());
      for (const name of list.keys()) for (const parent of parentsOf(name)) names.add(parent);
      return [...names].sort(compareNames).map((name) => {
        const directory = list.get(name);
        return {
          name,
          selectable: directory !== undefined,
          subscribed: subscribed.has(name),
          specialUse: directory === undefined ? undefined : uses?.get(directory),
        };
      });
    });
  }

  async subscriptions(): Promise<readonly MailboxName[]> {
    return await this.#state.use('list subscriptions', () => readSubscriptions(this.#state.paths));
  }

  #change(what: string, work: (index: AccountIndex) => Promise<void>): Promise<void> {
    return this.#state.use(what, async (index) => {
      await this.#state.locked(index, () => work(index));
      this.#state.changed();
    });
  }

  create(name: MailboxName, specialUse?: SpecialUse): Promise<void> {
    return this.#change('create', async (index) => {
      const wanted = canonicalName(name);
      await assertRoomForMailboxes(this.#state, this.ref, [wanted]);
      await createFolderLocked(this.#state, index, wanted, specialUse);
    });
  }

  async delete(name: MailboxName): Promise<void> {
    await this.#change('delete', async (index) => {
      await deleteFolderLocked(this.#state, index, canonicalName(name));
      await refreshShares(this.#state);
    });
    const state = this.#state;
    state.background('store.trash_not_cleared', () =>
      state.use('clear trash', (index) => clearTrash(state, index)),
    );
  }

  async rename(from: MailboxName, to: MailboxName): Promise<void> {
    const source = canonicalName(from);
    const target = canonicalName(to);
    if (source === inbox) return await this.#renameInbox(target);
    await this.#change('rename', async (index) => {
      await assertRoomForMailboxes(this.#state, this.ref, parentsOf(target));
      await renameFolderLocked(this.#state, index, source, target);
      await refreshShares(this.#state);
    });
  }

  /** RFC 9051 6.3.6: the mail moves to a new mailbox; INBOX and its inferiors stay. */
  async #renameInbox(target: MailboxName): Promise<void> {
    await this.create(target);
    await this.#state.use('rename', async (index) => {
      await copyInboxAnnotations(this.#state, index, target);
      const account = this.#state;
      const folder = await openFolder(account, index, inbox);
      await syncFolder(account, index, folder, true);
      const uids = (await folder.refresh(index)).uids();
      await moveMessages({ account, index, folder }, uids, target);
    });
  }

  subscribe(name: MailboxName, subscribed: boolean): Promise<void> {
    return this.#change('subscribe', async () => {
      const names = new Set(await readSubscriptions(this.#state.paths));
      const wanted = canonicalName(name);
      if (names.has(wanted) === subscribed) return;
      if (subscribed) names.add(wanted);
      else names.delete(wanted);
      await writeSubscriptions(this.#state.paths, names);
    });
  }

  setSpecialUse(name: MailboxName, specialUse: SpecialUse | undefined): Promise<void> {
    return this.#change('set special use', async () => {
      const directory = await this.#state.lister.find(canonicalName(name));
      if (directory === undefined) throw noMailbox(name);
      await setUse(this.#state.paths, directory, specialUse);
    });
  }

  async open(name: MailboxName): Promise<Mailbox> {
    return await this.#state.use('open', async (index) => {
      const folder = await openFolder(this.#state, index, canonicalName(name));
      await folder.loadKeywords(index, false);
      const parts = [this.#state, () => this.ref, folder, `F${index.birth}-${folder.id}`] as const;
      if (this.#viewer === this.ref.address) return new MaildirMailbox(...parts);
      return new ViewedMailbox(...parts, this.#viewer);
    });
  }

  async append(name: MailboxName): Promise<Append> {
    return await this.#state.use('append', async (index) => {
      const folder = await openFolder(this.#state, index, canonicalName(name));
      return new MaildirAppend(this.#state, this.ref, folder);
    });
  }

  async quota(): Promise<QuotaUsage> {
    return await this.#state.use('quota', async () => ({
      ...(await readQuota(this.#state.paths, this.ref, this.#state.context)),
      usedMailboxes: (await this.#state.lister.list()).size,
      limitMailboxes: this.ref.quotaMailboxes ?? 0,
    }));
  }

  async quotaRoot(): Promise<QuotaRoot> {
    return { account: this.ref.address, usage: await this.quota() };
  }

  async rights(name: MailboxName): Promise<Rights> {
    await this.acl(name);
    return allRights;
  }

  acl(name: MailboxName): Promise<readonly AclEntry[]> {
    return this.#state.use('read access list', () => mailboxAcl(this.#state, canonicalName(name)));
  }

  setAcl(name: MailboxName, identifier: string, change: RightsChange): Promise<void> {
    return this.#state.use('change access list', (index) =>
      setMailboxAcl(this.#state, index, canonicalName(name), identifier, change),
    );
  }

  annotations(name: MailboxName | undefined): Promise<Annotations> {
    const wanted = name === undefined ? undefined : canonicalName(name);
    return this.#state.use('read annotations', () => mailboxAnnotations(this.#state, wanted, this.#viewer));
  }

  setAnnotations(
    name: MailboxName | undefined,
    changes: ReadonlyMap<string, Buffer | undefined>,
    limits: AnnotationLimits,
  ): Promise<void> {
    const wanted = name === undefined ? undefined : canonicalName(name);
    return this.#state.use('change annotations', (index) =>
      setMailboxAnnotations(this.#state, index, wanted, this.#viewer, changes, limits),
    );
  }

  namespaces(): Namespaces {
    return { personal: [''], others: [], shared: [] };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose();
  }
}
