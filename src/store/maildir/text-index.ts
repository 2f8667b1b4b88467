// The full-text index of one account as the event loop sees it: asks the search thread, and has it filled in the background.
//
// Nothing here may make a search fail or give another answer than a search of the files: when the thread cannot answer, every
// message counts as unknown and is searched itself. Filling starts with the first text search of a mailbox, goes in batches
// of `batchMessages` at `store.searchIndexRate`, one mailbox at a time in a worker, and never holds the account's index
// between batches. A damaged file is removed, so that the next search begins another.

import { access, rm } from 'node:fs/promises';
import { ThreadCalls } from '../../host/thread-calls.ts';
import type { MimeLimits } from '../../native/mime.ts';
import type { AccountState } from './account-state.ts';
import { isMissing } from './failures.ts';
import type { FolderState } from './folder-state.ts';
import { isLfFile } from './message-access.ts';
import { filePath } from './message-file.ts';
import type { IndexItem, SearchAnswer, SearchPlace, SearchTask } from './search-thread.ts';
import { limitsKey } from './structure-table.ts';

/** Messages of one request to the thread. */
const batchMessages = 64;
/** UIDs of one question which messages are missing. */
const windowMessages = 20_000;

const calls = new ThreadCalls<SearchTask, SearchAnswer>(
  new URL('./search-thread.ts', import.meta.url),
  'search',
);

/** The fillings of this worker, one after the other. */
let lastFilling: Promise<void> = Promise.resolve();

/** What the index knows of a search. */
export interface TextAnswer {
  /** Ascending. */
  readonly found: Uint32Array;
  /** Must be searched in their files; ascending. */
  readonly unknown: Uint32Array;
}

/** One account's; owned by AccountState. */
export class TextIndex {
  readonly #account: AccountState;
  /** Mailboxes that are being filled or wait for it. */
  readonly #filling = new Set<number>();
  #isUsed = false;
  readonly #stop = new AbortController();

  constructor(account: AccountState) {
    this.#account = account;
  }

  /** Which of `uids` (ascending, with their sizes) hold `needle`, folded; those not indexed yet are indexed afterwards. */
  async query(
    folder: FolderState,
    birth: string,
    asked: { readonly uids: Uint32Array; readonly sizes: Float64Array },
    needle: string,
    bodyOnly: boolean,
    limits: MimeLimits,
  ): Promise<TextAnswer> {
    const place = this.#place(birth, limits);
    const answer = await this.#ask({ kind: 'query', place, mailbox: folder.id, ...asked, needle, bodyOnly });
    if (answer.matches === undefined) return { found: new Uint32Array(0), unknown: asked.uids };
    if (answer.matches.unknown.length > 0) this.#fill(folder, place, limits);
    return answer.matches;
  }

