// NOTIFY in force for one session (RFC 5465): takes note of what the bus tells and says it when it may be said.
//
// Outside IDLE news is written while the session waits for its client; the command loop waits for `settled` before it runs
// the next command, so answers never mix. Inside IDLE and at the end of a command the loop there calls `tell`. Memory is
// bounded: too many mailboxes or too much that waits ends NOTIFY with NOTIFICATIONOVERFLOW (RFC 5465 5.8). What is told is
// read from the store when it is told, so notifications that come twice are told once; and since the bus may lose some, the
// names, the selected mailbox and some others in turn are looked at every `imap.pollMs`.

import type { MailboxName } from '../../base/brands.ts';
import { Permanent, Transient } from '../../base/outcome.ts';
import { errorFields } from '../../host/log.ts';
import { refuse } from '../../proto/imap/fault.ts';
import { formatMailboxName } from '../../proto/imap/mailbox-name.ts';
import { meansSelected, type NotifyEvent, type NotifyGroup } from '../../proto/imap/notify-arguments.ts';
import type { MailboxStatus } from '../../store/mail-store.ts';
import { AnnotationNews } from '../annotation-news.ts';
import { withUid } from '../commands/fetch.ts';
import { isConnectionFailure } from '../failure.ts';
import { runFetch } from '../fetch/fetch-run.ts';
import { filterTest } from '../mailbox-filter.ts';
import type { ImapSession } from '../session.ts';
import { type KnownNames, listAnswer, nameChanges, readNames, subscriptionChanges } from './mailbox-names.ts';

interface GroupTest {
  readonly group: NotifyGroup;
  readonly matches: (name: MailboxName) => boolean;
}

/** Mailboxes looked at each `imap.pollMs` although nobody told of a change. */
const mailboxesPerPoll = 50;

/** What of a mailbox was told last. */
type Told = Pick<MailboxStatus, 'messages' | 'uidNext' | 'uidValidity' | 'highestModSeq'>;

const sourceKey = (account: string, mailbox: string): string => `${account}\0${mailbox}`;

export class Notification {
  readonly #session: ImapSession;
  readonly #groups: readonly NotifyGroup[];
  readonly #selectedGroup: NotifyGroup | undefined;
  #names: KnownNames;
  #tests: readonly GroupTest[];
  /** Names of mailboxes of others by what the bus calls them. */
  #foreign = new Map<string, MailboxName>();
  #watched = new Set<string>();
  readonly #told = new Map<MailboxName, Told>();
  readonly #pending = new Set<MailboxName>();
  #listChanged = false;
  #selectedChanged = false;
  #annotated = false;
  #overflow = false;
  #closed = false;
  #telling: Promise<void> | undefined;
  /** Data of new messages are being written. */
  #fetching: Promise<unknown> | undefined;
  #pollTimer: NodeJS.Timeout | undefined;
  /** Mailboxes whose turn to be looked at without a notification is still to come. */
  #unpolled: MailboxName[] = [];

  private constructor(session: ImapSession, groups: readonly NotifyGroup[], names: KnownNames) {
    this.#session = session;
    this.#groups = groups;
    this.#selectedGroup = groups.find(({ filter }) => meansSelected(filter));
    this.#names = names;
    this.#tests = this.#makeTests();
  }

  /**
   * Begins to listen; with `status` writes STATUS of every mailbox whose messages are asked for (RFC 5465 3.1). Throws NO
   * [NOTIFICATIONOVERFLOW] when there are more than `imap.maxNotifyMailboxes`.
   */
  static async open(
    session: ImapSession,
    groups: readonly NotifyGroup[],
    status: boolean,
  ): Promise<Notification> {
    const withIds = groups.some(({ events }) => events.has('MailboxName'));
    const notification = new Notification(session, groups, await readNames(session, withIds));
    const names = notification.#messageMailboxes();
    if (names.length > session.services.settings.get('imap.maxNotifyMailboxes')) {
      throw refuse('imap.notify_overflow', 'NOTIFICATIONOVERFLOW', 'These are too many mailboxes');
    }
    try {
      notification.#watchOwners();
      for (const name of names) await notification.#begin(name, status);
      notification.#pollLater();
    } catch (error) {
      notification.close();
      throw error;
    }
    return notification;
  }

