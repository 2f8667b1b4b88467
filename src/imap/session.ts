// One IMAP session: state, the command loop and what every command writes with.
//
// Owns the connection, the opened account and the selected mailbox, and gives all of them back when `run` ends. Commands
// run strictly one after the other in the order received, so pipelined sequence numbers mean what the client thought
// (RFC 9051 5.5). One catch per command turns failures into the tagged reply; a Bug ends this session only.

import type { MailboxName } from '../base/brands.ts';
import { assert } from '../base/outcome.ts';
import type { Account } from '../directory/user-source.ts';
import type { Connection } from '../host/connection.ts';
import type { Log } from '../host/log.ts';
import type { MailAccount } from '../store/mail-store.ts';
import type { Completion } from './command.ts';
import { LineReader } from './line-reader.ts';
import type { SelectedMailbox } from './selected-mailbox.ts';
import type { ImapServices } from './services.ts';

export type SessionState = 'unauthenticated' | 'authenticated' | 'selected' | 'logout';

/**
 * What the session asks of the selected mailbox. `SelectedMailbox.open(session, name, { readOnly, condstore })` writes the
 * untagged answers of SELECT/EXAMINE and resolves with the instance.
 */
export interface Selection {
  readonly name: MailboxName;
  readonly readOnly: boolean;
  /** Told by the bus, cheap and synchronous: the next announcement must look into the store. */
  markChanged(): void;
  /**
   * Writes EXISTS, RECENT, EXPUNGE and FETCH for what changed since the last announcement; without `expunges` removals wait.
   * `poll` asks the store even when nothing was marked.
   */
  announce(options: { readonly expunges: boolean; readonly poll: boolean }): Promise<void>;
  /** Gives the mailbox back; `expunge` first removes \Deleted messages silently unless read-only (CLOSE). */
  close(options: { readonly expunge: boolean }): Promise<void>;
}

/** The account behind a session after log-in. */
export interface LoggedIn {
  readonly account: Account;
  readonly mail: MailAccount;
}

export class ImapSession {
  readonly services: ImapServices;
  readonly connection: Connection;
  readonly lines: LineReader;
  log: Log;
  /** Set by LOGIN and AUTHENTICATE. */
  loggedIn: LoggedIn | undefined;
  /** Set by SELECT and EXAMINE. */
  selected: (SelectedMailbox & Selection) | undefined;
  /** Extensions switched on by ENABLE or implicitly, by capability name (`CONDSTORE`). */
  readonly enabled = new Set<string>();
  #loggedOut = false;

  constructor(services: ImapServices, connection: Connection) {
    this.services = services;
    this.connection = connection;
    this.lines = new LineReader(connection);
    this.log = services.log.with({ trace: connection.id });
  }

  get state(): SessionState {
    if (this.#loggedOut) return 'logout';
    if (this.loggedIn === undefined) return 'unauthenticated';
    return this.selected === undefined ? 'authenticated' : 'selected';
  }

  /** UTF8=ACCEPT is enabled: names and quoted strings are UTF-8 (RFC 6855). */
  get utf8(): boolean {
    return this.enabled.has('UTF8=ACCEPT');
  }

  /** The opened mail account; only commands of the states after log-in may ask. */
  get mail(): MailAccount {
    assert(this.loggedIn !== undefined, 'command ran before log-in');
    return this.loggedIn.mail;
  }

  /** The selected mailbox; only commands of the selected state may ask. */
  get selection(): SelectedMailbox & Selection {
    assert(this.selected !== undefined, 'command ran without a selected mailbox');
    return this.selected;
  }

  /** Queues `* `, the parts and the line end. Strings are latin1; literals come as parts. */
  untagged(...parts: readonly (string | Uint8Array)[]): void {
    this.connection.write('* ');
    for (const part of parts) this.connection.write(part);
    this.connection.write('\r\n');
  }

  /** Queues octets as they are, for answers assembled elsewhere. */
  write(octets: string | Uint8Array): void {
    this.connection.write(octets);
  }

  /** Sends what was queued and waits while the client is slow; call between the rows of long answers. */
  flush(): Promise<void> {
    return this.connection.flush();
  }

  /** Queues the tagged line that ends a command. */
  respond(tag: string, completion: Completion): void {
    const code = completion.code === undefined ? '' : `[${completion.code}] `;
    this.connection.write(`${tag} ${completion.status} ${code}${completion.text}\r\n`);
  }

  /** Tells other sessions and workers that a mailbox of this account changed; undefined: the list of mailboxes. */
  publishChange(mailbox: MailboxName | undefined): void {
    assert(this.loggedIn !== undefined, 'change before log-in');
    const account = this.loggedIn.account.address;
    this.services.bus.publish('mailbox.changed', mailbox === undefined ? { account } : { account, mailbox });
  }
}
