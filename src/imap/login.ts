// Log-in: from a name and a password to an opened account. Shared by LOGIN and every AUTHENTICATE mechanism.
//
// Refuses empty names, empty passwords and NUL before any source is asked (D02: an LDAP bind with an empty password
// "succeeds"). Wrong password, unknown and disabled users get one and the same answer after the same delay. Nothing that
// was typed is logged except the name.

import { setTimeout as sleep } from 'node:timers/promises';
import { Permanent } from '../base/outcome.ts';
import type { Secret } from '../base/secret.ts';
import type { Account } from '../directory/user-source.ts';
import { counter } from '../host/metrics.ts';
import { refuse } from '../proto/imap/fault.ts';
import type { AccountRef } from '../store/mail-store.ts';
import { isPasswordAllowed } from './capability.ts';
import { type Completion, ok } from './command.ts';
import { type ImapSession, SessionEnd } from './session.ts';

const logins = counter('tegu_imap_logins_total', 'IMAP log-in attempts.', ['result']);

/** What SASL mechanisms and LOGIN end with. */
export interface Credentials {
  readonly login: string;
  readonly password: Secret;
}

/** Longest name and password looked at; argon2 must not be fed megabytes. */
const maxCredentialBytes = 1024;

/** RFC 9051 6.2.3, 11.2: no password may be asked for in clear unless the operator allows it. */
export function assertPasswordAllowed(session: ImapSession): void {
  if (isPasswordAllowed(session.capabilityContext)) return;
  throw refuse('imap.tls_required', 'PRIVACYREQUIRED', 'Use TLS (STARTTLS or port 993) to log in');
}

/** Checks the credentials and opens the account; the tagged OK carries the capabilities (I14). */
export async function logIn(session: ImapSession, credentials: Credentials): Promise<Completion> {
  const { services, connection } = session;
  const account = await authenticate(session, credentials);
  services.guard.succeeded(connection.remoteAddress, credentials.login);
  const mail = await services.stores(account.domain).openAccount(accountRef(session, account));
  session.loggedIn = { account, mail };
  const limit = services.settings.get('imap.maxConnectionsPerUser');
  if (!session.registry.add(session, account.address, limit)) {
    session.loggedIn = undefined;
    mail.close();
    logins.inc({ result: 'limit' });
    session.log.warn('imap.too_many_sessions', { account: account.address, limit });
    throw refuse('imap.too_many_sessions', 'LIMIT', 'Too many connections of this user');
  }
  logins.inc({ result: 'ok' });
  session.log = session.log.with({ account: account.address });
  session.log.info('imap.login', {
    address: connection.remoteAddress,
    tls: connection.tls?.protocol ?? 'none',
  });
  session.applyCapabilityRules();
  return ok('Logged in', session.capabilityCode());
}

async function authenticate(session: ImapSession, credentials: Credentials): Promise<Account> {
  const { services } = session;
  if (!isPlausible(credentials.login) || !isPlausible(credentials.password.reveal())) {
    return await reject(session, credentials, 'malformed');
  }
  const answer = await services.directory.authenticate(credentials.login, credentials.password);
  if (answer.kind === 'refused') return await reject(session, credentials, answer.reason);
  return answer.account;
}

const isPlausible = (text: string): boolean =>
  text !== '' && !text.includes('\0') && Buffer.byteLength(text) <= maxCredentialBytes;

/** Waits as the guard says, then refuses; ends the session when the address is banned by now. */
async function reject(session: ImapSession, credentials: Credentials, reason: string): Promise<never> {
  const { guard } = session.services;
  const address = session.connection.remoteAddress;
  const tag = guard.secretTag(credentials.login, credentials.password.reveal());
  const delayMs = guard.failed(address, credentials.login, tag);
  logins.inc({ result: 'refused' });
  session.log.warn('imap.login_failed', { address, login: credentials.login.slice(0, 200), reason });
  await sleep(delayMs, undefined, { signal: session.connection.closed }).catch(() => {});
  if (guard.isBanned(address)) {
    throw new SessionEnd('imap.banned', 'Too many failed log-ins from your address, try again later');
  }
  // RFC 5530 3: the same answer whether the user exists or not.
  throw refuse('imap.login_failed', 'AUTHENTICATIONFAILED', 'Wrong user name or password');
}

/** The account as stores know it, with the limits that hold now: the user's own, else the domain's. */
function accountRef(session: ImapSession, account: Account): AccountRef {
  const domain = session.services.settings.current.domain(account.domain);
  if (domain === undefined) {
    throw new Permanent('imap.no_domain', 'the domain of the account is not configured', {
      detail: { domain: account.domain },
    });
  }
  return {
    address: account.address,
    quotaBytes: account.quotaBytes ?? domain.quotaBytes,
    quotaMessages: account.quotaMessages ?? 0,
  };
}
