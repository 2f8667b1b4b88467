// Unsolicited METADATA answers (RFC 5464 4.4): annotations that somebody else changed, by name only, for sessions that said
// ENABLE METADATA or METADATA-SERVER, or asked NOTIFY for some of it (RFC 5465 5.6, 5.7).
//
// News waits until the next tagged answer and is told at once while the client idles. What this session itself changed is
// not told. Held are names of mailboxes and entries that the user may see, so the memory is bounded by them.

import type { MailboxName } from '../base/brands.ts';
import type { BusTopics } from '../cluster/bus.ts';
import { formatMailboxName } from '../proto/imap/mailbox-name.ts';
import type { ImapSession } from './session.ts';

type Change = BusTopics['mailbox.annotated'];

const keyOf = (account: string, mailbox: string): string => `${account}\0${mailbox}`;

export class AnnotationNews {
  readonly #session: ImapSession;
  /** Names of mailboxes of others as this session knows them. */
  readonly #names = new Map<string, MailboxName>();
  readonly #watched = new Set<string>();
  readonly #pending = new Map<string, Set<string>>();
  /** Set while only NOTIFY wants news: which mailboxes it asked for ('' is the server). */
  accepts: ((name: string) => boolean) | undefined;
  #own: { readonly name: MailboxName | undefined; readonly entries: string } | undefined;

  constructor(session: ImapSession) {
    this.#session = session;
  }

  /** Learns which mailboxes of others there are and listens to their accounts. */
  async start(): Promise<void> {
    for (const { name, source } of await this.#session.mail.mailboxes()) {
      if (source === undefined) continue;
      this.#names.set(keyOf(source.account, source.mailbox), name);
      if (this.#watched.has(source.account)) continue;
      this.#watched.add(source.account);
      this.#session.registry.watch(this.#session, source.account);
    }
  }

  /** This session is about to change these entries. */
  expectOwn(name: MailboxName | undefined, entries: readonly string[]): void {
    this.#own = { name, entries: entries.join(' ') };
  }

  forgetOwn(): void {
    this.#own = undefined;
  }

  /** From the registry. */
  note({ account, mailbox, entries, user }: Change): void {
    const own = this.#session.account.address;
    const name = account === own ? (mailbox as MailboxName) : this.#names.get(keyOf(account, mailbox));
    if (name === undefined || this.accepts?.(name) === false) return;
    if (user === own && (this.#own?.name ?? '') === name && this.#own?.entries === entries.join(' ')) {
      this.#own = undefined;
      return;
    }
    const visible = entries.filter((entry) => entry.startsWith('/shared/') || user === own);
    if (visible.length === 0) return;
    const known = this.#pending.get(name) ?? new Set();
    for (const entry of visible) known.add(entry);
    this.#pending.set(name, known);
    this.#session.notification?.noteAnnotation(name);
    if (this.#session.onChange === undefined) return;
    this.write();
    this.#session.onChange();
  }

  /** Writes what waits. */
  write(): void {
    for (const [name, entries] of this.#pending) {
      const target = name === '' ? '""' : formatMailboxName(name, this.#session.utf8);
      this.#session.untagged(`METADATA ${target} ${[...entries].join(' ')}`);
    }
    this.#pending.clear();
  }

  close(): void {
    for (const account of this.#watched) this.#session.registry.unwatch(this.#session, account);
    this.#watched.clear();
  }
}
