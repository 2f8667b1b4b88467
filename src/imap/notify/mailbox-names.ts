// The names a session knows of, and what became of them: for MailboxName and SubscriptionChange (RFC 5465 5.4, 5.5).
//
// A rename is recognised by the mailbox's id, which stays (RFC 8474 5.1). Ids are read by opening a mailbox, so once a name
// and only for sessions that asked for names.

import type { MailboxName } from '../../base/brands.ts';
import { Permanent } from '../../base/outcome.ts';
import { formatMailboxName } from '../../proto/imap/mailbox-name.ts';
import type { MailboxSource } from '../../store/mail-store.ts';
import type { ImapSession } from '../session.ts';
import { TimeSlice } from '../time-slice.ts';

export interface KnownMailbox {
  readonly selectable: boolean;
  /** Of another account. */
  readonly source: MailboxSource | undefined;
  readonly id: string | undefined;
}

export interface KnownNames {
  readonly mailboxes: ReadonlyMap<MailboxName, KnownMailbox>;
  readonly subscriptions: ReadonlySet<MailboxName>;
}

export interface NameChange {
  readonly name: MailboxName;
  /** What it was called before a rename. */
  readonly oldName: MailboxName | undefined;
}

/** Reads all names; with ids when `before` has them or `withIds` asks for them. */
export async function readNames(
  session: ImapSession,
  withIds: boolean,
  before?: KnownNames,
): Promise<KnownNames> {
  const slice = new TimeSlice(session.connection.closed);
  const mailboxes = new Map<MailboxName, KnownMailbox>();
  const fresh = new Set<string>();
  for (const { name, selectable, source } of await session.mail.mailboxes()) {
    await slice.pause();
    const known = before?.mailboxes.get(name)?.id;
    const id = withIds && selectable ? (known ?? (await readId(session, name))) : undefined;
    if (id !== undefined && known === undefined) fresh.add(id);
    mailboxes.set(name, { selectable, source, id });
  }
  // A new name with an old id: what bears the old name now is another mailbox.
  for (const [name, known] of mailboxes) {
    const isOld = known.id !== undefined && before?.mailboxes.get(name)?.id === known.id;
    if (isOld && fresh.has(known.id)) mailboxes.set(name, { ...known, id: await readId(session, name) });
  }
  return { mailboxes, subscriptions: new Set(await session.mail.subscriptions()) };
}

/** Undefined when the mailbox went away or may not be opened. */
async function readId(session: ImapSession, name: MailboxName): Promise<string | undefined> {
  try {
    const mailbox = await session.mail.open(name);
    const { id } = mailbox;
    mailbox.close();
    return id;
  } catch (error) {
    if (error instanceof Permanent) return undefined;
    throw error;
  }
}

/** Names that came, went, were renamed or became (un)selectable. */
export function nameChanges(before: KnownNames, now: KnownNames): NameChange[] {
  const byId = new Map([...before.mailboxes].map(([name, { id }]) => [id, name]));
  const changes: NameChange[] = [];
  const renamed = new Set<MailboxName>();
  for (const [name, { id, selectable }] of now.mailboxes) {
    const old = before.mailboxes.get(name);
    if (old?.id === id && old?.selectable === selectable) continue;
    const oldName = id === undefined ? undefined : byId.get(id);
    if (oldName !== undefined && oldName !== name) {
      renamed.add(oldName);
      changes.push({ name, oldName });
    } else changes.push({ name, oldName: undefined });
  }
  for (const name of before.mailboxes.keys()) {
    if (!now.mailboxes.has(name) && !renamed.has(name)) changes.push({ name, oldName: undefined });
  }
  return changes;
}

/** Names that were subscribed or unsubscribed. */
export function subscriptionChanges(before: KnownNames, now: KnownNames): MailboxName[] {
  return [
    ...[...now.subscriptions].filter((name) => !before.subscriptions.has(name)),
    ...[...before.subscriptions].filter((name) => !now.subscriptions.has(name)),
  ];
}

/** The LIST answer that tells what a name is now (RFC 5465 5.4). */
export function listAnswer(names: KnownNames, { name, oldName }: NameChange, utf8: boolean): string {
  const known = names.mailboxes.get(name);
  const attributes: string[] = [];
  if (names.subscriptions.has(name)) attributes.push('\\Subscribed');
  if (known === undefined) attributes.push('\\NonExistent');
  else {
    if (!known.selectable) attributes.push('\\Noselect');
    const isParent = [...names.mailboxes.keys()].some((other) => other.startsWith(`${name}/`));
    attributes.push(isParent ? '\\HasChildren' : '\\HasNoChildren');
  }
  // RFC 5465 5.4: what it was called.
  const old = oldName === undefined ? '' : ` ("OLDNAME" (${formatMailboxName(oldName, utf8)}))`;
  return `LIST (${attributes.join(' ')}) "/" ${formatMailboxName(name, utf8)}${old}`;
}
