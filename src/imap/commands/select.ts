// SELECT and EXAMINE (RFC 9051 6.3.2, 6.3.3) with the parameters CONDSTORE and QRESYNC (RFC 7162 3.1.8, 3.2.5). The answers are made by
// SelectedMailbox; here a mailbox is left and the next one entered.

import type { MailboxName, ModSeq } from '../../base/brands.ts';
import { bad } from '../../proto/imap/fault.ts';
import type { TokenReader } from '../../proto/imap/token-reader.ts';
import type { Rights } from '../../store/acl.ts';
import { afterLogin, type Command, command, ok } from '../command.ts';
import { SelectedMailbox } from '../selected-mailbox.ts';
import { type KnownState, writeChangesSince } from '../vanished.ts';

interface SelectArguments {
  readonly name: MailboxName;
  readonly condstore: boolean;
  readonly known: KnownState | undefined;
}

function parseSelect(tokens: TokenReader): SelectArguments {
  tokens.expectSpace('mailbox name');
  const name = tokens.expectMailbox();
  let condstore = false;
  let known: KnownState | undefined;
  if (tokens.takeSpace()) {
    tokens.expectList('parameters', () => {
      if (tokens.takeWord('CONDSTORE')) condstore = true;
      else if (tokens.takeWord('QRESYNC') && known === undefined) known = expectKnownState(tokens);
      else throw bad('Unknown SELECT parameter');
    });
  }
  tokens.expectEnd();
  return { name, condstore, known };
}

/** `(uidvalidity modseq [known-uids] [(seqs uids)])`, RFC 7162 7. */
function expectKnownState(tokens: TokenReader): KnownState {
  tokens.expectSpace('QRESYNC parameters');
  tokens.expectOpen('QRESYNC parameters');
  const uidValidity = tokens.expectNumber('UIDVALIDITY');
  tokens.expectSpace('modification sequence');
  const modSeq = tokens.expectModSeq() as ModSeq;
  // RFC 7162 7: mod-sequence-value here is at least 1.
  if (uidValidity === 0 || modSeq === 0) throw bad('UIDVALIDITY and modification sequence start at 1');
  let more = tokens.takeSpace();
  const uids = more && !tokens.isAtOpen ? tokens.expectSequenceSet('known UIDs') : undefined;
  if (uids !== undefined) more = tokens.takeSpace();
  let match: KnownState['match'];
  if (more) {
    tokens.expectOpen('message numbers');
    const seqs = tokens.expectSequenceSet('message numbers');
    tokens.expectSpace('UIDs');
    match = { seqs, uids: tokens.expectSequenceSet('UIDs') };
    tokens.expectClose('message numbers');
  }
  tokens.expectClose('QRESYNC parameters');
  return { uidValidity, modSeq, uids, match };
}

function row(name: string, readOnly: boolean): Command {
  return command<SelectArguments>({
    name,
    states: afterLogin,
    announce: 'none',
    parse: parseSelect,
    async run(session, { name: mailbox, condstore, known }) {
      // RFC 7162 3.2.5: only for clients that said ENABLE QRESYNC, and only while the capability is on.
      if (known !== undefined && !session.enabled.has('QRESYNC')) throw bad('ENABLE QRESYNC comes first');
      // RFC 9586 3.5: message numbers are not taken here either.
      if (session.uidOnly && known?.match !== undefined) throw bad('No message numbers', 'UIDREQUIRED');
      if (condstore && !session.isOn('CONDSTORE')) throw bad('Unknown SELECT parameter');
      if (session.selected !== undefined) {
        // RFC 9051 6.3.2: whatever follows belongs to the new mailbox; a failed SELECT leaves none selected.
        session.deselect();
        session.untagged('OK [CLOSED] Previous mailbox is closed');
      }
      session.selected = await SelectedMailbox.open(session, mailbox, { readOnly, condstore });
      session.registry.watch(session, session.selected.mailbox.source.account);
      if (known !== undefined) await writeChangesSince(session, session.selected, known);
      const isWritable = !readOnly && changesMailbox(session.selected.mailbox.rights());
      return ok(`${name} completed`, isWritable ? 'READ-WRITE' : 'READ-ONLY');
    },
  });
}

/** RFC 4314 5.2: \Seen is each user's own, so the right to set it alone changes nothing that is shared. */
const changesMailbox = (rights: Rights): boolean =>
  (['i', 'e', 'w', 't'] as const).some((right) => rights.has(right));

export const select = row('SELECT', false);
export const examine = row('EXAMINE', true);
