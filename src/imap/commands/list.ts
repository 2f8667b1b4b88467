// LIST (RFC 9051 6.3.9) with selection and return options (RFC 5258), STATUS (RFC 5819) and special uses (RFC 6154); XLIST,
// the name Outlook and old phones know it by, when the setting allows it.

import { Outcome } from '../../base/outcome.ts';
import { bad } from '../../proto/imap/fault.ts';
import { type ListArguments, parseListArguments } from '../../proto/imap/list-arguments.ts';
import { formatMailboxName } from '../../proto/imap/mailbox-name.ts';
import { afterLogin, command, ok } from '../command.ts';
import { isConnectionFailure } from '../failure.ts';
import { type ListEntry, listEntries, mailboxTree } from '../mailbox-list.ts';
import { writeStatus } from '../mailbox-status.ts';
import type { ImapSession } from '../session.ts';
import { TimeSlice } from '../time-slice.ts';
import { writeMyRights } from './acl.ts';
import { writeMetadata } from './metadata.ts';

export const list = command<ListArguments>({
  name: 'LIST',
  states: afterLogin,
  announce: 'all',
  parse: parseListArguments,
  async run(session, args) {
    assertSwitchedOn(session, args);
    if (!args.isExtended && args.patterns[0] === '') {
      // RFC 9051 6.3.9: an empty pattern asks for the separator and the root.
      session.untagged('LIST (\\Noselect) "/" ""');
      return ok('LIST completed');
    }
    const specialUse = session.isOn('SPECIAL-USE');
    await forEachEntry(session, args, specialUse, async (entry) => {
      session.untagged(listLine('LIST', entry, session.utf8));
      if (args.returns.status !== undefined && entry.selectable) {
        const items = args.returns.status;
        await writeQuietly(session, () => writeStatus(session, entry.name, items));
      }
      await writeExtras(session, entry, args);
    });
    return ok('LIST completed');
  },
});

/** Attributes of the XLIST draft where they differ from LIST. */
const xlistNames: Readonly<Record<string, string>> = {
  '\\Junk': '\\Spam',
  '\\All': '\\AllMail',
  '\\Flagged': '\\Starred',
};

export const xlist = command<ListArguments>({
  name: 'XLIST',
  states: afterLogin,
  announce: 'all',
  parse: parseListArguments,
  async run(session, args) {
    if (!session.services.settings.get('imap.xlist') || args.isExtended) throw bad('Unknown command');
    await forEachEntry(session, args, true, async (entry) => {
      const attributes = entry.attributes.map((attribute) => xlistNames[attribute] ?? attribute);
      if (entry.name === 'INBOX') attributes.push('\\Inbox');
      session.untagged(listLine('XLIST', { ...entry, attributes }, session.utf8));
    });
    return ok('XLIST completed');
  },
});

function assertSwitchedOn(session: ImapSession, args: ListArguments): void {
  if (args.isExtended && !session.isOn('LIST-EXTENDED')) throw bad('Invalid LIST arguments');
  if (args.returns.status !== undefined && !session.isOn('LIST-STATUS')) {
    throw bad('Unknown return option');
  }
  const { myRights, metadata } = args.returns;
  if (myRights && !session.isOn('LIST-MYRIGHTS')) throw bad('Unknown return option');
  if (metadata !== undefined && !session.isOn('LIST-METADATA')) throw bad('Unknown return option');
}

async function forEachEntry(
  session: ImapSession,
  args: ListArguments,
  specialUse: boolean,
  write: (entry: ListEntry) => Promise<void>,
): Promise<void> {
  const subscriptions =
    args.select.subscribed || args.returns.subscribed ? await session.mail.subscriptions() : [];
  const tree = mailboxTree(await session.mail.mailboxes(), subscriptions);
  const slice = new TimeSlice(session.connection.closed);
  for (const entry of listEntries(tree, args, { utf8: session.utf8, specialUse })) {
    await slice.pause();
    if (entry === undefined) continue;
    await write(entry);
    await session.flush();
  }
}

function listLine(word: string, entry: ListEntry, utf8: boolean): string {
  const name = formatMailboxName(entry.name, utf8);
  const quoted = entry.childInfo.map((option) => `"${option}"`).join(' ');
  const childInfo = quoted === '' ? '' : ` ("CHILDINFO" (${quoted}))`;
  return `${word} (${entry.attributes.join(' ')}) "/" ${name}${childInfo}`;
}

/** RFC 8440 3, RFC 9590 3: what can be told follows the line; the LIST succeeds all the same. */
async function writeExtras(session: ImapSession, entry: ListEntry, args: ListArguments): Promise<void> {
  if (!entry.selectable) return;
  if (args.returns.myRights) await writeQuietly(session, () => writeMyRights(session, entry.name));
  const entries = args.returns.metadata;
  if (entries === undefined) return;
  const asked = { entries, depth: 0, maxSize: undefined };
  await writeQuietly(session, () => writeMetadata(session, entry.name, asked));
}

/** RFC 5819 2: a mailbox whose status cannot be told has no STATUS line; the LIST goes on. */
async function writeQuietly(session: ImapSession, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof Outcome) || isConnectionFailure(error)) throw error;
    session.log.debug('imap.list_status_failed', { code: error.code });
  }
}
