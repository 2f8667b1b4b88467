// Worker thread for full-text indexes: reads and folds message files, writes and asks `tegu.search` files.
//
// One thread a process; it may block. Tasks overlap only while files are read, so that a question waits for one transaction
// of about `commitChars` at most. Keeps the few files open that were used last. A file that SQLite cannot read is reported
// as damaged and closed; who asks sets it aside.

import { parentPort } from 'node:worker_threads';
import { type MimeLimits, searchableTexts } from '../../native/mime.ts';
import { isIndexBroken, isMissing } from './failures.ts';
import { SearchFile, type TextMatches, type TextRow } from './search-file.ts';

/** Where a task works. */
export interface SearchPlace {
  readonly path: string;
  /** What the rows must have been made for; undefined: whatever is there is meant. See SearchFile.open. */
  readonly how: string | undefined;
}

/** One message to be indexed. */
export interface IndexItem {
  readonly uid: number;
  readonly path: string;
  readonly isLf: boolean;
  readonly sizeBytes: number;
}

export type SearchTask = { readonly place: SearchPlace } & (
  | {
      readonly kind: 'query';
      readonly mailbox: number;
      readonly uids: Uint32Array;
      readonly sizes: Float64Array;
      readonly needle: string;
      readonly bodyOnly: boolean;
    }
  /** Those of `uids` that are not indexed; `uids` are all from `first` to `last`, rows of others there go. */
  | {
      readonly kind: 'missing';
      readonly mailbox: number;
      readonly first: number;
      readonly last: number;
      readonly uids: Uint32Array;
      readonly sizes: Float64Array;
    }
  | {
      readonly kind: 'index';
      readonly mailbox: number;
      readonly items: readonly IndexItem[];
      readonly limits: MimeLimits;
      readonly maxBytes: number;
    }
  /** Removes messages of a mailbox, all when `uids` is undefined. */
  | { readonly kind: 'forget'; readonly mailbox: number; readonly uids: Uint32Array | undefined }
  /** Removes the rows of all mailboxes but these. */
  | { readonly kind: 'keep'; readonly mailboxes: readonly number[] }
  | { readonly kind: 'close' }
);

export interface SearchAnswer {
  readonly matches?: TextMatches;
  readonly missing?: Uint32Array;
  /** What was to be changed is. */
  readonly isDone?: boolean;
  /** The file cannot be used any more. */
  readonly isDamaged?: boolean;
}

/** Folded text that is written in one transaction, characters: about 50 ms. */
const commitChars = 262_144;
/** Files kept open. */
const maxOpen = 8;
/** Message files read at once. */
const readAhead = 4;
/** Rows removed in one transaction. */
const sweepRows = 200;
/** Largest UID (RFC 9051 2.3.1.1). */
const maxUid = 4_294_967_295;

/** Insertion order is order of use. */
const open = new Map<string, SearchFile>();

const port = parentPort;
if (port !== null) {
  port.on('message', ({ id, task }: { id: number; task: SearchTask }) => {
    perform(task).then(
      (answer) => port.postMessage({ id, answer }),
      (error: unknown) => port.postMessage({ id, failure: failureText(error) }),
    );
  });
}

const failureText = (error: unknown): string => {
  const { code } = error as { readonly code?: string };
  return `${code === undefined ? '' : `${code}: `}${error instanceof Error ? error.message : String(error)}`;
};

async function perform(task: SearchTask): Promise<SearchAnswer> {
  if (task.kind === 'close') {
    closeFile(task.place.path);
    return {};
  }
  try {
    return await work(task);
  } catch (error) {
    if (!isIndexBroken(error)) throw error;
    closeFile(task.place.path);
    return { isDamaged: true };
  }
}

async function work(task: Exclude<SearchTask, { kind: 'close' }>): Promise<SearchAnswer> {
  const { place } = task;
  switch (task.kind) {
    case 'query': {
      const { mailbox, uids, sizes, needle, bodyOnly } = task;
      const file = await openFile(place);
      return file === undefined ? {} : { matches: file.query(mailbox, uids, sizes, needle, bodyOnly) };
    }
    case 'missing':
      await sweep(place, task.mailbox, task.uids, task.first, task.last);
      return { missing: (await openFile(place))?.missing(task.mailbox, task.uids, task.sizes) ?? task.uids };
    case 'index':
      await indexItems(task);
      return { isDone: true };
    case 'forget':
      if (task.uids === undefined) await sweep(place, task.mailbox, new Uint32Array(0), 0, maxUid);
      for (let from = 0; task.uids !== undefined && from < task.uids.length; from += sweepRows) {
        (await openFile(place))?.forget(task.mailbox, task.uids.subarray(from, from + sweepRows));
        await nextTurn();
      }
      return {};
    case 'keep': {
      const kept = new Set(task.mailboxes);
      for (const mailbox of (await openFile(place))?.mailboxes() ?? []) {
        if (!kept.has(mailbox)) await sweep(place, mailbox, new Uint32Array(0), 0, maxUid);
      }
      return {};
    }
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

let opening: Promise<unknown> = Promise.resolve();

/**
 * The open file of a place, one opening after the other. To be used at once: asked for again after each pause, since it may
 * have been closed meanwhile.
 */
function openFile(place: SearchPlace): Promise<SearchFile | undefined> {
  const opened = opening.then(() => openNow(place));
  opening = opened.catch(() => {});
  return opened;
}

async function openNow({ path, how }: SearchPlace): Promise<SearchFile | undefined> {
  const known = open.get(path);
  const fits = known !== undefined && (how === undefined || known.how === how);
  // It may have been closed while the question was under way.
  if (fits && (await known.isCurrent()) && open.get(path) === known) {
    open.delete(path);
    open.set(path, known);
    return known;
  }
  closeFile(path);
  const file = await SearchFile.open(path, how);
  if (file === undefined) return undefined;
  open.set(path, file);
  for (const oldest of open.keys()) {
    if (open.size <= maxOpen) break;
    closeFile(oldest);
  }
  return file;
}

function closeFile(path: string): void {
  open.get(path)?.close();
  open.delete(path);
}

async function sweep(
  place: SearchPlace,
  mailbox: number,
  live: Uint32Array,
  first: number,
  last: number,
): Promise<void> {
  while (((await openFile(place))?.sweep(mailbox, live, first, last, sweepRows) ?? 0) === sweepRows)
    await nextTurn();
}

async function indexItems(task: Extract<SearchTask, { kind: 'index' }>): Promise<void> {
  let rows: TextRow[] = [];
  let chars = 0;
  const commit = async (): Promise<void> => {
    if (rows.length > 0) (await openFile(task.place))?.put(task.mailbox, rows);
    rows = [];
    chars = 0;
    await nextTurn();
  };
  for (let from = 0; from < task.items.length; from += readAhead) {
    const found = await Promise.all(
      task.items.slice(from, from + readAhead).map((item) => readTexts(item, task)),
    );
    for (const row of found) {
      if (row === undefined) continue;
      rows.push(row);
      chars += row.header.length + row.body.length;
    }
    if (chars >= commitChars) await commit();
  }
  await commit();
}

/** Undefined when the file is not where it was, or its size is not what the index says: a later search sees to it. */
async function readTexts(
  item: IndexItem,
  { limits, maxBytes }: Extract<SearchTask, { kind: 'index' }>,
): Promise<TextRow | undefined> {
  try {
    const { header, body, isWhole } = await searchableTexts(item.path, item.isLf, limits, maxBytes);
    const texts = isWhole ? { header, body } : { header: '', body: '' };
    return { uid: item.uid, sizeBytes: item.sizeBytes, ...texts, isWhole };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
