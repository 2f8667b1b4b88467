// What the index knows of headers, for SEARCH, SORT and THREAD, and the ids and dates of messages.
//
// Every question first makes sure that the messages asked for were parsed (cold ones are, once), then reads the index in
// slices of `readRows`, so that the event loop is never held up. Answers are in the order of `uids` (ascending); messages
// that are gone have the empty value.

import { readLfRange, readRange } from '../../native/file-io.ts';
import type { MimeLimits } from '../../native/mime.ts';
import type { ObjectIds, SentDates, SortKey, ThreadFacts } from '../mail-store.ts';
import type { AccountIndex } from './account-index.ts';
import { mapBounded } from './bounded.ts';
import { fieldText, type IndexedField, indexedFields, searchable } from './header-facts.ts';
import { type Access, isLfFile, parseMessages, readHeader, withFile } from './message-access.ts';
import { nextTurn } from './options.ts';
import { limitsKey } from './structure-table.ts';

/** Parses those of `uids` (ascending) whose facts are not in the index. */
async function ensureFacts(access: Access, uids: Uint32Array, limits: MimeLimits): Promise<void> {
  const { index, folder } = access;
  const key = limitsKey(limits);
  const missing: number[] = [];
  let next = 0;
  for (let after = (uids[0] ?? 1) - 1; next < uids.length; ) {
    const last = uids[uids.length - 1] ?? 0;
    const known = index.structures.headers.known(folder.id, after, last, key, index.readRows);
    for (const uid of known) {
      for (; next < uids.length && (uids[next] ?? 0) < uid; next++) missing.push(uids[next] ?? 0);
      if (uids[next] === uid) next++;
    }
    if (known.length < index.readRows) break;
    after = known[known.length - 1] ?? last;
    await nextTurn();
  }
  for (; next < uids.length; next++) missing.push(uids[next] ?? 0);
  if (missing.length > 0) await parseMessages(access, Uint32Array.from(missing), limits);
}

/** Reads rows for `uids` slice by slice; `visit` gets the position in `uids` and the row. */
async function eachRow<Row extends readonly [number, ...unknown[]]>(
  index: AccountIndex,
  uids: Uint32Array,
  read: (after: number, last: number, limit: number) => readonly Row[],
  visit: (position: number, row: Row) => void,
): Promise<void> {
  let position = 0;
  const last = uids[uids.length - 1] ?? 0;
  for (let after = (uids[0] ?? 1) - 1; after < last; ) {
    const rows = read(after, last, index.readRows);
    for (const row of rows) {
      while (position < uids.length && (uids[position] ?? 0) < row[0]) position++;
      if (uids[position] === row[0]) visit(position++, row);
    }
    if (rows.length < index.readRows) return;
    after = rows[rows.length - 1]?.[0] ?? last;
    await nextTurn();
  }
}

const isIndexed = (field: string): field is IndexedField =>
  (indexedFields as readonly string[]).includes(field);

/** UIDs whose field `field` (lower case) contains `needle`; the empty needle asks whether the field occurs. */
export async function searchHeaderField(
  access: Access,
  uids: Uint32Array,
  field: string,
  needle: string,
  limits: MimeLimits,
): Promise<Uint32Array> {
  const { index, folder } = access;
  const sought = searchable(needle);
  if (!isIndexed(field)) return await searchFiles(access, uids, field, sought, limits);
  await ensureFacts(access, uids, limits);
  const isFound = new Uint8Array(uids.length);
  await eachRow(
    index,
    uids,
    (after, last, limit) =>
      index.structures.headers.matching(folder.id, field, sought, { after, last, limit }),
    (position, [, isMatch]) => {
      isFound[position] = isMatch === 0 ? 0 : 1;
    },
  );
  return uids.filter((_, position) => isFound[position] === 1);
}

/** A field that the index does not hold: by the header of each file. */
async function searchFiles(
  access: Access,
  uids: Uint32Array,
  field: string,
  sought: string,
  limits: MimeLimits,
): Promise<Uint32Array> {
  const concurrency = access.account.context.settings.get('store.fileConcurrency');
  const found: boolean[] = [];
  for (let from = 0; from < uids.length; from += access.index.sliceRows) {
    const slice = [...uids.subarray(from, from + access.index.sliceRows)];
    const matches = await mapBounded(slice, concurrency, async (uid) => {
      const header = await readHeader(access, uid, limits);
      const text = header === undefined ? null : fieldText(header, field);
      return text !== null && (sought === '' || text.includes(sought));
    });
    found.push(...matches);
    await nextTurn();
  }
  return uids.filter((_, position) => found[position] === true);
}

/** The Date field of each message. */
export async function readSentDates(
  access: Access,
  uids: Uint32Array,
  limits: MimeLimits,
): Promise<SentDates> {
  const { index, folder } = access;
  await ensureFacts(access, uids, limits);
  const dateMs = new Float64Array(uids.length).fill(Number.NaN);
  const zoneMinutes = new Float64Array(uids.length).fill(Number.NaN);
  await eachRow(
    index,
    uids,
    (after, last, limit) => index.structures.headers.dates(folder.id, after, last, limit),
    (position, [, date, zone]) => {
      dateMs[position] = date ?? Number.NaN;
      zoneMinutes[position] = zone ?? Number.NaN;
    },
  );
  return { dateMs, zoneMinutes };
}

