// Port: where mail lies. One MailStore is one data store; a domain names the store that holds its accounts.
//
// Promises: whatever resolves has survived a power cut (DESIGN promise 1). Message octets come back as they went in.
// UIDs are never reused and never change while UIDVALIDITY stays. All methods may be called from several workers on the
// same account at once; sequence numbers are the session's business, stores speak UIDs only.
// Errors: Permanent('store.no_mailbox' | 'store.mailbox_exists' | 'store.bad_mailbox_name' | 'store.over_quota' |
// 'store.too_many_keywords' | 'store.expunged' | 'store.no_right' | 'store.bad_identifier' | 'store.too_many_mailboxes' |
// 'store.annotation_…'), Transient('store.io' | 'store.full' | 'store.busy').

import type { MailboxName, ModSeq, Uid } from '../base/brands.ts';
import type { MessageBody } from '../base/message-body.ts';
import type { MimeLimits } from '../native/mime.ts';
import type { AclEntry, Rights, RightsChange } from './acl.ts';

/** System flags as bits; keywords take bits 5..30 in the order of `Mailbox.keywords()`. Same bits as MaildirScan.flags. */
export const Flag = { answered: 1, flagged: 2, deleted: 4, seen: 8, draft: 16 } as const;
/** Keywords that one mailbox can hold: Maildir file names have 26 letters for them (docs/adr/0003). */
export const maxKeywords = 26;

/** Names an account inside a store and carries the limits that apply to it now. */
export interface AccountRef {
  /** Primary address in normal form. */
  readonly address: string;
  /** 0 = unlimited. */
  readonly quotaBytes: number;
  readonly quotaMessages: number;
  /** Most mailboxes, INBOX included (RFC 9208 5.3); 0 or absent = unlimited. */
  readonly quotaMailboxes?: number;
  /** Holds public folders of a domain: nobody's own, without the usual folders. */
  readonly isPublic?: boolean;
}

/** What the bus calls a mailbox: the account that holds it and its name there. */
export interface MailboxSource {
  readonly account: string;
  readonly mailbox: MailboxName;
}

/** Where the mailboxes of a kind are found (RFC 2342); the prefix ends in `/` unless it is empty. */
export interface Namespaces {
  readonly personal: readonly string[];
  readonly others: readonly string[];
  readonly shared: readonly string[];
}

/** A set of annotations (RFC 5464): full entry names (`/private/comment`), lower case, with their octets. */
export type Annotations = ReadonlyMap<string, Buffer>;

/** IMAP special-use attributes (RFC 6154) without backslash, lower case. */
export type SpecialUse = 'all' | 'archive' | 'drafts' | 'flagged' | 'junk' | 'sent' | 'trash';

export interface MailboxInfo {
  readonly name: MailboxName;
  /** False for a name that exists only because it has children (\NoSelect). */
  readonly selectable: boolean;
  readonly subscribed: boolean;
  readonly specialUse: SpecialUse | undefined;
  /** What the session's user may do with it; absent: everything (an own mailbox). */
  readonly rights?: Rights;
  /** What bus events call it, when it belongs to another account. */
  readonly source?: MailboxSource;
}

export interface MailboxStatus {
  readonly messages: number;
  readonly recent: number;
  readonly unseen: number;
  readonly deleted: number;
  readonly uidNext: number;
  readonly uidValidity: number;
  readonly highestModSeq: ModSeq;
  /** Sum of RFC822.SIZE. */
  readonly sizeBytes: number;
}

export interface QuotaUsage {
  readonly usedBytes: number;
  readonly usedMessages: number;
  /** 0 = unlimited. */
  readonly limitBytes: number;
  readonly limitMessages: number;
  /** Mailboxes that can be selected, and how many there may be; 0 = unlimited. */
  readonly usedMailboxes: number;
  readonly limitMailboxes: number;
}

/** What a quota root limits, for SETQUOTA; undefined members stay as they are. */
export interface QuotaRoot {
  /** Name of the root (RFC 9208 2): the account whose mail counts. */
  readonly account: string;
  readonly usage: QuotaUsage;
}

