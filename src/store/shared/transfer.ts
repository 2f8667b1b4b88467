// COPY between accounts, which may lie in different stores: all messages are streamed into one multi-message append of the
// destination, so that they appear together, durable, within the destination owner's quota, or not at all. Messages that
// are gone meanwhile are left out, as the port says; with `whole` they fail the copy.

import type { Uid } from '../../base/brands.ts';
import { Permanent, Transient } from '../../base/outcome.ts';
import { type Append, type CopyResult, Flag, type Mailbox, type MessageRows } from '../mail-store.ts';

const pieceBytes = 262_144;
/** How often a copy starts over because messages vanished under it. */
const maxAttempts = 5;

const systemFlags: readonly (readonly [number, string])[] = [
  [Flag.answered, '\\Answered'],
  [Flag.flagged, '\\Flagged'],
  [Flag.deleted, '\\Deleted'],
  [Flag.seen, '\\Seen'],
  [Flag.draft, '\\Draft'],
];
const firstKeywordBit = 5;

/** Names of the flags of one message. */
function flagNames(bits: number, keywords: readonly string[]): string[] {
  const names = systemFlags.filter(([bit]) => (bits & bit) !== 0).map(([, name]) => name);
  for (const [i, keyword] of keywords.entries()) {
    if (keyword !== '' && (bits & (1 << (firstKeywordBit + i))) !== 0) names.push(keyword);
  }
  return names;
}

async function* octetsOf(mailbox: Mailbox, uid: Uid, sizeBytes: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < sizeBytes; at += pieceBytes) {
    yield await mailbox.read(uid, at, Math.min(at + pieceBytes, sizeBytes));
  }
}

/** Copies `uids` of `source`; `begin` starts an append at the destination. */
export async function copyByAppend(
  source: Mailbox,
  uids: Uint32Array,
  whole: boolean,
  begin: () => Promise<Append>,
): Promise<CopyResult> {
  const wanted = Uint32Array.from(new Set(uids)).sort();
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const rows = await source.rows(wanted);
    if (whole && rows.uids.length < wanted.length)
      throw new Permanent('store.expunged', 'a message to copy is gone');
    const append = await begin();
    try {
      await addAll(source, rows, append);
      const { uidValidity, uids: made } = await append.commit();
      return { uidValidity, sourceUids: rows.uids, destinationUids: made };
    } catch (error) {
      await append.abort();
      if (whole || !(error instanceof Permanent) || error.code !== 'store.expunged') throw error;
    }
  }
  throw new Transient('store.busy', 'messages vanish faster than they can be copied');
}

async function addAll(source: Mailbox, rows: MessageRows, append: Append): Promise<void> {
  const keywords = source.keywords();
  for (const [i, uid] of rows.uids.entries()) {
    const sizeBytes = rows.sizes[i] ?? 0;
    const message = {
      flags: flagNames(rows.flags[i] ?? 0, keywords),
      internalDateMs: rows.internalDates[i],
      sizeBytes,
    };
    await append.add(message, octetsOf(source, uid as Uid, sizeBytes));
  }
}

/** Removes copied messages from where they came: the copy is durable before (RFC 6851 3.3). */
export async function removeCopied(source: Mailbox, uids: Uint32Array): Promise<void> {
  if (uids.length === 0) return;
  await source.storeFlags(uids, 'add', ['\\Deleted']);
  await source.expunge(uids);
}

/** What an empty copy answers. */
export async function emptyResult(open: () => Promise<Mailbox>): Promise<CopyResult> {
  const mailbox = await open();
  try {
    const none = new Uint32Array(0);
    return { uidValidity: mailbox.uidValidity, sourceUids: none, destinationUids: none };
  } finally {
    mailbox.close();
  }
}
