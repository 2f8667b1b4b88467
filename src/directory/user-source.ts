// Port: where accounts come from (JSON file now, LDAPv3 later). Sources are read, searched and bound, never mirrored.
//
// A source that cannot answer throws Transient('directory.unavailable'); "no such user" is an answer, not an error.

import type { DomainName, Localpart } from '../base/brands.ts';
import type { Secret } from '../base/secret.ts';

/** What the rest of the server knows about a user; never contains a password or hash. */
export interface Account {
  /** Primary address in normal form: lower-case localpart, A-label domain. Also the key of the account in stores. */
  readonly address: string;
  readonly domain: DomainName;
  readonly localpart: Localpart;
  readonly displayName: string;
  /** Full secondary addresses in normal form. */
  readonly aliases: readonly string[];
  /** Storage quota; 0 = unlimited, undefined = the domain's or server's default. */
  readonly quotaBytes: number | undefined;
  readonly quotaMessages: number | undefined;
  /** Most mailboxes; 0 = unlimited, undefined = the domain's or server's default. */
  readonly quotaMailboxes?: number | undefined;
  /** Groups of the user, without `$`: who they are in access lists (RFC 4314). */
  readonly groups?: readonly string[];
  /** False: mail is still received, log-in is refused. */
  readonly enabled: boolean;
  /** True for accounts that may use the administration interfaces. */
  readonly admin: boolean;
  /** Name of the source that knows the account. */
  readonly source: string;
}

export type AuthAnswer =
  | { readonly kind: 'accepted'; readonly account: Account }
  /** Wrong password, unknown or disabled user; the caller must not tell which. */
  | { readonly kind: 'refused'; readonly reason: 'unknown' | 'password' | 'disabled' };

/** What a server keeps to check SCRAM-SHA-256 (RFC 5802 3); the password cannot be read from it, only guessed. */
export interface ScramVerifier {
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

export interface ScramCredentials {
  readonly account: Account;
  readonly verifier: ScramVerifier;
}

export interface UserSource {
  /** Unique among the sources of a profile; appears in logs and in `explain`. */
  readonly name: string;
  /** Exact match of a primary address or alias in normal form (no delimiter, catch-all or case logic here). */
  resolve(domain: DomainName, localpart: string): Promise<Account | undefined>;
  /**
   * Checks a password. Takes the same time for unknown users. An empty password is refused before any look-up
   * (RFC 4513 5.1.2 is why).
   */
  authenticate(login: string, password: Secret): Promise<AuthAnswer>;
  /** Account and SCRAM verifier of an address; undefined when there is no such user, or none that SCRAM can check. */
  scramCredentials(login: string): Promise<ScramCredentials | undefined>;
  /** True when every user with a password has a SCRAM verifier: only then may SCRAM be offered unasked. */
  readonly allHaveScram: boolean;
  /** All accounts of a domain (all domains when undefined), in address order, for lists and the GAL. */
  list(domain?: DomainName): AsyncIterable<Account>;
  close(): Promise<void>;
}

/** The union of the sources of every domain; first source wins on a clash. Same contract as one source. */
export interface Directory {
  resolve(domain: DomainName, localpart: string): Promise<Account | undefined>;
  authenticate(login: string, password: Secret): Promise<AuthAnswer>;
  /** The account that a log-in name means, for mechanisms whose proof is no password. */
  accountOf(login: string): Promise<Account | undefined>;
  /** `address` is what the name was taken for, also when nobody has it. */
  scramCredentials(
    login: string,
  ): Promise<{ readonly address: string; readonly found: ScramCredentials | undefined }>;
  readonly allHaveScram: boolean;
  list(domain?: DomainName): AsyncIterable<Account>;
}