/** Columns for a set of messages, rows in ascending UID order; UIDs that no longer exist are left out. */
export interface MessageRows {
  readonly uids: Uint32Array;
  readonly flags: Uint32Array;
  readonly modSeqs: Float64Array;
  /** RFC822.SIZE, octets. */
  readonly sizes: Float64Array;
  /** INTERNALDATE, Unix ms. */
  readonly internalDates: Float64Array;
}

/** What changed after a modification sequence (RFC 7162). New messages are among `changed`. */
export interface MailboxChanges {
  readonly changed: MessageRows;
  /** Ascending. */
  readonly expunged: Uint32Array;
  readonly highestModSeq: ModSeq;
  readonly uidNext: number;
}

/** Parsed structure of one message; the buffers are ready to send (see MimeDescription). */
export interface MessageStructure {
  readonly envelope: Buffer;
  readonly body: Buffer;
  readonly bodyStructure: Buffer;
  readonly parts: Float64Array;
  readonly dateMs: number;
  readonly dateZoneMinutes: number;
}

/** What can be left out of a MessageStructure. */
export type StructureColumn = 'envelope' | 'body' | 'bodyStructure' | 'parts';

/** What a message is called for ever (RFC 8474); printable ASCII, at most 255 characters. */
export interface ObjectIds {
  /** The same for a message and its copies, wherever they are moved. */
  readonly emailId: string;
  /** The same for the messages of one conversation; undefined when the store cannot tell. */
  readonly threadId: string | undefined;
}

/** Date field of messages, NaN where it is absent or unreadable. */
export interface SentDates {
  readonly dateMs: Float64Array;
  readonly zoneMinutes: Float64Array;
}

/** What SORT can ask of a header (RFC 5256 3, RFC 5957). */
export type SortKey = 'subject' | 'from' | 'to' | 'cc' | 'display-from' | 'display-to';

/** What threading needs of a message (RFC 5256 3). */
export interface ThreadFacts {
  /** Normalised Message-ID, '' when there is none. */
  readonly messageId: string;
  /** Normalised identifiers of References, else the first of In-Reply-To. */
  readonly references: readonly string[];
  /** Folded. */
  readonly baseSubject: string;
  readonly isReplyOrForward: boolean;
  /** Date field, else INTERNALDATE; Unix ms. */
  readonly sentMs: number;
}

export type FlagChange = 'add' | 'remove' | 'replace';

export interface StoreFlagsResult {
  /** The messages as they are now, in ascending UID order, also those for which nothing changed. */
  readonly rows: MessageRows;
  /** UIDs refused because MODSEQ was above `unchangedSince` (RFC 7162 3.1.3). */
  readonly modified: Uint32Array;
}

/** Where messages went: source UID i became destination UID i (COPYUID). */
export interface CopyResult {
  readonly uidValidity: number;
  readonly sourceUids: Uint32Array;
  readonly destinationUids: Uint32Array;
}

