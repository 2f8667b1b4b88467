// GETMETADATA and SETMETADATA (RFC 5464): annotations of mailboxes and of the server.
//
// /private entries are each user's own, /shared ones everybody's who may see the mailbox; the store checks the rights. The
// shared entries of the server (`/shared/comment`, `/shared/admin`) are settings and cannot be changed from here. An entry
// that was asked for by name and does not exist is answered NIL.

import type { MailboxName } from '../../base/brands.ts';
import { Permanent } from '../../base/outcome.ts';
import { refuse } from '../../proto/imap/fault.ts';
import { formatMailboxName } from '../../proto/imap/mailbox-name.ts';
import {
  type GetMetadataArguments,
  parseGetMetadata,
  parseSetMetadata,
  type SetMetadataArguments,
} from '../../proto/imap/metadata-arguments.ts';
import { formatValue, quotedText } from '../../proto/imap/value-string.ts';
import type { Annotations } from '../../store/mail-store.ts';
import { afterLogin, command, ok } from '../command.ts';
import type { ImapSession } from '../session.ts';
import { hiddenEntries } from '../url-key.ts';

/** A name as an atom where its characters allow it. */
const formatEntry = (entry: string): string =>
  /^[\x21\x23\x24\x26\x27\x2b-\x5b\x5d-\x7a\x7c\x7e]+$/.test(entry) ? entry : quotedText(entry);

const formatTarget = (session: ImapSession, name: MailboxName | undefined): string =>
  name === undefined ? '""' : formatMailboxName(name, session.utf8);

/** All annotations that the user sees, those of the server from the settings. */
async function readAll(session: ImapSession, name: MailboxName | undefined): Promise<Annotations> {
  const kept = await session.mail.annotations(name);
  // The server's own entries, keys among them, are nobody's to read.
  const stored = new Map([...kept].filter(([entry]) => !entry.startsWith(hiddenEntries)));
  if (name !== undefined) return stored;
  const { settings } = session.services;
  const all = new Map([...stored].filter(([entry]) => entry.startsWith('/private/')));
  const texts = [
    ['/shared/comment', settings.get('sharing.serverComment')],
    ['/shared/admin', settings.get('sharing.serverAdmin')],
  ] as const;
  for (const [entry, text] of texts) if (text !== '') all.set(entry, Buffer.from(text));
  return all;
}

/** Levels that `entry` lies below `above`; undefined when it does not. */
function levelsBelow(entry: string, above: string): number | undefined {
  if (entry === above) return 0;
  return entry.startsWith(`${above}/`) ? entry.slice(above.length + 1).split('/').length : undefined;
}

/** The entries to answer in the order asked, each once. */
function choose(
  all: Annotations,
  { entries, depth }: Pick<GetMetadataArguments, 'entries' | 'depth'>,
): Map<string, Buffer | undefined> {
  const chosen = new Map<string, Buffer | undefined>();
  for (const asked of entries) {
    for (const [entry, value] of all) {
      const levels = levelsBelow(entry, asked);
      if (levels !== undefined && levels <= depth) chosen.set(entry, value);
    }
    if (!chosen.has(asked) && depth === 0) chosen.set(asked, undefined);
  }
  return chosen;
}

/** Writes a METADATA answer with the entries of a mailbox; for GETMETADATA and LIST (RFC 9590). */
export async function writeMetadata(
  session: ImapSession,
  name: MailboxName | undefined,
  asked: Pick<GetMetadataArguments, 'entries' | 'depth' | 'maxSize'>,
): Promise<{ readonly longest: number }> {
  const all = await readAll(session, name);
  const parts: (string | Uint8Array)[] = [];
  let longest = 0;
  for (const [entry, value] of choose(all, asked)) {
    if (value !== undefined && asked.maxSize !== undefined && value.length > asked.maxSize) {
      longest = Math.max(longest, value.length);
      continue;
    }
    parts.push(`${parts.length === 0 ? '' : ' '}${formatEntry(entry)} `);
    parts.push(value === undefined ? 'NIL' : formatValue(value));
  }
  if (parts.length > 0) session.untagged(`METADATA ${formatTarget(session, name)} (`, ...parts, ')');
  return { longest };
}

export const getMetadata = command<GetMetadataArguments>({
  name: 'GETMETADATA',
  states: afterLogin,
  announce: 'all',
  capability: 'METADATA',
  parse: parseGetMetadata,
  async run(session, args) {
    const { longest } = await writeMetadata(session, args.name, args);
    // RFC 5464 4.2.1: the size of the largest value that was left out.
    return ok('GETMETADATA completed', longest > 0 ? `METADATA LONGENTRIES ${longest}` : undefined);
  },
});

export const setMetadata = command<SetMetadataArguments>({
  name: 'SETMETADATA',
  states: afterLogin,
  announce: 'all',
  capability: 'METADATA',
  parse: parseSetMetadata,
  async run(session, { name, changes }) {
    const { settings } = session.services;
    if (name === undefined && [...changes.keys()].some((entry) => entry.startsWith('/shared/'))) {
      throw refuse('imap.server_annotation', 'NOPERM', 'Shared annotations of the server are settings');
    }
    if ([...changes.keys()].some((entry) => entry.startsWith(hiddenEntries))) {
      throw refuse('imap.server_annotation', 'NOPERM', "These annotations are the server's own");
    }
    const limits = {
      maxValueBytes: settings.get('sharing.maxAnnotationBytes'),
      maxEntries: settings.get('sharing.maxAnnotations'),
    };
    session.annotationNews?.expectOwn(name, [...changes.keys()]);
    try {
      await session.mail.setAnnotations(name, changes, limits);
    } catch (error) {
      session.annotationNews?.forgetOwn();
      if (!(error instanceof Permanent) || error.code !== 'store.annotation_too_long') throw error;
      // RFC 5464 4.3: how much would be taken.
      throw refuse(
        'imap.annotation_size',
        `METADATA MAXSIZE ${limits.maxValueBytes}`,
        'The value is too long',
      );
    }
    return ok('SETMETADATA completed');
  },
});
