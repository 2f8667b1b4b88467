// CREATE (RFC 9051 6.3.4) with USE (CREATE-SPECIAL-USE, RFC 6154 3).

import type { MailboxName } from '../../base/brands.ts';
import { Outcome } from '../../base/outcome.ts';
import { bad, refuse } from '../../proto/imap/fault.ts';
import { decodeMailboxName } from '../../proto/imap/mailbox-name.ts';
import type { TokenReader } from '../../proto/imap/token-reader.ts';
import type { SpecialUse } from '../../store/mail-store.ts';
import { afterLogin, command, ok } from '../command.ts';
import type { ImapSession } from '../session.ts';

interface CreateArguments {
  readonly name: MailboxName;
  readonly uses: readonly string[];
}

const slash = 0x2f;
/** Uses a client may give; `all` and `flagged` would be views over other mailboxes, which Maildir has not. */
const creatableUses: ReadonlySet<string> = new Set<SpecialUse>([
  'archive',
  'drafts',
  'junk',
  'sent',
  'trash',
]);

function parseCreate(tokens: TokenReader): CreateArguments {
  tokens.expectSpace('mailbox name');
  let octets = tokens.expectAstring('mailbox name');
  // RFC 3501 6.3.3: a trailing separator says that inferiors will follow and is not part of the name.
  if (octets.length > 1 && octets[octets.length - 1] === slash)
    octets = octets.subarray(0, octets.length - 1);
  if (octets.length === 0) throw bad('Empty mailbox name');
  const name = decodeMailboxName(octets, tokens.options.utf8);
  const uses = tokens.takeSpace() ? parseUses(tokens) : [];
  tokens.expectEnd();
  return { name, uses };
}

function parseUses(tokens: TokenReader): string[] {
  tokens.expectOpen('parameters');
  if (!tokens.takeWord('USE')) throw bad('Unknown CREATE parameter');
  tokens.expectSpace('USE list');
  const uses = tokens.expectList('USE list', () => tokens.expectRawAtom('special-use attribute'), true);
  tokens.expectClose('parameters');
  return uses;
}

/** The single use asked for. RFC 6154 3: NO [USEATTR] for what we cannot give. */
function chooseUse(uses: readonly string[]): SpecialUse | undefined {
  if (uses.length === 0) return undefined;
  const use = uses[0]!.replace(/^\\/, '').toLowerCase();
  if (uses.length > 1 || !creatableUses.has(use)) {
    throw refuse('imap.special_use', 'USEATTR', 'That special use cannot be given to a mailbox');
  }
  return use as SpecialUse;
}

/** RFC 8474 4.1: the id of the mailbox that was made; none when another session removed it already. */
async function mailboxIdCode(session: ImapSession, name: MailboxName): Promise<string | undefined> {
  try {
    const mailbox = await session.mail.open(name);
    mailbox.close();
    return `MAILBOXID (${mailbox.id})`;
  } catch (error) {
    // The mailbox was made: whatever stands in the way of opening it is no failure of CREATE.
    if (!(error instanceof Outcome)) throw error;
    session.log.debug('imap.mailbox_id_unknown', { code: error.code });
    return undefined;
  }
}

export const create = command<CreateArguments>({
  name: 'CREATE',
  states: afterLogin,
  announce: 'all',
  parse: parseCreate,
  async run(session, { name, uses }) {
    if (uses.length > 0 && !session.isOn('CREATE-SPECIAL-USE')) {
      throw bad('Unknown CREATE parameter');
    }
    const use = chooseUse(uses);
    // RFC 3501 6.3.3: INBOX is there always.
    if (name === 'INBOX') throw refuse('imap.inbox', 'ALREADYEXISTS', 'INBOX exists already');
    await session.mail.create(name, use);
    session.publishListChange();
    return ok('CREATE completed', session.isOn('OBJECTID') ? await mailboxIdCode(session, name) : undefined);
  },
});