/** One mailbox as opened by a session. Cheap: workers share the state behind it. */
export interface Mailbox {
  readonly name: MailboxName;
  readonly uidValidity: number;
  /** MAILBOXID (RFC 8474 5.1): stays over RENAME, a new one after DELETE and CREATE. */
  readonly id: string;
  /** What bus events call it: of another account when the mailbox is shared. Follows renames. */
  readonly source: MailboxSource;
  /**
   * What the session's user may do here now (RFC 4314 2.1); all rights in own mailboxes. Changes when somebody changes the
   * ACL; operations without the right they need fail with Permanent('store.no_right').
   */
  rights(): Rights;
  /** Names of the keyword bits; index 0 is bit 5. May grow. */
  keywords(): readonly string[];
  /** Looks for changes made by other programs and other workers, gives new mail its UIDs; durable before it resolves. */
  sync(): Promise<void>;
  /**
   * All UIDs ascending, with the modification sequence this view belongs to. Sessions share the array: it never changes and
   * nobody writes to it.
   */
  view(): Promise<{ readonly uids: Uint32Array; readonly uidNext: number; readonly highestModSeq: ModSeq }>;
  /**
   * Takes \Recent for the messages below `below` (default: all) that nobody has taken yet; returns the first UID that is
   * recent for this session (RFC 3501 2.3.2). With the UIDNEXT of a view every message is recent for one session only.
   */
  claimRecent(below?: Uid): Promise<Uid>;
  /** First UID that nobody has taken yet: what a read-only session shows as \Recent. */
  firstRecent(): Promise<Uid>;
  /** The first message without \Seen. */
  firstUnseen(): Promise<Uid | undefined>;
  status(): Promise<MailboxStatus>;
  rows(uids: Uint32Array): Promise<MessageRows>;
  changesSince(modSeq: ModSeq): Promise<MailboxChanges>;
  /**
   * Parsed structures, cached in the store; undefined where the message is gone. With `columns` the others of them may be
   * empty, which makes it several times faster for many messages.
   */
  structures(
    uids: Uint32Array,
    limits: MimeLimits,
    columns?: readonly StructureColumn[],
  ): Promise<(MessageStructure | undefined)[]>;
  /** Header octets of the message with the empty line; undefined where the message is gone. */
  header(uid: Uid, limits: MimeLimits): Promise<Buffer | undefined>;
  /** Octets [start, end) of the message, clamped; at most 16 MiB a call. Permanent('store.expunged') when gone. */
  read(uid: Uid, start: number, end: number): Promise<Buffer>;
  /** TEXT or BODY substring search over the given messages; UIDs that match, ascending. */
  searchText(
    uids: Uint32Array,
    needle: string,
    includeHeader: boolean,
    limits: MimeLimits,
  ): Promise<Uint32Array>;
  /**
   * UIDs whose header field `field` (lower case) contains `needle`, compared as `searchText` does; address fields also
   * without comments and blanks. The empty needle asks whether the field occurs. `uids` ascend.
   */
  searchHeader(uids: Uint32Array, field: string, needle: string, limits: MimeLimits): Promise<Uint32Array>;
  /** Date field of each of `uids` (ascending). */
  sentDates(uids: Uint32Array, limits: MimeLimits): Promise<SentDates>;
  /** Sort keys of `uids` (ascending), folded: to be compared by code unit. */
  sortKeys(uids: Uint32Array, key: SortKey, limits: MimeLimits): Promise<string[]>;
  threadFacts(uids: Uint32Array, limits: MimeLimits): Promise<ThreadFacts[]>;
  /** When each of `uids` (ascending) came into the mailbox, Unix ms; NaN where that is not known (RFC 8514). */
  saveDates(uids: Uint32Array): Promise<Float64Array>;
  /** Undefined where the message is gone. `uids` ascend. */
  objectIds(uids: Uint32Array, limits: MimeLimits): Promise<(ObjectIds | undefined)[]>;
  /** Beginning of each message's text, at most 200 characters (RFC 8970); undefined where the message is gone. */
  previews(uids: Uint32Array, limits: MimeLimits): Promise<(string | undefined)[]>;
  storeFlags(
    uids: Uint32Array,
    change: FlagChange,
    flags: readonly string[],
    unchangedSince?: ModSeq,
  ): Promise<StoreFlagsResult>;
  /** Removes those of `uids` that carry \Deleted (all such when undefined); returns the UIDs removed, ascending. */
  expunge(uids?: Uint32Array): Promise<Uint32Array>;
  /**
   * All or nothing. Messages that are gone are left out; with `whole` one that is gone fails the copy with
   * Permanent('store.expunged').
   */
  copyTo(uids: Uint32Array, destination: MailboxName, whole?: boolean): Promise<CopyResult>;
  /** Messages that are gone are left out. */
  moveTo(uids: Uint32Array, destination: MailboxName): Promise<CopyResult>;
  /** Gives up the session's interest; shared state is dropped with the last one. */
  close(): void;
}

export interface AppendMessage {
  readonly flags: readonly string[];
  /** INTERNALDATE in Unix ms; undefined = now. */
  readonly internalDateMs: number | undefined;
  readonly sizeBytes: number;
}

/** APPEND in progress; several messages make a MULTIAPPEND, which becomes visible as a whole (RFC 3502). */
export interface Append {
  /** Streams one message into the store's temporary area. Quota is checked against sizeBytes before the first octet. */
  add(message: AppendMessage, octets: AsyncIterable<Uint8Array>): Promise<void>;
  /** Durable when it resolves; UIDs in the order of add(). */
  commit(): Promise<{ readonly uidValidity: number; readonly uids: Uint32Array }>;
  /** Removes what was streamed; harmless after commit(). */
  abort(): Promise<void>;
}

