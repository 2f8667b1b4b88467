// A mailbox as a user sees it who is not its owner: everything is shared but \Seen, which is that user's own.
//
// The user's \Seen stands in the index table `private_seen` and takes its MODSEQ from the mailbox's counter, so a client
// with CONDSTORE or QRESYNC hears of it like of any flag: a message's MODSEQ is the larger of both. The \Seen of the owner,
// which stands in file names, is neither shown nor touched.

import type { ModSeq, Uid } from '../../base/brands.ts';
import {
  type AccountRef,
  Flag,
  type FlagChange,
  type MailboxChanges,
  type MailboxStatus,
  type MessageRows,
  type StoreFlagsResult,
} from '../mail-store.ts';
import type { AccountIndex } from './account-index.ts';
import type { AccountState } from './account-state.ts';
import type { FolderState } from './folder-state.ts';
import { MaildirMailbox } from './mailbox.ts';
import type { Access } from './message-access.ts';
import { nextTurn } from './options.ts';
import type { SeenRow } from './private-seen-table.ts';

type Look = Access & { readonly index: AccountIndex };

/** Messages looked at together while the first unseen one is sought. */
const rowsPerLook = 4096;

const isSeen = (flag: string): boolean => flag.toLowerCase() === '\\seen';

export class ViewedMailbox extends MaildirMailbox {
  readonly #user: string;

  /** `user`: address of who looks; the rest as for MaildirMailbox. */
  constructor(account: AccountState, ref: () => AccountRef, folder: FolderState, id: string, user: string) {
    super(account, ref, folder, id);
    this.#user = user;
  }

