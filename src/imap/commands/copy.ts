// COPY and UID COPY (RFC 9051 6.4.7, 6.4.9) with COPYUID (RFC 4315 3): all messages or none.

import type { MailboxName } from '../../base/brands.ts';
import { formatSequenceSet } from '../../native/imap-wire.ts';
import type { SequenceSet } from '../../proto/imap/sequence-set.ts';
import type { TokenReader } from '../../proto/imap/token-reader.ts';
import type { CopyResult } from '../../store/mail-store.ts';
import { type Command, command, ok, onlySelected } from '../command.ts';
import { assertWithinLimit, requireExisting, selectMessages } from '../message-set.ts';
import { whileTelling } from '../progress.ts';

/** Arguments of COPY and MOVE. */
export interface TransferArguments {
  readonly byUid: boolean;
  readonly set: SequenceSet;
  readonly destination: MailboxName;
}

export function parseTransfer(tokens: TokenReader, byUid: boolean): TransferArguments {
  tokens.expectSpace('message set');
  const set = tokens.expectSequenceSet('message set');
  tokens.expectSpace('mailbox name');
  const destination = tokens.expectMailbox();
  tokens.expectEnd();
  return { byUid, set, destination };
}

/** `COPYUID validity from to`; undefined when nothing went (RFC 4315 3: no code then). */
export function copyUidCode(result: CopyResult): string | undefined {
  if (result.sourceUids.length === 0) return undefined;
  const sets = [result.sourceUids, result.destinationUids].map(formatSequenceSet);
  return `COPYUID ${result.uidValidity} ${sets.join(' ')}`;
}

function row(name: string, byUid: boolean): Command {
  return command<TransferArguments>({
    name,
    usesSeqs: !byUid,
    states: onlySelected,
    announce: 'all',
    // RFC 9051 6.4.7: a missing destination is the client's to create.
    tryCreate: true,
    parse: (tokens) => parseTransfer(tokens, byUid),
    async run(session, args) {
      const selected = session.selection;
      const chosen = selectMessages(selected, args.set, byUid);
      assertWithinLimit(session, chosen);
      const uids = await requireExisting(selected, chosen, byUid);
      if (uids.length === 0) return ok('No messages to copy');
      // Another session may expunge between the look and the copy: only the store can say that all are there.
      const result = await whileTelling(session, selected.mailbox.copyTo(uids, args.destination, !byUid));
      session.noteOwnChange(args.destination);
      return ok('Copy completed', copyUidCode(result));
    },
  });
}

export const copy = row('COPY', false);
export const uidCopy = row('UID COPY', true);