export async function readSortKeys(
  access: Access,
  uids: Uint32Array,
  key: SortKey,
  limits: MimeLimits,
): Promise<string[]> {
  const { index, folder } = access;
  await ensureFacts(access, uids, limits);
  const keys: string[] = new Array(uids.length).fill('');
  await eachRow(
    index,
    uids,
    (after, last, limit) => index.structures.headers.sortKeys(folder.id, key, after, last, limit),
    (position, [, text]) => {
      keys[position] = text;
    },
  );
  return keys;
}

/** Of a message that is gone. */
const noFacts: ThreadFacts = {
  messageId: '',
  references: [],
  baseSubject: '',
  isReplyOrForward: false,
  sentMs: 0,
};

export async function readThreadFacts(
  access: Access,
  uids: Uint32Array,
  limits: MimeLimits,
): Promise<ThreadFacts[]> {
  const { index, folder } = access;
  await ensureFacts(access, uids, limits);
  const facts: ThreadFacts[] = [];
  for (let from = 0; from < uids.length; from += index.readRows) {
    const slice = uids.subarray(from, from + index.readRows);
    const { uids: present, internalDates } = (await folder.refresh(index)).select(slice, 0);
    let at = 0;
    for (const uid of slice) {
      while (at < present.length && (present[at] ?? 0) < uid) at++;
      facts.push({ ...noFacts, sentMs: present[at] === uid ? (internalDates[at] ?? 0) : 0 });
    }
    await nextTurn();
  }
  await eachRow(
    index,
    uids,
    (after, last, limit) => index.structures.headers.thread(folder.id, after, last, limit),
    (position, [, messageId, references, baseSubject, isReply, date]) => {
      facts[position] = {
        messageId,
        references: references === '' ? [] : references.split(' '),
        baseSubject,
        isReplyOrForward: isReply !== 0,
        sentMs: date ?? facts[position]?.sentMs ?? 0,
      };
    },
  );
  return facts;
}

/** When each message came into the mailbox (RFC 8514), Unix ms; NaN where that is not known. */
export async function readSaveDates({ index, folder }: Access, uids: Uint32Array): Promise<Float64Array> {
  const dates = new Float64Array(uids.length).fill(Number.NaN);
  await eachRow(
    index,
    uids,
    (after, last, limit) => index.messages.identities(folder.id, after, last, limit),
    (position, [, , saveDate]) => {
      dates[position] = saveDate ?? Number.NaN;
    },
  );
  return dates;
}

/** EMAILID and THREADID (RFC 8474); undefined where the message is gone. */
export async function readObjectIds(
  access: Access,
  uids: Uint32Array,
  limits: MimeLimits,
): Promise<(ObjectIds | undefined)[]> {
  const { index, folder } = access;
  await ensureFacts(access, uids, limits);
  const birth = index.birth;
  const emailIds: (string | undefined)[] = new Array(uids.length).fill(undefined);
  const threads: (number | undefined)[] = new Array(uids.length).fill(undefined);
  await eachRow(
    index,
    uids,
    (after, last, limit) => index.messages.identities(folder.id, after, last, limit),
    (position, [, emailId]) => {
      emailIds[position] = `M${birth}-${emailId}`;
    },
  );
  await eachRow(
    index,
    uids,
    (after, last, limit) => index.structures.headers.threadIds(folder.id, after, last, limit),
    (position, [, thread]) => {
      threads[position] = thread;
    },
  );
  return emailIds.map((emailId, position) => {
    if (emailId === undefined) return undefined;
    const thread = threads[position];
    return { emailId, threadId: thread === undefined ? undefined : `T${birth}-${thread}` };
  });
}

/** PREVIEW texts (RFC 8970), from the cache or made now; undefined where the message is gone. */
export async function readPreviews(
  access: Access,
  uids: Uint32Array,
  limits: MimeLimits,
  make: (parts: Float64Array, read: (start: number, end: number) => Promise<Buffer>) => Promise<string>,
): Promise<(string | undefined)[]> {
  const { account, index, folder } = access;
  const concurrency = account.context.settings.get('store.fileConcurrency');
  const previews: (string | undefined)[] = [];
  for (let from = 0; from < uids.length; from += index.sliceRows) {
    const slice = [...uids.subarray(from, from + index.sliceRows)];
    await ensureFacts(access, Uint32Array.from(slice), limits);
    const made: [number, string][] = [];
    const found = await mapBounded(slice, concurrency, async (uid) => {
      const known = index.structures.preview(folder.id, uid);
      if (known !== undefined) return known;
      const structure = index.structures.get(folder.id, uid, limits);
      if (structure === undefined) return undefined;
      const preview = await withFile(access, uid, (path, record) => {
        const read = isLfFile(record) ? readLfRange : readRange;
        return make(structure.parts, (start, end) => read(path, start, Math.max(0, end - start)));
      });
      if (preview !== undefined) made.push([uid, preview]);
      return preview;
    });
    previews.push(...found);
    if (made.length > 0) {
      await index.cache(({ structures, messages }) => {
        for (const [uid, preview] of made) {
          if (messages.get(folder.id, uid) !== undefined) structures.putPreview(folder.id, uid, preview);
        }
      });
    }
  }
  return previews;
}
