// SELECT and EXAMINE (RFC 9051 6.3.2, 6.3.3) with the CONDSTORE parameter (RFC 7162 3.1.8). The answers are made by
// SelectedMailbox; here a mailbox is left and the next one entered.

import type { MailboxName } from '../../base/brands.ts';
import { bad } from '../../proto/imap/fault.ts';
import type { TokenReader } from '../../proto/imap/token-reader.ts';
import { afterLogin, type Command, command, ok } from '../command.ts';
import { SelectedMailbox } from '../selected-mailbox.ts';

interface SelectArguments {
  readonly name: MailboxName;
  readonly condstore: boolean;
}

function parseSelect(tokens: TokenReader): SelectArguments {
  tokens.expectSpace('mailbox name');
  const name = tokens.expectMailbox();
  const parameters = tokens.takeSpace()
    ? tokens.expectList('parameters', () => tokens.expectKeyword('parameter'))
    : [];
  tokens.expectEnd();
  for (const parameter of parameters) if (parameter !== 'CONDSTORE') throw bad('Unknown SELECT parameter');
  return { name, condstore: parameters.length > 0 };
}

function row(name: string, readOnly: boolean): Command {
  return command<SelectArguments>({
    name,
    states: afterLogin,
    announce: 'none',
    parse: parseSelect,
    async run(session, { name: mailbox, condstore }) {
      if (session.selected !== undefined) {
        // RFC 9051 6.3.2: whatever follows belongs to the new mailbox; a failed SELECT leaves none selected.
        await session.deselect(false);
        session.untagged('OK [CLOSED] Previous mailbox is closed');
      }
      session.selected = await SelectedMailbox.open(session, mailbox, { readOnly, condstore });
      return ok(`${name} completed`, readOnly ? 'READ-ONLY' : 'READ-WRITE');
    },
  });
}

export const select = row('SELECT', false);
export const examine = row('EXAMINE', true);