  override async status(): Promise<MailboxStatus> {
    const status = await super.status();
    const seen = await this.use('private flags', async ({ index, folder }) =>
      index.privateSeen.count(folder.id, this.#user),
    );
    return { ...status, unseen: Math.max(0, status.messages - seen) };
  }

  override async firstUnseen(): Promise<Uid | undefined> {
    const { uids } = await this.view();
    for (let from = 0; from < uids.length; from += rowsPerLook) {
      const rows = await this.rows(uids.subarray(from, from + rowsPerLook));
      const at = rows.flags.findIndex((flags) => (flags & Flag.seen) === 0);
      if (at >= 0) return rows.uids[at] as Uid;
    }
    return undefined;
  }

  override async rows(uids: Uint32Array): Promise<MessageRows> {
    const rows = await super.rows(uids);
    return await this.use('private flags', (look) => this.#overlay(look, rows));
  }

  override async changesSince(modSeq: ModSeq): Promise<MailboxChanges> {
    const changes = await super.changesSince(modSeq);
    return await this.use('private flags', async (look) => {
      const { index, folder } = look;
      const known = new Set(changes.changed.uids);
      const own = index.privateSeen
        .changed(folder.id, this.#user, modSeq)
        // What came after the columns were read is told next time.
        .filter(([uid, , changed]) => changed <= changes.highestModSeq && !known.has(uid))
        .map(([uid]) => uid);
      if (own.length === 0) return { ...changes, changed: await this.#overlay(look, changes.changed) };
      const uids = Uint32Array.from([...changes.changed.uids, ...own]).sort();
      const rows = (await folder.refresh(index)).select(uids, folder.flagMask);
      return { ...changes, changed: await this.#overlay(look, rows) };
    });
  }

  override async storeFlags(
    uids: Uint32Array,
    change: FlagChange,
    flags: readonly string[],
    unchangedSince: ModSeq = Number.POSITIVE_INFINITY as ModSeq,
  ): Promise<StoreFlagsResult> {
    const others = flags.filter((flag) => !isSeen(flag));
    const touchesSeen = others.length < flags.length || change === 'replace';
    const before = await this.rows(uids);
    const fit = before.uids.filter((_, i) => before.modSeqs[i]! <= unchangedSince);
    const refused = new Set(before.uids.filter((_, i) => before.modSeqs[i]! > unchangedSince));
    for (const uid of await this.#storeShared(fit, change, others, unchangedSince)) refused.add(uid);
    if (touchesSeen) {
      const wanted = change === 'remove' ? 0 : flags.some(isSeen) ? 1 : 0;
      await this.#storeSeen(
        fit.filter((uid) => !refused.has(uid)),
        wanted,
      );
    }
    const rows = await this.rows(uids.filter((uid) => !refused.has(uid)));
    return { rows, modified: Uint32Array.from(refused).sort() };
  }

  /** Changes what all users share; a replacement leaves the owner's \Seen as it is. Returns UIDs refused. */
  async #storeShared(
    uids: Uint32Array,
    change: FlagChange,
    flags: readonly string[],
    unchangedSince: ModSeq,
  ): Promise<Uint32Array> {
    if (uids.length === 0) return uids;
    if (change !== 'replace') {
      if (flags.length === 0) return new Uint32Array(0);
      return (await super.storeFlags(uids, change, flags, unchangedSince)).modified;
    }
    const rows = await super.rows(uids);
    const owners = rows.uids.filter((_, i) => (rows.flags[i]! & Flag.seen) !== 0);
    const read = new Set(owners);
    const rest = uids.filter((uid) => !read.has(uid));
    const refused: number[] = [];
    for (const [part, all] of [
      [owners, [...flags, '\\Seen']],
      [rest, flags],
    ] as const) {
      if (part.length === 0) continue;
      refused.push(...(await super.storeFlags(part, 'replace', all, unchangedSince)).modified);
    }
    return Uint32Array.from(refused).sort();
  }

  /** Sets or clears the user's own \Seen, in slices; durable when it resolves. */
  #storeSeen(uids: Uint32Array, wanted: number): Promise<void> {
    return this.use('store private flags', async ({ account, index, folder }) => {
      let changed = false;
      for (let from = 0; from < uids.length; from += index.sliceRows) {
        const slice = uids.subarray(from, from + index.sliceRows);
        changed = (await this.#storeSlice(index, folder.row(index).id, slice, wanted)) || changed;
        await nextTurn();
      }
      if (changed) account.changed(folder.name);
    });
  }

  #storeSlice(index: AccountIndex, mailbox: number, uids: Uint32Array, wanted: number): Promise<boolean> {
    return index.write((transaction) => {
      const writer = transaction.writer(mailbox);
      let changed = false;
      for (const uid of uids) {
        const [, seen] = transaction.privateSeen.get(mailbox, this.#user, uid) ?? [uid, 0];
        // A message that is gone must not leave a row behind.
        if (seen === wanted || writer.get(uid) === undefined) continue;
        transaction.privateSeen.put(mailbox, this.#user, [uid, wanted, writer.touch()]);
        changed = true;
      }
      return changed;
    });
  }

  /** The rows with the user's \Seen instead of the owner's. */
  async #overlay({ index, folder }: Look, rows: MessageRows): Promise<MessageRows> {
    const { uids } = rows;
    if (uids.length === 0) return rows;
    const flags = rows.flags.map((bits) => bits & ~Flag.seen);
    const modSeqs = rows.modSeqs.slice();
    for (let from = 0; from < uids.length; from += index.readRows) {
      const last = Math.min(from + index.readRows, uids.length) - 1;
      const own = index.privateSeen.range(folder.id, this.#user, uids[from]!, uids[last]!);
      mergeRows(uids, flags, modSeqs, from, own);
      if (last + 1 < uids.length) await nextTurn();
    }
    return { ...rows, flags, modSeqs };
  }
}

/** Both in ascending UID order. */
function mergeRows(
  uids: Uint32Array,
  flags: Uint32Array,
  modSeqs: Float64Array,
  from: number,
  own: readonly SeenRow[],
): void {
  let at = from;
  for (const [uid, seen, modSeq] of own) {
    while (at < uids.length && uids[at]! < uid) at++;
    if (uids[at] !== uid) continue;
    if (seen === 1) flags[at]! |= Flag.seen;
    modSeqs[at] = Math.max(modSeqs[at]!, modSeq);
  }
}
