// What a search looks at: a mailbox with the messages that count, selected by the session or opened for one search.

import type { Mailbox } from '../../store/mail-store.ts';
import type { SelectedMailbox } from '../selected-mailbox.ts';

export interface SearchScope {
  readonly mailbox: Mailbox;
  /** The messages looked at, ascending. */
  readonly uids: Uint32Array;
  /** What `*` means among message numbers and among UIDs. */
  readonly count: number;
  readonly largestUid: number;
  /** Message numbers of `uids` (ascending). */
  seqsOf(uids: Uint32Array): Uint32Array;
  isRecent(uid: number): boolean;
  /** UIDs of the saved result, ascending (RFC 5182). */
  readonly saved: Uint32Array;
}

/** The selected mailbox, as the client counts it but without messages that others removed. */
export function selectedScope(selected: SelectedMailbox): SearchScope {
  const { mailbox, view, recent } = selected;
  return {
    mailbox,
    uids: selected.withoutGhosts(view.uids),
    count: view.count,
    largestUid: view.largestUid,
    seqsOf: (uids) => view.seqsOf(uids),
    isRecent: (uid) => recent.has(uid),
    saved: selected.savedResult,
  };
}

const none = new Uint32Array(0);

/** A mailbox that is not selected (RFC 7377): its numbers are those of the moment, nothing in it is recent. */
export function unselectedScope(mailbox: Mailbox, uids: Uint32Array): SearchScope {
  return {
    mailbox,
    uids,
    count: uids.length,
    largestUid: uids[uids.length - 1] ?? 0,
    seqsOf: (some) => {
      const seqs = new Uint32Array(some.length);
      let at = 0;
      for (let i = 0; i < some.length; i++) {
        while (at < uids.length && uids[at]! < some[i]!) at++;
        if (uids[at] === some[i]) seqs[i] = at + 1;
      }
      return seqs;
    },
    isRecent: () => false,
    saved: none,
  };
}
