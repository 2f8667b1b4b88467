// CLOSE (RFC 9051 6.4.1), UNSELECT (RFC 3691): leave the selected mailbox, with or without removing \Deleted messages.
//
// RFC 7162 3.2.8: the OK of a CLOSE that removed something says up to where the client knows everything. That must not
// pass over what others did meanwhile, so the number is given only when our removal is all that is new.

import { type Command, command, ok, onlySelected, parseNothing } from '../command.ts';
import { whileTelling } from '../progress.ts';
import type { ImapSession } from '../session.ts';

function row(name: string, expunge: boolean, capability?: string): Command {
  return command({
    name,
    states: onlySelected,
    announce: 'none',
    ...(capability === undefined ? {} : { capability }),
    parse: parseNothing,
    async run(session) {
      const code = expunge ? await expungeBeforeClose(session) : undefined;
      session.deselect();
      return ok(`${name} completed`, code);
    },
  });
}

/** Removes \Deleted messages without telling; the HIGHESTMODSEQ code where the client may have it. */
async function expungeBeforeClose(session: ImapSession): Promise<string | undefined> {
  const { mailbox, readOnly, name, seenModSeq } = session.selection;
  // RFC 4314 4: without the right nothing is removed, and the mailbox is closed all the same.
  if (readOnly || !mailbox.rights().has('e')) return undefined;
  const removed = await whileTelling(session, mailbox.expunge());
  if (removed.length === 0) return undefined;
  session.noteOwnChange(name);
  if (!session.enabled.has('QRESYNC')) return undefined;
  const { changed, expunged, highestModSeq } = await mailbox.changesSince(seenModSeq);
  const isOurs = changed.uids.length === 0 && expunged.length === removed.length;
  return isOurs ? `HIGHESTMODSEQ ${highestModSeq}` : undefined;
}

export const close = row('CLOSE', true);
export const unselect = row('UNSELECT', false, 'UNSELECT');
