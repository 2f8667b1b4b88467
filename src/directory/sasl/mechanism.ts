// What a SASL mechanism (RFC 4422) is on the server's side: a row with a name, and an exchange that takes the client's
// octets and answers with a challenge, an account or a refusal.
//
// Exchanges know no socket and no protocol: IMAP, SMTP and POP3 carry their octets (negotiation.ts). What the grammar of a
// mechanism forbids is a Fault('sasl.malformed' | 'sasl.base64'); a directory that does not answer is a Transient.

import type { Random } from '../../base/clock.ts';
import { Secret } from '../../base/secret.ts';
import type { Settings } from '../../settings/settings.ts';
import type { TokenVerifier } from '../token-verifier.ts';
import type { Account, Directory } from '../user-source.ts';

/** Why a log-in was refused: for logs. Clients are told `authorization` apart, and all else as one. */
export type RefusalReason =
  | 'malformed'
  | 'unknown'
  | 'password'
  | 'disabled'
  | 'authorization'
  | 'binding'
  | 'token'
  | 'certificate';

export interface Accepted {
  readonly kind: 'accepted';
  readonly account: Account;
  /** The name that was proved; differs from the account where an administrator acts for a user. */
  readonly login: string;
}

export interface Refused {
  readonly kind: 'refused';
  readonly reason: RefusalReason;
  readonly login: string;
  /** What was tried, so that the same wrong password again is recognised (AuthGuard). */
  readonly attempt: Secret;
}

export type SaslOutcome = Accepted | Refused;
export type SaslStep = { readonly kind: 'challenge'; readonly octets: Uint8Array } | SaslOutcome;

/** Channel binding types (RFC 5056) that can be had here. */
export type BindingType = 'tls-exporter' | 'tls-server-end-point';

/** The connection as mechanisms see it. */
export interface SaslChannel {
  readonly isSecure: boolean;
  /** Octets that tie an exchange to this TLS connection; undefined when it has none of that type. */
  readonly binding: (type: BindingType) => Uint8Array | undefined;
  /** Names in the client's certificate, verified against the configured authority; undefined without one. */
  readonly certificateNames: () => readonly string[] | undefined;
}

export interface SaslServices {
  readonly settings: Settings;
  readonly directory: Directory;
  readonly tokens: TokenVerifier;
  /** Same in all workers and after restarts: what unknown users seem to have is derived from it. */
  readonly installationKey: Uint8Array;
  readonly random: Random;
}

/** What one exchange works with. */
export interface SaslContext {
  readonly services: SaslServices;
  readonly channel: SaslChannel;
  /** SCRAM-SHA-256-PLUS was announced: a client that thinks otherwise was lied to (RFC 5802 6). */
  readonly offersPlus: boolean;
}

export interface SaslExchange {
  /** Sent when the client brought no initial response. */
  readonly firstChallenge: string;
  step(response: Uint8Array): Promise<SaslStep>;
}

export interface SaslMechanism {
  /** In capitals. */
  readonly name: string;
  /** Can it be used now, as far as the mechanism itself can tell? */
  readonly isAvailable: (services: SaslServices, channel: SaslChannel) => boolean;
  readonly begin: (context: SaslContext) => SaslExchange;
}

/** Longest name and password looked at, octets; a password hash must not be fed megabytes. */
const maxCredentialBytes = 1024;

/** False for what no source should even be asked: nothing, NUL (D03), or far too much. */
export const isPlausible = (text: string): boolean =>
  text !== '' && !text.includes('\0') && Buffer.byteLength(text) <= maxCredentialBytes;

export function refused(reason: RefusalReason, login: string, attempt: Secret | string): Refused {
  return {
    kind: 'refused',
    reason,
    login,
    attempt: typeof attempt === 'string' ? new Secret(attempt) : attempt,
  };
}
