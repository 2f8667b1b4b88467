// The selected mailbox as one session knows it: what was announced, what changed since, and when that may be said.
//
// Owns the opened Mailbox of the store. Invariants: the view holds exactly what the client counts; a message expunged by
// others is a ghost until EXPUNGE may be sent, so numbers never shift inside FETCH, STORE or SEARCH (RFC 9051 7.5.1). A flag
// change is told once: rows that the client knows from its own STORE are acknowledged and not repeated. Calls are
// sequential; `markChanged` alone may come at any time.

import type { MailboxName, ModSeq, Uid } from '../base/brands.ts';
import { Permanent } from '../base/outcome.ts';
import type { Rights } from '../store/acl.ts';
import type { Mailbox, MessageRows } from '../store/mail-store.ts';
import { fetchPrefix } from './fetch-prefix.ts';
import { filterRows, sliceRows, toFlagRows, writeFlagRows } from './flag-answers.ts';
import { knownFlags, permanentFlags } from './flag-names.ts';
import { MessageView } from './message-view.ts';
import { RecentMessages } from './recent-messages.ts';
import type { SearchContext } from './search/search-context.ts';
import { writeSelectAnswers } from './select-answers.ts';
import type { ImapSession, Selection } from './session.ts';
import { TimeSlice } from './time-slice.ts';
import { writeVanished } from './vanished.ts';

export interface OpenOptions {
  /** EXAMINE: nothing of this session changes the mailbox, \Recent included. */
  readonly readOnly: boolean;
  /** SELECT (CONDSTORE): modification sequences are announced from now on (RFC 7162 3.1.8). */
  readonly condstore: boolean;
}

/** Short lines made at once; well below a millisecond. */
const linesPerStep = 1000;
const nobody = new Uint32Array(0);
/** Why a session cannot stay in its mailbox, by the store's code. */
const endTexts: Readonly<Record<string, string>> = {
  'store.no_mailbox': 'The selected mailbox was deleted or renamed',
  'store.no_right': 'Your access to the selected mailbox was withdrawn',
};

export class SelectedMailbox implements Selection {
  readonly mailbox: Mailbox;
  readonly readOnly: boolean;
  readonly view: MessageView;
  readonly recent = new RecentMessages();
  readonly #session: ImapSession;
  /** All changes up to here are in the view. */
  #seenModSeq: ModSeq;
  #uidNext: number;
  /** Expunged in the store, still counted by the client; ascending. */
  #ghosts: Uint32Array = nobody;
  /** In the store and not announced yet; ascending, all above the view. */
  #arrived: Uint32Array = nobody;
  /** Result of the last SEARCH that saved one, UIDs ascending (RFC 5182); what is gone is in no view any more. */
  savedResult: Uint32Array = nobody;
  /** Searches that the client is kept informed of (RFC 5267). */
  contexts: readonly SearchContext[] = [];
  /** Messages that changed or came since contexts were looked at; kept only while there are any. */
  #touched = new Set<number>();
  /** Rows of own changes that the client knows already. */
  #acknowledged: MessageRows[] = [];
  #announcedKeywords: number;
  /** Rights behind the PERMANENTFLAGS that the client knows. */
  #toldRights: string;
  #changed = false;
  #closed = false;

  private constructor(
    session: ImapSession,
    mailbox: Mailbox,
    readOnly: boolean,
    state: { uids: Uint32Array; uidNext: number; highestModSeq: ModSeq },
  ) {
    this.#session = session;
    this.mailbox = mailbox;
    this.readOnly = readOnly;
    this.view = new MessageView(state.uids, true);
    this.#uidNext = state.uidNext;
    this.#seenModSeq = state.highestModSeq;
    this.#announcedKeywords = mailbox.keywords().length;
    this.#toldRights = flagRights(mailbox.rights());
  }

  /**
   * Opens a mailbox for the session and writes the untagged answers of SELECT or EXAMINE (RFC 9051 6.3.2). Throws what the
   * store throws; nothing was written then and nothing stays open.
   */
  static async open(session: ImapSession, name: MailboxName, options: OpenOptions): Promise<SelectedMailbox> {
    const mailbox = await session.mail.open(name);
    try {
      await mailbox.sync();
      const state = await mailbox.view();
      const uidNext = state.uidNext as Uid;
      // Of the view alone: what comes in between is left to the session that is told of it first.
      const firstRecent = await (options.readOnly ? mailbox.firstRecent() : mailbox.claimRecent(uidNext));
      const selected = new SelectedMailbox(session, mailbox, options.readOnly, state);
      // RFC 9051 appendix E: revision 2 has no \Recent; it is taken all the same, for sessions of revision 1.
      if (!session.rev2) selected.recent.add(firstRecent, state.uidNext);
      if (options.condstore) session.enable('CONDSTORE');
      await writeSelectAnswers(session, selected, state);
      return selected;
    } catch (error) {
      mailbox.close();
      throw error;
    }
  }