  /**
   * Removes messages that are gone, a whole mailbox without `uids`. Nobody waits for it: what a crash prevents goes with
   * the next filling.
   */
  forget(mailbox: number, uids?: Uint32Array): void {
    if (this.#stop.signal.aborted) return;
    this.#account.background('store.search_index_failed', async () => {
      if (!(await this.#exists())) return;
      await this.#ask({ kind: 'forget', place: this.#anyPlace, mailbox, uids });
    });
  }

  /** Ends filling and closes the file in the thread. */
  async close(): Promise<void> {
    this.#stop.abort();
    if (this.#isUsed) await this.#ask({ kind: 'close', place: this.#anyPlace });
    this.#isUsed = false;
  }

  get #anyPlace(): SearchPlace {
    return { path: this.#account.paths.search, how: undefined };
  }

  #place(birth: string, limits: MimeLimits): SearchPlace {
    const maxBytes = this.#account.context.settings.get('store.searchIndexBytes');
    return { path: this.#account.paths.search, how: `${birth} ${limitsKey(limits)} ${maxBytes}` };
  }

  /** Asks the thread; what it cannot do is logged and answered with nothing. */
  async #ask(task: SearchTask): Promise<SearchAnswer> {
    const { context, address, paths } = this.#account;
    try {
      this.#isUsed = true;
      const answer = await calls.ask(task);
      if (answer.isDamaged !== true) return answer;
      context.log.error('store.search_index_removed', { account: address, path: paths.search });
      for (const suffix of ['-wal', '-shm', '']) await rm(`${paths.search}${suffix}`, { force: true });
    } catch (error) {
      context.log.warn('store.search_index_failed', { account: address, error: (error as Error).message });
    }
    return {};
  }

  async #exists(): Promise<boolean> {
    try {
      await access(this.#account.paths.search);
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  #fill(folder: FolderState, place: SearchPlace, limits: MimeLimits): void {
    if (this.#filling.has(folder.id) || this.#stop.signal.aborted) return;
    this.#filling.add(folder.id);
    const turn = lastFilling;
    this.#account.background('store.search_index_failed', async () => {
      const filled = turn.then(() => this.#fillMailbox(folder, place, limits));
      lastFilling = filled.catch(() => {});
      // Who closes the account need not wait for the fillings of others.
      const stopped = new Promise<void>((resolve) => {
        this.#stop.signal.addEventListener('abort', () => resolve(), { once: true });
      });
      await Promise.race([filled, stopped]).finally(() => this.#filling.delete(folder.id));
    });
  }

  async #fillMailbox(folder: FolderState, place: SearchPlace, limits: MimeLimits): Promise<void> {
    const { signal } = this.#stop;
    const account = this.#account;
    if (signal.aborted) return;
    const { uids, mailboxes } = await account.use('index texts', async (index) => ({
      uids: (await folder.refresh(index)).uids(),
      mailboxes: index.boxes.all().map(({ id }) => id),
    }));
    await this.#ask({ kind: 'keep', place, mailboxes });
    for (let from = 0; from < uids.length && !signal.aborted; from += windowMessages) {
      const part = uids.slice(from, from + windowMessages);
      const range = { first: from === 0 ? 0 : (part[0] ?? 0), last: part[part.length - 1] ?? 0 };
      const sizes = await account.use('index texts', (index) => sizesOf(folder, index, part));
      const { missing } = await this.#ask({
        kind: 'missing',
        place,
        mailbox: folder.id,
        ...range,
        uids: part,
        sizes,
      });
      if (missing === undefined) return;
      for (let at = 0; at < missing.length && !signal.aborted; at += batchMessages) {
        const batch = missing.subarray(at, at + batchMessages);
        // A full disk, for example: the next search tries again.
        if (!(await this.#indexBatch(folder, place, limits, batch))) return;
      }
    }
  }

  async #indexBatch(
    folder: FolderState,
    place: SearchPlace,
    limits: MimeLimits,
    uids: Uint32Array,
  ): Promise<boolean> {
    const { settings } = this.#account.context;
    const items = await this.#account.use('index texts', async (index) => {
      folder.row(index);
      return [...uids].flatMap((uid): IndexItem[] => {
        const record = index.messages.get(folder.id, uid);
        if (record === undefined) return [];
        const path = filePath(folder.path, record);
        return [{ uid, path, isLf: isLfFile(record), sizeBytes: record.vsize }];
      });
    });
    const maxBytes = settings.get('store.searchIndexBytes');
    const startedMs = performance.now();
    const task = { kind: 'index', place, mailbox: folder.id, items, limits, maxBytes } as const;
    const { isDone } = await this.#ask(task);
    const wantedMs = (uids.length * 1000) / settings.get('store.searchIndexRate');
    await this.#pause(wantedMs - (performance.now() - startedMs));
    return isDone === true;
  }

  /** Waits, but not longer than the account is open. */
  #pause(ms: number): Promise<void> {
    const { signal } = this.#stop;
    if (ms <= 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done);
    });
  }
}

/** Sizes of messages as the index has them, 0 for those that are gone. */
export async function sizesOf(
  folder: FolderState,
  index: Parameters<FolderState['refresh']>[0],
  uids: Uint32Array,
): Promise<Float64Array> {
  const columns = await folder.refresh(index);
  return Float64Array.from(uids, (uid) => columns.sizeOf(uid) ?? 0);
}
