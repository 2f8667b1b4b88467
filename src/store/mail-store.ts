// Port: where mail lies. One MailStore is one data store; a domain names the store that holds its accounts.
//
// Promises: whatever resolves has survived a power cut (DESIGN promise 1). Message octets come back as they went in.
// UIDs are never reused and never change while UIDVALIDITY stays. All methods may be called from several workers on the
// same account at once; sequence numbers are the session's business, stores speak UIDs only.
// Errors: Permanent('store.no_mailbox' | 'store.mailbox_exists' | 'store.bad_mailbox_name' | 'store.over_quota' |
// 'store.too_many_keywords' | 'store.expunged'), Transient('store.io' | 'store.full' | 'store.busy').

import type { MailboxName, ModSeq, Uid } from '../base/brands.ts';
import type { MessageBody } from '../base/message-body.ts';
import type { MimeLimits } from '../native/mime.ts';

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
}

/** IMAP special-use attributes (RFC 6154) without backslash, lower case. */
export type SpecialUse = 'all' | 'archive' | 'drafts' | 'flagged' | 'junk' | 'sent' | 'trash';

export interface MailboxInfo {
  readonly name: MailboxName;
  /** False for a name that exists only because it has children (\NoSelect). */
  readonly selectable: boolean;
  readonly subscribed: boolean;
  readonly specialUse: SpecialUse | undefined;
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
  /** Names of the keyword bits; index 0 is bit 5. May grow. */
  keywords(): readonly string[];
  /** Looks for changes made by other programs and other workers, gives new mail its UIDs; durable before it resolves. */
  sync(): Promise<void>;
  /** All UIDs ascending, with the modification sequence this view belongs to. */
  view(): Promise<{ readonly uids: Uint32Array; readonly uidNext: number; readonly highestModSeq: ModSeq }>;
  /** Takes \Recent for all messages not yet taken; returns the first UID that is recent for this session (RFC 3501 2.3.2). */
  claimRecent(): Promise<Uid>;
  /** First UID that nobody has taken yet: what a read-only session shows as \Recent. */
  firstRecent(): Promise<Uid>;
  status(): Promise<MailboxStatus>;
  rows(uids: Uint32Array): Promise<MessageRows>;
  changesSince(modSeq: ModSeq): Promise<MailboxChanges>;
  /** Parsed structures, cached in the store; undefined where the message is gone. */
  structures(uids: Uint32Array, limits: MimeLimits): Promise<(MessageStructure | undefined)[]>;
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
  close(): void;
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

export interface MailStore {
  readonly name: string;
  /** Creates the account's folders on first use. */
  openAccount(ref: AccountRef): Promise<MailAccount>;
  /** Durable when it resolves. Never opens an index. Falls back to INBOX when the mailbox does not exist. */
  deliver(delivery: Delivery): Promise<void>;
  /** Quota check without delivery, for RCPT: throws Permanent('store.over_quota') when `sizeBytes` more would not fit. */
  checkQuota(ref: AccountRef, sizeBytes: number): Promise<void>;
  /** Verifies that the store can be used (paths, rights, free space); throws with what to do otherwise. */
  check(): Promise<void>;
  close(): Promise<void>;
}