  /** Metadata events share what ENABLE METADATA listens with. */
  async listenToAnnotations(): Promise<void> {
    const wanted = this.#wants('MailboxMetadataChange') || this.#wants('ServerMetadataChange');
    const session = this.#session;
    const isOurs = session.annotationNews === undefined || session.annotationNews.accepts !== undefined;
    if (!isOurs) return;
    session.annotationNews?.close();
    session.annotationNews = undefined;
    if (!wanted) return;
    const news = new AnnotationNews(session);
    news.accepts = (name) => this.#wantsAnnotations(name);
    session.annotationNews = news;
    await news.start();
  }

  // --- taking note ------------------------------------------------------------------------------------------------------

  /** From the bus: `mailbox` as `account` calls it changed, or the list of them when undefined. Cheap and synchronous. */
  note(account: string, mailbox: string | undefined, isSelected: boolean): void {
    if (this.#closed) return;
    if (isSelected) this.#selectedChanged = true;
    if (mailbox === undefined) this.#listChanged = true;
    else if (!isSelected) this.#notePending(this.#nameOf(account, mailbox));
    this.wake();
  }

  /** Annotations of a mailbox ('': of the server) wait to be told. */
  noteAnnotation(name: string): void {
    if (this.#closed || !this.#wantsAnnotations(name)) return;
    this.#annotated = true;
    this.wake();
  }

  /** Starts telling when the session waits for its client; IDLE is woken and tells itself. */
  wake(): void {
    if (this.#closed || !this.#hasNews) return;
    const { onChange, waitingSinceMs } = this.#session;
    if (onChange !== undefined) onChange();
    else if (waitingSinceMs !== undefined) this.#telling ??= this.#tellWhileWaiting();
  }

  /** Resolves when no answer of NOTIFY is being written. */
  async settled(): Promise<void> {
    await this.#telling;
    await this.#fetching;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#pollTimer);
    this.#pending.clear();
    this.#told.clear();
    for (const account of this.#watched) this.#session.registry.unwatch(this.#session, account);
    this.#watched.clear();
    const news = this.#session.annotationNews;
    if (this.#session.notification !== this || news?.accepts === undefined) return;
    news.close();
    this.#session.annotationNews = undefined;
  }

  #pollLater(): void {
    if (this.#closed) return;
    const { settings } = this.#session.services;
    this.#pollTimer = setTimeout(() => {
      this.#poll();
      this.#pollLater();
    }, settings.get('imap.pollMs')).unref();
  }

  #poll(): void {
    this.#listChanged = true;
    if (this.#tellsSelected && this.#session.selected !== undefined) {
      this.#session.selected.markChanged();
      this.#selectedChanged = true;
    }
    if (this.#unpolled.length === 0) this.#unpolled = this.#messageMailboxes();
    // What waits already is enough; looking must not be what overflows.
    if (this.#pending.size === 0)
      for (const name of this.#unpolled.splice(0, mailboxesPerPoll)) this.#pending.add(name);
    this.wake();
  }

  get #hasNews(): boolean {
    return (
      this.#listChanged ||
      this.#annotated ||
      this.#overflow ||
      this.#pending.size > 0 ||
      (this.#selectedChanged && this.#tellsSelected)
    );
  }

  /** RFC 5465 6.1: without message events for the selected mailbox nothing of it is told between commands. */
  get #tellsSelected(): boolean {
    return this.#selectedGroup?.events.has('MessageNew') === true;
  }

  #notePending(name: MailboxName | undefined): void {
    if (name === undefined || !this.#hasMessageEvents(name)) return;
    this.#pending.add(name);
    if (this.#pending.size > this.#session.services.settings.get('imap.maxNotifyPending'))
      this.#overflow = true;
  }

  // --- telling ----------------------------------------------------------------------------------------------------------

  /** Writes what waits, the selected mailbox excepted. Throws only when the connection failed. */
  async tell(): Promise<void> {
    try {
      await this.#tellAll();
    } catch (error) {
      if (!(error instanceof Transient) || isConnectionFailure(error)) throw error;
      this.#session.log.warn('imap.notify_failed', errorFields(error));
    }
  }

  /** New messages of the selected mailbox were announced: their data follow (RFC 5465 5.2). */
  async tellArrived(uids: Uint32Array): Promise<void> {
    const items = this.#selectedGroup?.items ?? [];
    if (items.length === 0 || this.#closed) return;
    const byUid = this.#session.tellsUids;
    const request = { uids, items: withUid(this.#session, { items, byUid }), byUid };
    this.#fetching = runFetch(this.#session, request);
    try {
      await this.#fetching;
    } finally {
      this.#fetching = undefined;
    }
  }

  async #tellWhileWaiting(): Promise<void> {
    const session = this.#session;
    try {
      while (this.#hasNews && !this.#closed && session.waitingSinceMs !== undefined) {
        await this.#tellAll();
        if (this.#selectedChanged && this.#tellsSelected && !this.#closed) {
          this.#selectedChanged = false;
          // RFC 5465 6.2: selected-delayed keeps message numbers as they are until a command ends.
          const expunges = this.#selectedGroup?.filter.kind === 'selected';
          await session.selected?.announce({ expunges, poll: false });
        }
        await session.flush();
      }
    } catch (error) {
      if (isConnectionFailure(error)) return;
      session.log.warn('imap.notify_failed', errorFields(error as Error));
      if (!(error instanceof Transient)) session.requestStop('Internal error');
    } finally {
      this.#telling = undefined;
    }
  }

  async #tellAll(): Promise<void> {
    if (this.#closed) return;
    if (this.#listChanged) {
      this.#listChanged = false;
      try {
        await this.#tellNames();
      } catch (error) {
        this.#listChanged = true;
        throw error;
      }
    }
    if (this.#overflow) return this.#giveUp();
    if (this.#annotated) {
      this.#annotated = false;
      this.#session.annotationNews?.write();
    }
    for (const name of [...this.#pending]) {
      this.#pending.delete(name);
      try {
        await this.#tellStatus(name);
      } catch (error) {
        if (!this.#closed) this.#pending.add(name);
        throw error;
      }
      await this.#session.flush();
    }
  }

  /** RFC 5465 5.8: from here on as after NOTIFY NONE. */
  #giveUp(): void {
    this.#session.untagged('OK [NOTIFICATIONOVERFLOW] Too much happened, NOTIFY is off now');
    this.#session.log.info('imap.notify_overflow', {});
    this.close();
    this.#session.notification = undefined;
  }

  async #tellNames(): Promise<void> {
    const session = this.#session;
    const before = this.#names;
    const now = await readNames(session, this.#wants('MailboxName'), before);
    this.#names = now;
    const testsBefore = this.#tests;
    this.#tests = this.#makeTests();
    this.#watchOwners();
    const said = new Set<MailboxName>();
    const wants = (name: MailboxName, event: NotifyEvent): boolean =>
      [testsBefore, this.#tests].some((tests) => groupOf(tests, name)?.events.has(event) === true);
    for (const change of nameChanges(before, now)) {
      const { name, oldName } = change;
      this.#told.delete(oldName ?? name);
      if (!wants(name, 'MailboxName') && !(oldName !== undefined && wants(oldName, 'MailboxName'))) continue;
      said.add(name);
      session.untagged(listAnswer(now, change, session.utf8));
    }
    for (const name of subscriptionChanges(before, now)) {
      // RFC 5465 5.5: \Subscribed, or a LIST answer without it.
      if (said.has(name) || !wants(name, 'SubscriptionChange')) continue;
      session.untagged(listAnswer(now, { name, oldName: undefined }, session.utf8));
    }
    const limit = session.services.settings.get('imap.maxNotifyMailboxes');
    if (this.#messageMailboxes().length > limit) this.#overflow = true;
    await session.flush();
  }

  /** What is there at the beginning; told when the client asked for it, else kept to tell changes from it. */
  async #begin(name: MailboxName, tell: boolean): Promise<void> {
    if (name === this.#session.selected?.name) return;
    const status = await this.#readStatus(name);
    if (status === undefined) return;
    this.#told.set(name, status);
    if (tell) this.#writeStatus(name, status);
    await this.#session.flush();
  }

  async #tellStatus(name: MailboxName): Promise<void> {
    const status = await this.#readStatus(name);
    if (status === undefined || this.#closed || name === this.#session.selected?.name) return;
    const before = this.#told.get(name);
    this.#told.set(name, status);
    const messages =
      before?.messages !== status.messages ||
      before.uidNext !== status.uidNext ||
      before.uidValidity !== status.uidValidity;
    const flags = this.#has(name, 'FlagChange') && before?.highestModSeq !== status.highestModSeq;
    if (messages || flags) this.#writeStatus(name, status);
  }

  #writeStatus(name: MailboxName, status: Told): void {
    const { messages, uidNext, uidValidity, highestModSeq } = status;
    // RFC 5465 5.1 to 5.3; the modification sequence only where CONDSTORE is offered.
    const withModSeq = this.#has(name, 'FlagChange') && this.#session.isOn('CONDSTORE');
    const modSeq = withModSeq ? ` HIGHESTMODSEQ ${Math.max(1, highestModSeq)}` : '';
    const values = `MESSAGES ${messages} UIDNEXT ${uidNext} UIDVALIDITY ${uidValidity}${modSeq}`;
    this.#session.untagged(`STATUS ${formatMailboxName(name, this.#session.utf8)} (${values})`);
  }

  /** Undefined when the mailbox is gone or may not be looked into: such names are passed over (RFC 5465 6). */
  async #readStatus(name: MailboxName): Promise<Told | undefined> {
    try {
      const mailbox = await this.#session.mail.open(name);
      try {
        await mailbox.sync();
        const { messages, uidNext, uidValidity, highestModSeq } = await mailbox.status();
        return { messages, uidNext, uidValidity, highestModSeq };
      } finally {
        mailbox.close();
      }
    } catch (error) {
      if (error instanceof Permanent) return undefined;
      throw error;
    }
  }

  // --- what was asked for -----------------------------------------------------------------------------------------------

  #wants(event: NotifyEvent): boolean {
    return this.#groups.some(({ events }) => events.has(event));
  }

  #has(name: MailboxName, event: NotifyEvent): boolean {
    return groupOf(this.#tests, name)?.events.has(event) === true;
  }

  #hasMessageEvents(name: MailboxName): boolean {
    return this.#has(name, 'MessageNew');
  }

  #wantsAnnotations(name: string): boolean {
    // RFC 5465 5.7: the server has no mailbox name, so whichever group asks.
    return name === ''
      ? this.#wants('ServerMetadataChange')
      : this.#has(name as MailboxName, 'MailboxMetadataChange');
  }

  #messageMailboxes(): MailboxName[] {
    const names = [...this.#names.mailboxes].filter(([, { selectable }]) => selectable).map(([name]) => name);
    return names.filter((name) => this.#hasMessageEvents(name));
  }

  #makeTests(): GroupTest[] {
    const { mailboxes, subscriptions } = this.#names;
    return this.#groups
      .filter(({ filter }) => !meansSelected(filter))
      .map((group) => {
        const test = filterTest(group.filter, undefined, subscriptions);
        // RFC 5465 6.3, 6.4: of the personal namespace alone.
        const personal = group.filter.kind === 'personal' || group.filter.kind === 'inboxes';
        const isOwn = (name: MailboxName) => mailboxes.get(name)?.source === undefined;
        return { group, matches: personal ? (name) => isOwn(name) && test(name) : test };
      });
  }

  #nameOf(account: string, mailbox: string): MailboxName | undefined {
    if (account === this.#session.account.address) return mailbox as MailboxName;
    return this.#foreign.get(sourceKey(account, mailbox));
  }

  /** Listens to the accounts whose mailboxes are seen; accounts that are no longer seen are left alone until the end. */
  #watchOwners(): void {
    this.#foreign = new Map();
    for (const [name, { source }] of this.#names.mailboxes) {
      if (source === undefined) continue;
      this.#foreign.set(sourceKey(source.account, source.mailbox), name);
      if (this.#watched.has(source.account)) continue;
      this.#watched.add(source.account);
      this.#session.registry.watch(this.#session, source.account);
    }
  }
}

/** RFC 5465 6: the first group that names a mailbox decides about it. */
function groupOf(tests: readonly GroupTest[], name: MailboxName): NotifyGroup | undefined {
  return tests.find(({ matches }) => matches(name))?.group;
}
