// STORE and UID STORE (RFC 9051 6.4.6, 6.4.9) with UNCHANGEDSINCE (RFC 7162 3.1.3).
//
// The client is first told what others changed, so what it then knows is exactly our change applied to that. With .SILENT
// only messages for which this does not hold get a FETCH answer: the state is determinate without a race (RFC 3501 6.4.6).

import { setImmediate } from 'node:timers/promises';
import type { ModSeq } from '../../base/brands.ts';
import { formatSequenceSet } from '../../native/imap-wire.ts';
import { bad } from '../../proto/imap/fault.ts';
import { expectFlag, expectFlagList } from '../../proto/imap/flag-list.ts';
import type { SequenceSet } from '../../proto/imap/sequence-set.ts';
import type { TokenReader } from '../../proto/imap/token-reader.ts';
import type { FlagChange, MessageRows } from '../../store/mail-store.ts';
import { type Command, type Completion, command, no, onlySelected } from '../command.ts';
import { filterRows } from '../flag-answers.ts';
import { flagBit } from '../flag-names.ts';
import { completionFor, limitMessages, requireWritable, selectMessages } from '../message-set.ts';
import { whileTelling } from '../progress.ts';
import type { ImapSession } from '../session.ts';

interface StoreArguments {
  readonly byUid: boolean;
  readonly set: SequenceSet;
  readonly unchangedSince: ModSeq | undefined;
  readonly change: FlagChange;
  readonly silent: boolean;
  readonly flags: readonly string[];
}

const changes: ReadonlyMap<string, FlagChange> = new Map([
  ['', 'replace'],
  ['+', 'add'],
  ['-', 'remove'],
]);

function row(name: string, byUid: boolean): Command {
  return command<StoreArguments>({
    name,
    usesSeqs: !byUid,
    states: onlySelected,
    announce: byUid ? 'all' : 'no-expunge',
    parse: (tokens) => parseStore(tokens, byUid),
    run,
  });
}

export const store = row('STORE', false);
export const uidStore = row('UID STORE', true);

function parseStore(tokens: TokenReader, byUid: boolean): StoreArguments {
  tokens.expectSpace('message set');
  const set = tokens.expectSequenceSet('message set');
  tokens.expectSpace('data item');
  const unchangedSince = tokens.isAtOpen ? expectModifiers(tokens) : undefined;
  const match = /^([+-]?)FLAGS(\.SILENT)?$/i.exec(tokens.expectRawAtom('data item'));
  if (match === null) throw bad('Unknown data item of STORE');
  tokens.expectSpace('flags');
  const flags = expectFlags(tokens);
  tokens.expectEnd();
  return {
    byUid,
    set,
    unchangedSince,
    change: changes.get(match[1]!)!,
    silent: match[2] !== undefined,
    flags,
  };
}

function expectModifiers(tokens: TokenReader): ModSeq | undefined {
  let unchangedSince: ModSeq | undefined;
  tokens.expectList('store modifiers', () => {
    if (!tokens.takeWord('UNCHANGEDSINCE') || unchangedSince !== undefined)
      throw bad('Unknown STORE modifier');
    tokens.expectSpace('modification sequence');
    unchangedSince = tokens.expectModSeq() as ModSeq;
  });
  tokens.expectSpace('data item');
  return unchangedSince;
}

/** RFC 9051 9, store-att-flags: a list, or flags without parentheses. */
function expectFlags(tokens: TokenReader): string[] {
  if (tokens.isAtOpen) return expectFlagList(tokens);
  const flags = [expectFlag(tokens)];
  while (tokens.takeSpace()) flags.push(expectFlag(tokens));
  return flags;
}

async function run(session: ImapSession, args: StoreArguments): Promise<Completion> {
  const selected = session.selection;
  requireWritable(selected);
  const { uids, code } = limitMessages(session, selectMessages(selected, args.set, args.byUid));
  if (args.unchangedSince !== undefined) session.enable('CONDSTORE');
  const toldNow = await selected.catchUp();
  const { mailbox, seenModSeq } = selected;
  const before = args.silent ? await mailbox.rows(uids) : undefined;
  const { rows, modified } = await whileTelling(
    session,
    mailbox.storeFlags(uids, args.change, args.flags, args.unchangedSince),
  );
  const isModified = new Set(modified);
  const stored = modified.length === 0 ? rows : filterRows(rows, (i) => !isModified.has(rows.uids[i]!));
  // Each step below walks all messages once: others run in between.
  await setImmediate();
  selected.acknowledge(stored);
  if (stored.modSeqs.some((modSeq) => modSeq > seenModSeq)) session.noteOwnChange(selected.name);
  if (before === undefined) {
    await selected.writeFlags(stored, { withUid: args.byUid });
  } else {
    await answerSilent(session, args, { before, stored, seenModSeq, toldNow });
  }
  const found = stored.uids.length + modified.length;
  return completion(session, args, modified, found < uids.length, code);
}

/** What is known around a silent change. */
interface SilentChange {
  readonly before: MessageRows;
  readonly stored: MessageRows;
  /** The client was told everything up to here. */
  readonly seenModSeq: ModSeq;
  /** Flags written since the command began: the client cannot tell whether they are from before or after its change. */
  readonly toldNow: Uint32Array;
}

/** FETCH for messages whose flags the client cannot know; with CONDSTORE the new MODSEQ of all others (RFC 7162 3.1.3). */
async function answerSilent(session: ImapSession, args: StoreArguments, change: SilentChange): Promise<void> {
  const { before, stored, seenModSeq } = change;
  const selected = session.selection;
  const keywords = selected.mailbox.keywords();
  const mask = args.flags.reduce((bits, name) => bits | flagBit(name, keywords), 0);
  const toldNow = new Set(change.toldNow);
  /** Row of each stored message in `before`, -1 where there is none; both ascend. */
  const oldRow = new Int32Array(stored.uids.length).fill(-1);
  const known = new Uint8Array(stored.uids.length);
  for (let i = 0, old = 0; i < stored.uids.length; i++) {
    const uid = stored.uids[i]!;
    while (old < before.uids.length && before.uids[old]! < uid) old++;
    if (before.uids[old] !== uid) continue;
    oldRow[i] = old;
    if (toldNow.has(uid) || before.modSeqs[old]! > seenModSeq) continue;
    if (applyChange(before.flags[old]!, args.change, mask) === stored.flags[i]) known[i] = 1;
  }
  await setImmediate();
  await selected.writeFlags(
    filterRows(stored, (i) => known[i] === 0),
    { withUid: args.byUid },
  );
  if (!session.enabled.has('CONDSTORE')) return;
  const changed = filterRows(
    stored,
    (i) => known[i] === 1 && before.modSeqs[oldRow[i]!] !== stored.modSeqs[i],
  );
  await selected.writeModSeqs(changed, { withUid: args.byUid });
}

function applyChange(flags: number, change: FlagChange, mask: number): number {
  if (change === 'replace') return mask;
  return change === 'add' ? flags | mask : flags & ~mask;
}

function completion(
  session: ImapSession,
  args: StoreArguments,
  modified: Uint32Array,
  missing: boolean,
  limitCode: string | undefined,
): Completion {
  // One code fits into the answer: what was refused matters more, the limit is met again with the next command.
  if (modified.length === 0) return completionFor('Store completed', missing, args.byUid, limitCode);
  const numbers = args.byUid ? modified : session.selection.view.seqsOf(modified);
  const code = `MODIFIED ${formatSequenceSet(numbers)}`;
  const text = 'Some messages were changed meanwhile and were left alone';
  return missing && !args.byUid ? no(text, code) : { status: 'OK', code, text };
}
