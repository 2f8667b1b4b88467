// MailStore of the port on Maildir++ trees below one root directory (address `maildir:/absolute/path`).
//
// Any number of workers may serve the same root at once. One AccountState per account in use; indexes and columns are
// kept within `store.openIndexes` and `store.rowCacheBytes`.

import { access, constants, mkdir, statfs } from 'node:fs/promises';
import { dirname, isAbsolute, normalize } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { systemClock } from '../../base/clock.ts';
import { Permanent, Transient } from '../../base/outcome.ts';
import type { Log } from '../../host/log.ts';
import { syncDirectory } from '../../native/file-io.ts';
import type { AccountRef, Delivery, MailAccount, MailStore, Share } from '../mail-store.ts';
import { MaildirAccount } from './account.ts';
import { accountPaths } from './account-path.ts';
import { AccountState } from './account-state.ts';
import { ColumnCache } from './column-cache.ts';
import { deliverMessage } from './delivery.ts';
import { translate } from './failures.ts';
import { NameSource } from './file-name.ts';
import { makeAccount, makeDefaultFoldersLocked } from './folder-create.ts';
import { IndexPool } from './index-pool.ts';
import type { ChangeBus, StoreContext, StoreSettings } from './options.ts';
import { assertQuota } from './quota.ts';
import { ShareList } from './share-list.ts';
import { readSpecialUses } from './special-use.ts';
import { SyncedWays } from './synced-ways.ts';
import { removeOldTemporaries } from './temporary-files.ts';
import { clearTrash } from './trash.ts';

const scheme = 'maildir:';

/** What the composition root provides. */
export interface MaildirStoreOptions {
  readonly name: string;
  /** `maildir:/absolute/path`. */
  readonly address: string;
  readonly settings: StoreSettings;
  readonly bus: ChangeBus;
  readonly log: Log;
  readonly clock?: Clock;
}

/** Opens the store; nothing on disk is touched before first use. Throws Permanent('store.bad_address'). */
export function openMaildirStore(options: MaildirStoreOptions): MaildirStore {
  const path = options.address.startsWith(scheme) ? options.address.slice(scheme.length) : '';
  if (!isAbsolute(path) || path.includes('\0')) {
    throw new Permanent('store.bad_address', `not maildir:/absolute/path: ${options.address}`);
  }
  const context: Omit<StoreContext, 'shares'> = {
    name: options.name,
    root: normalize(path),
    settings: options.settings,
    bus: options.bus,
    log: options.log.with({ store: options.name }),
    clock: options.clock ?? systemClock,
    names: new NameSource(),
  };
  return new MaildirStore({ ...context, shares: new ShareList(context) });
}

/** Makes the names of `last` and its parents up to `first` durable. */
async function syncMade(last: string, first: string): Promise<void> {
  for (let made = last; ; made = dirname(made)) {
    await syncDirectory(dirname(made));
    if (made === first || made === dirname(made)) return;
  }
}

/** See the file header. */
export class MaildirStore implements MailStore {
  readonly name: string;
  readonly #context: StoreContext;
  readonly #accounts = new Map<string, AccountState>();
  readonly #pool: IndexPool;
  readonly #columns: ColumnCache;
  readonly #ways = new SyncedWays();

  constructor(context: StoreContext) {
    this.name = context.name;
    this.#context = context;
    this.#columns = new ColumnCache(() => context.settings.get('store.rowCacheBytes'));
    this.#pool = new IndexPool(
      () => context.settings.get('store.openIndexes'),
      (closed) => this.#forgetUnused(closed as AccountState),
    );
  }

  #state(address: string): AccountState {
    const known = this.#accounts.get(address);
    if (known !== undefined) return known;
    const state = new AccountState(address, this.#context, this.#pool, this.#columns);
    this.#accounts.set(address, state);
    return state;
  }

  #forgetUnused(state: AccountState): void {
    if (state.users === 0) this.#accounts.delete(state.address);
  }

  async openAccount(ref: AccountRef, viewer: string = ref.address): Promise<MailAccount> {
    const state = this.#state(ref.address);
    state.users++;
    try {
      await translate('open account', async () => {
        await makeAccount(state.paths);
        await this.#ways.ensure(state.paths);
      });
      await state.use('open account', async (index) => {
        if (ref.isPublic !== true && (await readSpecialUses(state.paths)) === undefined) {
          await state.locked(index, () => makeDefaultFoldersLocked(state, index));
        }
      });
      this.#tend(state);
    } catch (error) {
      state.users--;
      throw error;
    }
    return new MaildirAccount(state, ref, viewer, () => state.users--);
  }

  sharedWith(identifiers: readonly string[]): Promise<readonly Share[]> {
    return translate('list shares', () => this.#context.shares.sharedWith(identifiers));
  }

  rebuildShares(): Promise<number> {
    return translate('rebuild shares', () => this.#context.shares.rebuild());
  }

  /** Once while the account is held: removes what crashes left behind. */
  #tend(state: AccountState): void {
    if (state.isTended) return;
    state.isTended = true;
    state.background('store.leftovers_not_removed', () =>
      state.use('remove leftovers', async (index) => {
        await clearTrash(state, index);
        await removeOldTemporaries(state);
      }),
    );
  }

  async deliver(delivery: Delivery): Promise<void> {
    // Touched, so that an account which is only delivered to leaves the worker's memory some day.
    const lockOwner = (address: string): AccountState => {
      const state = this.#state(address);
      this.#pool.touch(state);
      return state;
    };
    await translate('deliver', () => deliverMessage(delivery, this.#context, this.#ways, lockOwner));
  }

  async checkQuota(ref: AccountRef, sizeBytes: number): Promise<void> {
    const paths = accountPaths(this.#context.root, ref.address);
    await translate('check quota', () => assertQuota(paths, ref, this.#context, sizeBytes, 1));
  }

  async check(): Promise<void> {
    const { root, settings } = this.#context;
    await translate(`use ${root}`, async () => {
      const first = await mkdir(root, { recursive: true, mode: 0o700 });
      if (first !== undefined) await syncMade(root, first);
      await access(root, constants.R_OK | constants.W_OK | constants.X_OK);
      const { bavail, bsize } = await statfs(root);
      const needed = settings.get('store.minFreeBytes');
      if (bavail * bsize < needed) {
        throw new Transient(
          'store.full',
          `less than ${needed} octets are free in ${root}; make room or use another disk`,
        );
      }
    });
  }

  async close(): Promise<void> {
    for (const state of this.#accounts.values()) await state.close();
    this.#accounts.clear();
    await this.#context.shares.close();
  }
}