export interface MailAccount {
  readonly ref: AccountRef;
  /** All mailboxes in name order, INBOX first. */
  mailboxes(): Promise<readonly MailboxInfo[]>;
  /** Subscribed names, also of mailboxes that do not exist (RFC 3501 6.3.6). */
  subscriptions(): Promise<readonly MailboxName[]>;
  create(name: MailboxName, specialUse?: SpecialUse): Promise<void>;
  /** Removes the mailbox and its mail; children stay and the name becomes \NoSelect when it has some. */
  delete(name: MailboxName): Promise<void>;
  /** With inferiors; renaming INBOX moves its mail and leaves an empty INBOX (RFC 3501 6.3.5). */
  rename(from: MailboxName, to: MailboxName): Promise<void>;
  subscribe(name: MailboxName, subscribed: boolean): Promise<void>;
  setSpecialUse(name: MailboxName, specialUse: SpecialUse | undefined): Promise<void>;
  open(name: MailboxName): Promise<Mailbox>;
  append(name: MailboxName): Promise<Append>;
  quota(): Promise<QuotaUsage>;
  /** The quota root under which a mailbox counts, or would if it were made. */
  quotaRoot(name: MailboxName): Promise<QuotaRoot>;
  /** What the user of this account may do with a mailbox: all rights in own ones. */
  rights(name: MailboxName): Promise<Rights>;
  /** The access control list as it is kept, the owner not included (RFC 4314 3.3). */
  acl(name: MailboxName): Promise<readonly AclEntry[]>;
  /** Changes the entry of one identifier, alone; durable when it resolves. */
  setAcl(name: MailboxName, identifier: string, change: RightsChange): Promise<void>;
  /** Annotations of a mailbox, of the account (server annotations) when `name` is undefined. */
  annotations(name: MailboxName | undefined): Promise<Annotations>;
  /** Sets entries, removes those that are undefined, all or nothing; durable when it resolves. */
  setAnnotations(
    name: MailboxName | undefined,
    changes: ReadonlyMap<string, Buffer | undefined>,
    limits: AnnotationLimits,
  ): Promise<void>;
  namespaces(): Namespaces;
  close(): void;
}

/** Bounds of one annotation set (RFC 5464 4.3); exceeding one is Permanent('store.annotation_…'). */
export interface AnnotationLimits {
  /** Octets of one value. */
  readonly maxValueBytes: number;
  /** Entries of one mailbox or account. */
  readonly maxEntries: number;
}

/** One message for one account. */
export interface Delivery {
  readonly account: AccountRef;
  readonly mailbox: MailboxName;
  /** Return-Path, Received and other lines that go before the body; ends in CRLF. */
  readonly prefix: Uint8Array;
  readonly body: MessageBody;
  /** Flags to set, normally none. */
  readonly flags: readonly string[];
}

/** Whose mailboxes name which identifier in their ACLs: a hint for finding them, the ACL decides. */
export interface Share {
  readonly account: string;
  readonly mailbox: MailboxName;
}

export interface MailStore {
  readonly name: string;
  /**
   * Creates the account's folders on first use. `viewer`: the address of another user whose \Seen flags and private
   * annotations are to be shown and changed instead of the owner's; what that user may do is not asked here.
   */
  openAccount(ref: AccountRef, viewer?: string): Promise<MailAccount>;
  /** Mailboxes whose ACL names one of `identifiers` (`alice@example.org`, `$sales`, `anyone`), of all accounts. */
  sharedWith(identifiers: readonly string[]): Promise<readonly Share[]>;
  /** Reads the ACLs of all accounts again; resolves with the number of shared mailboxes found. */
  rebuildShares(): Promise<number>;
  /** Durable when it resolves. Never opens an index. Falls back to INBOX when the mailbox does not exist. */
  deliver(delivery: Delivery): Promise<void>;
  /** Quota check without delivery, for RCPT: throws Permanent('store.over_quota') when `sizeBytes` more would not fit. */
  checkQuota(ref: AccountRef, sizeBytes: number): Promise<void>;
  /** Verifies that the store can be used (paths, rights, free space); throws with what to do otherwise. */
  check(): Promise<void>;
  close(): Promise<void>;
}
