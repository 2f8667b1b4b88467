// What the store keeps beside messages and FETCH can ask for: ids (RFC 8474), SAVEDATE (RFC 8514), PREVIEW (RFC 8970).

import type { MimeLimits } from '../../native/mime.ts';
import type { FetchItem } from '../../proto/imap/fetch-items.ts';
import type { Mailbox, ObjectIds } from '../../store/mail-store.ts';

/** Notes of one message; undefined where they were not asked for or the message is gone. */
export interface MessageNotes {
  readonly ids?: ObjectIds | undefined;
  readonly saveDateMs?: number | undefined;
  readonly preview?: string | undefined;
  /** The client takes UTF-8 in quoted strings. */
  readonly utf8: boolean;
}

/** The notes that the items ask for, in the order of `uids` (ascending). */
export async function readNotes(
  mailbox: Mailbox,
  uids: Uint32Array,
  items: readonly FetchItem[],
  options: { readonly limits: MimeLimits; readonly utf8: boolean },
): Promise<(at: number) => MessageNotes> {
  const { limits, utf8 } = options;
  const asks = (...kinds: FetchItem['kind'][]): boolean => items.some(({ kind }) => kinds.includes(kind));
  const ids = asks('email-id', 'thread-id') ? await mailbox.objectIds(uids, limits) : undefined;
  const saveDates = asks('save-date') ? await mailbox.saveDates(uids) : undefined;
  const previews = asks('preview') ? await mailbox.previews(uids, limits) : undefined;
  if (ids === undefined && saveDates === undefined && previews === undefined) {
    const none = { utf8 };
    return () => none;
  }
  return (at) => ({ ids: ids?.[at], saveDateMs: saveDates?.[at], preview: previews?.[at], utf8 });
}
