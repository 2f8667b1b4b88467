// FETCH and UID FETCH (RFC 9051 6.4.5, 6.4.9), with CHANGEDSINCE (RFC 7162 3.1.4.1) and BINARY (RFC 3516).

import { refuse } from '../../proto/imap/fault.ts';
import { expectFetchItems, type FetchItem } from '../../proto/imap/fetch-items.ts';
import type { SequenceSet } from '../../proto/imap/sequence-set.ts';
import type { TokenReader } from '../../proto/imap/token-reader.ts';
import { type Completion, command, onlySelected } from '../command.ts';
import { runFetch } from '../fetch/fetch-run.ts';
import { completionFor, selectMessages } from '../message-set.ts';
import type { ImapSession } from '../session.ts';

interface FetchArguments {
  readonly byUid: boolean;
  readonly set: SequenceSet;
  readonly items: readonly FetchItem[];
  readonly changedSince: number | undefined;
}

export const fetch = command<FetchArguments>({
  name: 'FETCH',
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
  const { items, changedSince } = expectFetchItems(tokens);
  // RFC 9051 6.4.9: every answer to a UID command carries the UID.
  const hasUid = items.some((item) => item.kind === 'uid');
  const all: readonly FetchItem[] = byUid && !hasUid ? [{ kind: 'uid', label: 'UID' }, ...items] : items;
  return { byUid, set, items: all, changedSince };
}

async function runCommand(session: ImapSession, args: FetchArguments): Promise<Completion> {
  const maxItems = session.services.settings.get('imap.maxFetchItems');
  if (args.items.length > maxItems) throw refuse('imap.limit', 'LIMIT', `More than ${maxItems} data items`);
  const selected = session.selection;
  const chosen = selectMessages(selected, args.set, args.byUid);
  if (args.items.some((item) => item.kind === 'modseq')) session.enable('CONDSTORE');
  const uids =
    args.changedSince === undefined ? chosen : await changedAmong(session, chosen, args.changedSince);
  const { missing, refusal } = await runFetch(session, { uids, items: args.items, byUid: args.byUid });
  if (refusal !== undefined) throw refusal;
  return completionFor('Fetch completed', missing, args.byUid);
}

/** RFC 7162 3.1.4.1: only messages whose modification sequence is greater. */
async function changedAmong(session: ImapSession, uids: Uint32Array, since: number): Promise<Uint32Array> {
  const { changed } = await session.selection.mailbox.changesSince(since as never);
  const chosen = new Set(uids);
  return changed.uids.filter((uid) => chosen.has(uid));
}