  get name(): MailboxName {
    return this.mailbox.name;
  }

  /** Highest modification sequence up to which the client was told everything. */
  get seenModSeq(): ModSeq {
    return this.#seenModSeq;
  }

  /** The client still counts messages that are known to be gone. */
  get hasGhosts(): boolean {
    return this.#ghosts.length > 0;
  }

  /** `uids` (ascending) without messages that are known to be gone from the store. */
  withoutGhosts(uids: Uint32Array): Uint32Array {
    if (this.#ghosts.length === 0) return uids;
    const gone = new Set(this.#ghosts);
    return uids.filter((uid) => !gone.has(uid));
  }

  markChanged(): void {
    this.#changed = true;
  }

  /** The rows are what the client knows: the next announcement leaves them out. */
  acknowledge(rows: MessageRows): void {
    if (rows.uids.length > 0) this.#acknowledged.push(rows);
  }

  async announce(options: { readonly expunges: boolean; readonly poll: boolean }): Promise<void> {
    try {
      await this.#announce(options);
    } catch (error) {
      const text = error instanceof Permanent ? endTexts[error.code] : undefined;
      if (text === undefined) throw error;
      // RFC 4314 5.1.1 and RFC 2180 3.3: BYE, since clients do not cope with a selected mailbox that is none.
      this.#session.log.info('imap.mailbox_lost', { reason: text });
      this.#session.requestStop(text);
    }
  }

  async #announce(options: { readonly expunges: boolean; readonly poll: boolean }): Promise<void> {
    if (this.#closed) return;
    if (options.poll || this.#changed) {
      this.#changed = false;
      try {
        await this.mailbox.sync();
        await this.catchUp();
        this.#announceRights();
      } catch (error) {
        // The news is still there: the next announcement looks again.
        this.#changed = true;
        throw error;
      }
    }
    if (options.expunges) await this.#announceGhosts();
    await this.#announceArrived();
    if (this.#touched.size > 0) await this.#updateContexts();
  }

  /**
   * Takes over what changed in the store and writes the flag changes; removals and new messages wait for `announce`. STORE
   * uses it so that the client knows the flags it is about to change. Returns the UIDs whose flags were written, ascending.
   */
  async catchUp(): Promise<Uint32Array> {
    const changes = await this.mailbox.changesSince(this.#seenModSeq);
    const { changed, expunged } = changes;
    const largestKnown = Math.max(this.view.largestUid, this.#arrived.at(-1) ?? 0);
    const fresh = changed.uids.filter((uid) => uid > largestKnown);
    this.#arrived = concat(this.#arrived, fresh);
    if (expunged.length > 0) this.#takeExpunged(expunged);
    const counted = filterRows(changed, (i) => changed.uids[i]! <= this.view.largestUid);
    if (this.contexts.length > 0) for (const uid of changed.uids) this.#touched.add(uid);
    const news = withoutRows(counted, this.#acknowledged);
    this.#acknowledged = [];
    this.#seenModSeq = changes.highestModSeq;
    this.#uidNext = changes.uidNext;
    await this.writeFlags(news);
    return news.uids;
  }

  /** Writes FETCH with flags for rows of the store, new keyword names first; MODSEQ once CONDSTORE is on. */
  async writeFlags(
    rows: MessageRows,
    options: { readonly withUid: boolean } = { withUid: false },
  ): Promise<void> {
    if (rows.uids.length === 0) return;
    this.announceKeywords();
    const withModSeq = this.#session.enabled.has('CONDSTORE');
    const { uidOnly, tellsUids } = this.#session;
    const withUid = options.withUid || tellsUids;
    const names = this.mailbox.keywords();
    const { closed } = this.#session.connection;
    const slice = new TimeSlice(closed);
    for (let from = 0; from < rows.uids.length; from += linesPerStep) {
      const step = sliceRows(rows, from, from + linesPerStep);
      const flagRows = toFlagRows(step, this.view, this.recent, names, { withUid, withModSeq, uidOnly });
      await writeFlagRows(this.#session, flagRows, closed);
      await slice.pause();
    }
  }

  /** Writes FETCH with the modification sequence alone, for changes whose flags the client knows. */
  async writeModSeqs(rows: MessageRows, options: { readonly withUid: boolean }): Promise<void> {
    const seqs = this.view.seqsOf(rows.uids);
    const { uidOnly, tellsUids } = this.#session;
    const withUid = !uidOnly && (options.withUid || tellsUids);
    const slice = new TimeSlice(this.#session.connection.closed);
    for (let i = 0; i < seqs.length; i++) {
      const uid = withUid ? `UID ${rows.uids[i]} ` : '';
      const prefix = fetchPrefix(this.#session, seqs[i]!, rows.uids[i]!);
      this.#session.write(`${prefix}${uid}MODSEQ (${rows.modSeqs[i]}))\r\n`);
      if (i % linesPerStep !== 0) continue;
      await this.#session.flush();
      await slice.pause();
    }
  }

  /** Writes FLAGS and PERMANENTFLAGS when keywords appeared that the client was not told of. */
  announceKeywords(): void {
    const keywords = this.mailbox.keywords();
    if (keywords.length === this.#announcedKeywords) return;
    this.#announcedKeywords = keywords.length;
    this.#session.untagged(`FLAGS ${knownFlags(keywords)}`);
    this.#announcePermanentFlags();
  }

  #announcePermanentFlags(): void {
    const rights = this.mailbox.rights();
    this.#toldRights = flagRights(rights);
    const permanent = permanentFlags(this.mailbox.keywords(), this.readOnly, rights);
    this.#session.untagged(`OK [PERMANENTFLAGS ${permanent}] Flags that are kept`);
  }

  /** RFC 4314 5.1.1: rights that changed show in PERMANENTFLAGS. */
  #announceRights(): void {
    if (flagRights(this.mailbox.rights()) !== this.#toldRights) this.#announcePermanentFlags();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.mailbox.close();
  }

  #takeExpunged(expunged: Uint32Array): void {
    const seqs = this.view.seqsOf(expunged);
    const counted = expunged.filter((_, i) => seqs[i] !== 0);
    this.#ghosts = Uint32Array.from(new Set([...this.#ghosts, ...counted])).sort();
    if (this.#arrived.length === 0) return;
    const gone = new Set(expunged);
    this.#arrived = this.#arrived.filter((uid) => !gone.has(uid));
  }

  async #updateContexts(): Promise<void> {
    const known = [...this.#touched].filter((uid) => this.view.seqOf(uid as Uid) !== undefined);
    this.#touched = new Set();
    const changed = this.withoutGhosts(Uint32Array.from(known).sort());
    for (const context of this.contexts) await context.update(this, changed);
  }

  async #announceGhosts(): Promise<void> {
    const ghosts = this.#ghosts;
    if (ghosts.length === 0) return;
    for (const context of this.contexts) context.drop(this, ghosts);
    this.#ghosts = nobody;
    const numbers = this.view.remove(ghosts);
    if (this.#session.tellsUids) {
      await writeVanished(this.#session, ghosts, '');
      return;
    }
    const slice = new TimeSlice(this.#session.connection.closed);
    for (let from = 0; from < numbers.length; from += linesPerStep) {
      const lines = Array.from(numbers.subarray(from, from + linesPerStep), (seq) => `* ${seq} EXPUNGE\r\n`);
      this.#session.write(lines.join(''));
      await this.#session.flush();
      await slice.pause();
    }
  }

  async #announceArrived(): Promise<void> {
    if (this.#arrived.length === 0) return;
    const before = this.#arrived[0]!;
    const { mailbox } = this;
    const firstRecent = await (this.readOnly
      ? mailbox.firstRecent()
      : mailbox.claimRecent(this.#uidNext as Uid));
    if (!this.#session.rev2) this.recent.add(Math.max(firstRecent, before), this.#uidNext);
    const arrived = this.#arrived;
    this.view.append(arrived);
    this.#arrived = nobody;
    this.#session.untagged(`${this.view.count} EXISTS`);
    if (!this.#session.rev2) this.#session.untagged(`${this.recent.count(this.view)} RECENT`);
    await this.#session.notification?.tellArrived(arrived);
  }
}

/** The rights that PERMANENTFLAGS shows. */
const flagRights = (rights: Rights): string =>
  (['s', 't', 'w'] as const).filter((right) => rights.has(right)).join('');

/** The rows that none of `known` holds with the same modification sequence. All in ascending UID order. */
function withoutRows(rows: MessageRows, known: readonly MessageRows[]): MessageRows {
  if (known.length === 0 || rows.uids.length === 0) return rows;
  const isKnown = new Uint8Array(rows.uids.length);
  for (const batch of known) {
    let at = 0;
    for (let i = 0; i < rows.uids.length; i++) {
      while (at < batch.uids.length && batch.uids[at]! < rows.uids[i]!) at++;
      if (
        at < batch.uids.length &&
        batch.uids[at] === rows.uids[i] &&
        batch.modSeqs[at] === rows.modSeqs[i]
      ) {
        isKnown[i] = 1;
      }
    }
  }
  return filterRows(rows, (i) => isKnown[i] === 0);
}

function concat(a: Uint32Array, b: Uint32Array): Uint32Array {
  if (a.length === 0 || b.length === 0) return a.length === 0 ? b : a;
  const joined = new Uint32Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
