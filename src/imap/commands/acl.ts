// GETACL, SETACL, DELETEACL, LISTRIGHTS and MYRIGHTS (RFC 4314 3). The store checks the rights and hides what may not be
// seen; here is the form of names and letters.
//
// The list shows the owner first, who has all rights for good. Identifiers are those of src/store/acl.ts.

import type { MailboxName } from '../../base/brands.ts';
import { bad } from '../../proto/imap/fault.ts';
import { formatMailboxName } from '../../proto/imap/mailbox-name.ts';
import type { TokenReader } from '../../proto/imap/token-reader.ts';
import { quotedText } from '../../proto/imap/value-string.ts';
import {
  allRights,
  formatRights,
  formatRightsForOldClients,
  normalIdentifier,
  parseRights,
  type Rights,
  rightLetters,
} from '../../store/acl.ts';
import { afterLogin, command, ok } from '../command.ts';
import type { ImapSession } from '../session.ts';

interface AclTarget {
  readonly name: MailboxName;
  readonly identifier: string;
  /** As the client wrote it, for the answer of LISTRIGHTS. */
  readonly written: string;
}

function expectMailboxArgument(tokens: TokenReader): MailboxName {
  tokens.expectSpace('mailbox name');
  return tokens.expectMailbox();
}

function expectTarget(tokens: TokenReader): AclTarget {
  const name = expectMailboxArgument(tokens);
  tokens.expectSpace('identifier');
  const octets = tokens.expectAstring('identifier');
  const written = octets.toString('utf8');
  // RFC 4314 3: an identifier that cannot be prepared is BAD.
  const identifier = Buffer.from(written).equals(octets) ? normalIdentifier(written) : undefined;
  if (identifier === undefined) throw bad('Expected an address, $group, anyone, authenticated or owner');
  return { name, identifier, written };
}

function parseMailboxOnly(tokens: TokenReader): MailboxName {
  const name = expectMailboxArgument(tokens);
  tokens.expectEnd();
  return name;
}

function parseTarget(tokens: TokenReader): AclTarget {
  const target = expectTarget(tokens);
  tokens.expectEnd();
  return target;
}

/** Who owns what a name leads to: `undefined` for public folders. */
async function ownerOf(session: ImapSession, name: MailboxName): Promise<string | undefined> {
  const { account } = await session.mail.quotaRoot(name);
  const domain = session.services.settings.current.domain(session.account.domain);
  return account === `${domain?.publicFolders ?? ''}@${session.account.domain}` ? undefined : account;
}

export const getAcl = command<MailboxName>({
  name: 'GETACL',
  states: afterLogin,
  announce: 'all',
  capability: 'ACL',
  parse: parseMailboxOnly,
  async run(session, name) {
    const entries = await session.mail.acl(name);
    const owner = await ownerOf(session, name);
    const all = owner === undefined ? entries : [{ identifier: owner, rights: allRights }, ...entries];
    const pairs = all.map(
      ({ identifier, rights }) => ` ${quotedText(identifier)} ${formatRightsForOldClients(rights) || '""'}`,
    );
    session.untagged(`ACL ${formatMailboxName(name, session.utf8)}`, Buffer.from(pairs.join('')));
    return ok('GETACL completed');
  },
});

interface SetAclArguments extends AclTarget {
  readonly change: '' | '+' | '-';
  readonly rights: Rights;
}

export const setAcl = command<SetAclArguments>({
  name: 'SETACL',
  states: afterLogin,
  announce: 'all',
  capability: 'ACL',
  parse(tokens) {
    const target = expectTarget(tokens);
    tokens.expectSpace('rights');
    const text = tokens.expectAstring('rights').toString('latin1');
    tokens.expectEnd();
    const change = text.startsWith('+') ? '+' : text.startsWith('-') ? '-' : '';
    // RFC 4314 3.1: an unknown right is BAD, capitals included.
    const rights = parseRights(text.slice(change.length));
    if (rights === undefined) throw bad('Unknown right');
    return { ...target, change, rights };
  },
  async run(session, { name, identifier, change, rights }) {
    await session.mail.setAcl(name, identifier, change === '' ? rights : changeBy(change, rights));
    return ok('SETACL completed');
  },
});

/** RFC 4314 3.1: added to what is there, or taken from it. */
const changeBy =
  (change: '+' | '-', rights: Rights) =>
  (had: Rights): Rights =>
    change === '+' ? new Set([...had, ...rights]) : new Set([...had].filter((right) => !rights.has(right)));

export const deleteAcl = command<AclTarget>({
  name: 'DELETEACL',
  states: afterLogin,
  announce: 'all',
  capability: 'ACL',
  parse: parseTarget,
  async run(session, { name, identifier }) {
    await session.mail.setAcl(name, identifier, undefined);
    return ok('DELETEACL completed');
  },
});

export const listRights = command<AclTarget>({
  name: 'LISTRIGHTS',
  states: afterLogin,
  announce: 'all',
  capability: 'ACL',
  parse: parseTarget,
  async run(session, { name, identifier, written }) {
    // Asks for the right `a`.
    await session.mail.acl(name);
    const owner = await ownerOf(session, name);
    const isOwner = identifier === owner || identifier === 'owner';
    // RFC 4314 3.7: what is always granted, then what may be; no right is tied to another. 2.1.1: c and d stand alone.
    const rest = isOwner ? [] : [...rightLetters, 'c', 'd'];
    const always = isOwner ? `${formatRights(allRights)}cd` : '""';
    const line = ` ${quotedText(written)} ${[always, ...rest].join(' ')}`;
    session.untagged(`LISTRIGHTS ${formatMailboxName(name, session.utf8)}`, Buffer.from(line));
    return ok('LISTRIGHTS completed');
  },
});

/** The MYRIGHTS answer, also for LIST (RFC 8440). Throws what the store throws. */
export async function writeMyRights(session: ImapSession, name: MailboxName): Promise<void> {
  const rights = await session.mail.rights(name);
  session.untagged(
    `MYRIGHTS ${formatMailboxName(name, session.utf8)} ${formatRightsForOldClients(rights) || '""'}`,
  );
}

export const myRights = command<MailboxName>({
  name: 'MYRIGHTS',
  states: afterLogin,
  announce: 'all',
  capability: 'ACL',
  parse: parseMailboxOnly,
  async run(session, name) {
    await writeMyRights(session, name);
    return ok('MYRIGHTS completed');
  },
});
