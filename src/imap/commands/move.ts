// MOVE and UID MOVE (RFC 6851): copy and remove in one step, so no client needs \Deleted and EXPUNGE for it (I22).
//
// RFC 6851 4.3: COPYUID goes out untagged before the EXPUNGE answers, which the announcement after the command writes.

import { type Command, command, no, ok, onlySelected } from '../command.ts';
import {
  assertWithinLimit,
  expungedByOthers,
  highestModSeqCode,
  requireExisting,
  requireWritable,
  selectMessages,
} from '../message-set.ts';
import { whileTelling } from '../progress.ts';
import { copyUidCode, parseTransfer, type TransferArguments } from './copy.ts';

function row(name: string, byUid: boolean): Command {
  return command<TransferArguments>({
    name,
    usesSeqs: !byUid,
    states: onlySelected,
    announce: 'all',
    poll: true,
    tryCreate: true,
    capability: 'MOVE',
    parse: (tokens) => parseTransfer(tokens, byUid),
    async run(session, args) {
      const selected = session.selection;
      requireWritable(selected);
      const chosen = selectMessages(selected, args.set, byUid);
      assertWithinLimit(session, chosen);
      const uids = await requireExisting(selected, chosen, byUid);
      if (uids.length === 0) return ok('No messages to move');
      const result = await whileTelling(session, selected.mailbox.moveTo(uids, args.destination));
      const code = copyUidCode(result);
      if (code !== undefined) session.untagged(`OK [${code}] Moved`);
      selected.markChanged();
      session.noteOwnChange(args.destination);
      session.noteOwnChange(selected.name);
      // RFC 6851 3.3: what another session expunged between the look and the move is told, the others have moved.
      const missing = result.sourceUids.length < uids.length;
      if (missing && !byUid) return no(expungedByOthers, 'EXPUNGEISSUED');
      return ok('Move completed', () => highestModSeqCode(session));
    },
  });
}

export const move = row('MOVE', false);
export const uidMove = row('UID MOVE', true);
