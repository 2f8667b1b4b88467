// One IMAP session: its state, and what every command writes and reads with. The loop that feeds it is command-loop.ts.
//
// Owns the opened account and the selected mailbox and gives both back in `release`. `requestStop` may come at any time from
// outside (draining, one session too many, another command's verdict): the session says BYE at the next command boundary, at
// once when it waits for the client there.

import type { MailboxName } from '../base/brands.ts';
import { assert, Fault } from '../base/outcome.ts';
import { offeredMechanisms } from '../directory/sasl/negotiation.ts';
import type { Account } from '../directory/user-source.ts';
import type { Connection } from '../host/connection.ts';
import { DeflateConnection } from '../host/deflate-connection.ts';
import type { Log } from '../host/log.ts';
import type { MailAccount } from '../store/mail-store.ts';
import type { AnnotationNews } from './annotation-news.ts';
import { type CapabilityContext, capabilityList, isCapabilityOn } from './capability.ts';
import { withheldCapabilities } from './capability-rules.ts';
import type { Completion } from './command.ts';
import { LineReader } from './line-reader.ts';
import type { Notification } from './notify/notification.ts';
import { saslOffer } from './sasl-dialogue.ts';
import type { SelectedMailbox } from './selected-mailbox.ts';
import type { ImapServices } from './services.ts';
import type { SessionRegistry } from './session-registry.ts';

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
  /** Gives the mailbox back. */
  close(): void;
}

/** The account behind a session after log-in. */
export interface LoggedIn {
  readonly account: Account;
  readonly mail: MailAccount;
}

const nothing: ReadonlySet<string> = new Set();

export class ImapSession {
  readonly services: ImapServices;
  connection: Connection;
  readonly registry: SessionRegistry;
  readonly lines: LineReader;
  /** Start of the time for log-in, monotonic ms. */
  startedMs: number;
  log: Log;
  /** Set by LOGIN and AUTHENTICATE. */
  loggedIn: LoggedIn | undefined;
  /** Set by SELECT and EXAMINE. */
  selected: (SelectedMailbox & Selection) | undefined;
  /** Tag of the command that runs now; ESEARCH answers repeat it (RFC 4731 3.1). */
  commandTag = '*';
  /** Extensions switched on by ENABLE or implicitly, by capability name (`CONDSTORE`). */
  readonly enabled = new Set<string>();
  /** Monotonic ms since when the session waits for its client between commands or in IDLE; undefined while it works. */
  waitingSinceMs: number | undefined;
  /** Called when something of the account changed; IDLE listens here. */
  onChange: (() => void) | undefined;
  /** "name version" of the client's ID, '' before it told. */
  client = '';
  /** Set while the client wants to hear of annotations (ENABLE METADATA). */
  annotationNews: AnnotationNews | undefined;
  /** Set while NOTIFY SET is in force. */
  notification: Notification | undefined;
  #withheld: ReadonlySet<string> = nothing;
  #stopText: string | undefined;
  #byeSent = false;

  constructor(services: ImapServices, registry: SessionRegistry, connection: Connection) {
    this.services = services;
    this.registry = registry;
    this.connection = connection;
    this.lines = new LineReader(connection);
    this.log = services.log.with({ trace: connection.id });
    this.startedMs = services.clock.monotonicMs();
  }

