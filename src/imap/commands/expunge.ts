// EXPUNGE (RFC 9051 6.4.3) and UID EXPUNGE (RFC 4315 2.1): remove messages with \Deleted for good.
//
// The EXPUNGE answers come from the announcement after the command, together with removals by others, so every number is
// that of the client's view when it reads it. UID EXPUNGE touches nothing outside the given set (I22).

import type { SequenceSet } from '../../proto/imap/sequence-set.ts';
import { type Completion, command, ok, onlySelected, parseNothing } from '../command.ts';
import { highestModSeqCode, limitMessages, requireWritable, selectMessages } from '../message-set.ts';
import { whileTelling } from '../progress.ts';
import type { ImapSession } from '../session.ts';

export const expunge = command({
  name: 'EXPUNGE',
  states: onlySelected,
  announce: 'all',
  poll: true,
  parse: parseNothing,
  run: (session) => run(session, undefined),
});

export const uidExpunge = command<SequenceSet>({
  name: 'UID EXPUNGE',
  states: onlySelected,
  announce: 'all',
  poll: true,
  capability: 'UIDPLUS',
  parse(tokens) {
    tokens.expectSpace('message set');
    const set = tokens.expectSequenceSet('message set');
    tokens.expectEnd();
    return set;
  },
  run,
});

async function run(session: ImapSession, set: SequenceSet | undefined): Promise<Completion> {
  const selected = session.selection;
  requireWritable(selected);
  const limited = set === undefined ? undefined : limitMessages(session, selectMessages(selected, set, true));
  const removed = await whileTelling(session, selected.mailbox.expunge(limited?.uids));
  if (removed.length > 0) {
    selected.markChanged();
    session.noteOwnChange(selected.name);
  }
  return ok('Expunge completed', () => limited?.code ?? highestModSeqCode(session));
}
