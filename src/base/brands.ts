// Branded primitive types for values that must not be mixed up. A brand costs nothing at run time.

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** IMAP unique identifier of a message in a mailbox, 1..2^32-1 (RFC 9051 2.3.1.1). */
export type Uid = Brand<number, 'Uid'>;
/** IMAP message sequence number, 1..EXISTS. */
export type Seq = Brand<number, 'Seq'>;
/** Modification sequence, 1..2^53-1 here (RFC 7162 allows 2^63-1). */
export type ModSeq = Brand<number, 'ModSeq'>;
/** Lower-case A-label domain name without trailing dot, e.g. `example.test` or `xn--e1afmkfd.test`. */
export type DomainName = Brand<string, 'DomainName'>;
/** Localpart after unquoting, case as received. */
export type Localpart = Brand<string, 'Localpart'>;
/** Mailbox name inside the server: Unicode, `/` as hierarchy separator, `INBOX` in capitals (never modified UTF-7). */
export type MailboxName = Brand<string, 'MailboxName'>;
/** Identifies one connection or one message in every log line and header. */
export type TraceId = Brand<string, 'TraceId'>;