  get state(): SessionState {
    if (this.#byeSent) return 'logout';
    if (this.loggedIn === undefined) return 'unauthenticated';
    return this.selected === undefined ? 'authenticated' : 'selected';
  }

  /** UTF8=ACCEPT is enabled: names and quoted strings are UTF-8 (RFC 6855). */
  get utf8(): boolean {
    return this.enabled.has('UTF8=ACCEPT') || this.rev2;
  }

  /** The client speaks IMAP4rev2: no \Recent, ESEARCH for SEARCH, UTF-8 names (RFC 9051 6.3.1). */
  get rev2(): boolean {
    return this.enabled.has('IMAP4rev2');
  }

  /** Removals are told as VANISHED, and every FETCH that nobody asked for carries the UID (RFC 7162 3.2.4, RFC 9586 3). */
  get tellsUids(): boolean {
    return this.enabled.has('QRESYNC') || this.uidOnly;
  }

  /** Sequence numbers are neither taken nor sent (RFC 9586). */
  get uidOnly(): boolean {
    return this.enabled.has('UIDONLY');
  }

  /** The opened mail account; only commands of the states after log-in may ask. */
  get mail(): MailAccount {
    assert(this.loggedIn !== undefined, 'command ran before log-in');
    return this.loggedIn.mail;
  }

  /** Who is logged in; only commands of the states after log-in may ask. */
  get account(): Account {
    assert(this.loggedIn !== undefined, 'command ran before log-in');
    return this.loggedIn.account;
  }

  /** The selected mailbox; only commands of the selected state may ask. */
  get selection(): SelectedMailbox & Selection {
    assert(this.selected !== undefined, 'command ran without a selected mailbox');
    return this.selected;
  }

  /** What decides which capabilities are shown now. */
  get capabilityContext(): CapabilityContext {
    return {
      isSecure: this.connection.tls !== undefined,
      isLoggedIn: this.loggedIn !== undefined,
      isAdmin: this.loggedIn?.account.admin === true,
      settings: this.services.settings,
      withheld: this.#withheld,
      mechanisms:
        this.loggedIn === undefined ? offeredMechanisms(saslOffer(this)).map(({ name }) => name) : [],
    };
  }

  /** True unless the capability is switched off for all, for this account or for this client. */
  isOn(capability: string): boolean {
    return isCapabilityOn(capability, { settings: this.services.settings, withheld: this.#withheld });
  }

  /** Reads the rules again: after log-in and when the client said who it is. */
  applyCapabilityRules(): void {
    const account = this.loggedIn?.account;
    const answer = withheldCapabilities(this.services.settings, { account, client: this.client });
    this.#withheld = answer.names;
    for (const rule of answer.unreadable) this.log.warn('imap.capability_rule_unreadable', { rule });
  }

  // --- output -----------------------------------------------------------------------------------------------------------

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
    this.annotationNews?.write();
    const said = typeof completion.code === 'function' ? completion.code() : completion.code;
    const code = said === undefined ? '' : `[${said}] `;
    this.connection.write(`${tag} ${completion.status} ${code}${completion.text}\r\n`);
  }

  /** `CAPABILITY …` as response code of the greeting and of log-in (RFC 9051 7.1). */
  capabilityCode(): string {
    return `CAPABILITY ${capabilityList(this.capabilityContext)}`;
  }

  // --- input ------------------------------------------------------------------------------------------------------------

  /** Runs `read` as a wait between commands, during which the session may be stopped or chosen as the idlest. */
  async waitForClient<T>(read: () => Promise<T>): Promise<T> {
    this.waitingSinceMs = this.services.clock.monotonicMs();
    try {
      return await read();
    } finally {
      this.waitingSinceMs = undefined;
    }
  }

  /** Sends a continuation request and reads the client's line (AUTHENTICATE). Undefined at end of input. */
  async prompt(text: string): Promise<Buffer | undefined> {
    this.connection.write(`+ ${text}\r\n`);
    const maxBytes = this.services.settings.get('imap.maxLineBytesBeforeLogin');
    return await this.lines.readLine(maxBytes, () => this.waitMs());
  }

  /** How long to wait for the client now: log-in has one deadline, afterwards each pause counts. At least 1 ms. */
  waitMs(): number {
    const { settings, clock } = this.services;
    if (this.loggedIn !== undefined) return settings.get('imap.idleTimeoutMs');
    return Math.max(1, this.startedMs + settings.get('imap.loginTimeoutMs') - clock.monotonicMs());
  }

  // --- extensions -------------------------------------------------------------------------------------------------------

  /** Switches an extension on, by ENABLE or because a command implies it; true when it was off. */
  enable(name: string): boolean {
    if (this.enabled.has(name)) return false;
    this.enabled.add(name);
    // RFC 7162 3.2.3: QRESYNC brings CONDSTORE with it.
    if (name === 'QRESYNC') this.enable('CONDSTORE');
    if (name === 'CONDSTORE' && this.selected !== undefined) {
      // RFC 7162 3.1: the client must learn where its modification sequences begin.
      const highest = Math.max(1, this.selected.seenModSeq);
      this.untagged(`OK [HIGHESTMODSEQ ${highest}] Highest modification sequence`);
    }
    return true;
  }

  get isCompressed(): boolean {
    return this.connection instanceof DeflateConnection;
  }

  /** Compresses both directions from the next octet on (RFC 4978 3). */
  compress(): void {
    const plain = this.connection;
    this.connection = new DeflateConnection(plain, this.services.settings.get('imap.compressLevel'));
    plain.unread(this.lines.follow(this.connection));
  }

  // --- ending -----------------------------------------------------------------------------------------------------------

  /** Why the session should end, undefined while it should not. */
  get stopText(): string | undefined {
    return this.#stopText;
  }

  /** Ends the session at the next command boundary with `* BYE text`. The first reason wins. */
  requestStop(text: string): void {
    if (this.#stopText !== undefined) return;
    this.#stopText = text;
    if (this.waitingSinceMs === undefined) return;
    // Never inside an answer that NOTIFY is writing.
    const settled = this.notification?.settled() ?? Promise.resolve();
    void settled.then(() => this.sayBye(text)).catch(() => this.connection.destroy());
  }

  /** Sends BYE once and closes the connection gracefully. RFC 9051 7.1.5. */
  async sayBye(text: string): Promise<void> {
    if (this.#byeSent) return;
    this.#byeSent = true;
    this.untagged(`BYE ${text}`);
    await this.connection.end();
  }

  /** LOGOUT: BYE was asked for, the tagged answer follows, then the loop ends. */
  announceLogout(): void {
    this.#byeSent = true;
    this.untagged('BYE Logging out');
  }

  /** Leaves the selected mailbox. */
  deselect(): void {
    const selected = this.selected;
    this.selected = undefined;
    if (selected !== undefined) this.registry.unwatch(this, selected.mailbox.source.account);
    selected?.close();
  }

  /** Gives back everything the session holds. Never throws. */
  release(): void {
    this.notification?.close();
    this.notification = undefined;
    this.annotationNews?.close();
    this.annotationNews = undefined;
    this.registry.remove(this);
    this.deselect();
    this.loggedIn?.mail.close();
    this.loggedIn = undefined;
  }

  /** As after the greeting: nobody is logged in and nothing is enabled (RFC 8437 3). */
  forgetUser(): void {
    this.release();
    this.enabled.clear();
    this.log = this.services.log.with({ trace: this.connection.id });
    this.startedMs = this.services.clock.monotonicMs();
    this.applyCapabilityRules();
  }

  // --- changes ----------------------------------------------------------------------------------------------------------

  /**
   * Takes note of a change that this session made to a mailbox: when it is the selected one it is looked at before the tagged
   * answer. Other sessions and workers hear of it from the store.
   */
  noteOwnChange(mailbox: MailboxName): void {
    if (this.selected?.name === mailbox) this.selected.markChanged();
  }

  /** Tells all sessions of the account that mailboxes were made, removed or renamed. */
  publishListChange(): void {
    assert(this.loggedIn !== undefined, 'change before log-in');
    this.services.bus.publish('mailbox.changed', { account: this.loggedIn.account.address });
  }

  /**
   * From the registry: somebody changed `mailbox`, as `account` calls it (undefined: perhaps any of that account). Names are
   * compared with the source of the selected mailbox, which differs from its name when it is shared.
   */
  noteChange(account: string, mailbox: string | undefined): void {
    const source = this.selected?.mailbox.source;
    const isSelected = source?.account === account && (mailbox === undefined || mailbox === source.mailbox);
    if (isSelected) this.selected?.markChanged();
    this.notification?.note(account, mailbox, isSelected);
    if (isSelected) this.onChange?.();
  }
}

/** Ends the session at once with this BYE text; thrown where no tagged answer makes sense. */
export class SessionEnd extends Fault {}
