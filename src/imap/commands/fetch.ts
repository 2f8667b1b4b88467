// FETCH and UID FETCH (RFC 9051 6.4.5, 6.4.9), with CHANGEDSINCE (RFC 7162 3.1.4.1) and BINARY (RFC 3516).

import type { ModSeq } from '../../base/brands.ts';
import { bad, refuse } from '../../proto/imap/fault.ts';
import { expectFetchItems, type FetchItem } from '../../proto/imap/fetch-items.ts';
import { type PartialRange, partialBounds } from '../../proto/imap/search-return.ts';
import type { SequenceSet } from '../../proto/imap/sequence-set.ts';
import type { TokenReader } from '../../proto/imap/token-reader.ts';
import { type Completion, command, onlySelected } from '../command.ts';
import { runFetch } from '../fetch/fetch-run.ts';
import { completionFor, limitMessages, selectMessages } from '../message-set.ts';
import type { ImapSession } from '../session.ts';
import { writeVanishedOf } from '../vanished.ts';

interface FetchArguments {
  readonly byUid: boolean;
  readonly set: SequenceSet;
  readonly items: readonly FetchItem[];
  readonly changedSince: number | undefined;
  readonly vanished: boolean;
  readonly partial: PartialRange | undefined;
}

export const fetch = command<FetchArguments>({
  name: 'FETCH',
  usesSeqs: true,
  states: onlySelected,
  announce: 'no-expunge',
  parse: (tokens) => parseFetch(tokens, false),
  run: runCommand,
});

export const uidFetch = command<FetchArguments>({
  name: 'UID FETCH',
  states: onlySelected,
  announce: 'all',
  parse: (tokens) => parseFetch(tokens, true),
  run: runCommand,
});

function parseFetch(tokens: TokenReader, byUid: boolean): FetchArguments {
  tokens.expectSpace('message set');
  const set = tokens.expectSequenceSet('message set');
  tokens.expectSpace('data items');
  const { items, changedSince, vanished, partial } = expectFetchItems(tokens);
  if (vanished && !byUid) throw bad('VANISHED is for UID FETCH');
  return { byUid, set, items, changedSince, vanished, partial };
}

async function runCommand(session: ImapSession, args: FetchArguments): Promise<Completion> {
  const maxItems = session.services.settings.get('imap.maxFetchItems');
  if (args.items.length > maxItems) throw refuse('imap.limit', 'LIMIT', `More than ${maxItems} data items`);
  // RFC 7162 3.2.6.
  if (args.vanished && !session.enabled.has('QRESYNC')) throw bad('ENABLE QRESYNC comes first');
  assertItemsOn(session, args);
  const selected = session.selection;
  const chosen = selectMessages(selected, args.set, args.byUid);
  if (args.items.some((item) => item.kind === 'modseq')) session.enable('CONDSTORE');
  if (args.vanished) await writeVanishedOf(session, selected, args.set, args.changedSince as ModSeq);
  const items = withUid(session, args);
  const changed =
    args.changedSince === undefined ? chosen : await changedAmong(session, chosen, args.changedSince);
  const { uids, code } = limitMessages(session, windowOf(changed, args.partial));
  const { missing, refusal } = await runFetch(session, { uids, items, byUid: args.byUid });
  if (refusal !== undefined) throw refusal;
  return completionFor('Fetch completed', missing, args.byUid, code);
}

/** RFC 9051 6.4.9: every answer to a UID command carries the UID; that of UIDONLY begins with it (RFC 9586 3.3). */
export function withUid(
  session: ImapSession,
  { items, byUid }: Pick<FetchArguments, 'items' | 'byUid'>,
): readonly FetchItem[] {
  if (session.uidOnly || (!byUid && !session.tellsUids)) return items;
  const hasUid = items.some((item) => item.kind === 'uid');
  return hasUid ? items : [{ kind: 'uid', label: 'UID' }, ...items];
}

/** RFC 9394 3.3: the window of what would be answered; from the end when its numbers are negative. */
function windowOf(uids: Uint32Array, partial: PartialRange | undefined): Uint32Array {
  if (partial === undefined) return uids;
  const { from, to } = partialBounds(partial, uids.length);
  return uids.subarray(from, to);
}

const neededCapability: Partial<Record<FetchItem['kind'], string>> = {
  'email-id': 'OBJECTID',
  'thread-id': 'OBJECTID',
  'save-date': 'SAVEDATE',
  preview: 'PREVIEW',
};

/** Items of a capability that is switched off are unknown. */
export function assertItemsOn(
  session: ImapSession,
  { items, partial }: Pick<FetchArguments, 'items' | 'partial'>,
): void {
  for (const { kind } of items) {
    const capability = neededCapability[kind];
    if (capability !== undefined && !session.isOn(capability)) throw bad('Unknown data item');
  }
  if (partial !== undefined && !session.isOn('PARTIAL')) throw bad('Unknown FETCH modifier');
}

/** RFC 7162 3.1.4.1: only messages whose modification sequence is greater. */
async function changedAmong(session: ImapSession, uids: Uint32Array, since: number): Promise<Uint32Array> {
  const { changed } = await session.selection.mailbox.changesSince(since as ModSeq);
  const chosen = new Set(uids);
  return changed.uids.filter((uid) => chosen.has(uid));
}
