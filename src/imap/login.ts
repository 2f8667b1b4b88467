// Log-in: from the outcome of LOGIN or an AUTHENTICATE mechanism to an opened account.
//
// Wrong password, unknown and disabled users get one and the same answer after the same delay. Nothing that was typed is
// logged except the name.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Refused, SaslOutcome } from '../directory/sasl/mechanism.ts';
import { counter } from '../host/metrics.ts';
import { refuse } from '../proto/imap/fault.ts';
import { accountRef } from '../routing/account-ref.ts';
import { openSessionAccount } from '../store/shared/session-account.ts';
import { isPasswordAllowed } from './capability.ts';
import { type Completion, ok } from './command.ts';
import { type ImapSession, SessionEnd } from './session.ts';

const logins = counter('tegu_imap_logins_total', 'IMAP log-in attempts.', ['result']);

/** Refuses what would carry credentials in clear, unless the operator allows it. RFC 9051 6.2.3, 11.2. */
export function assertEncrypted(session: ImapSession): void {
  if (session.connection.tls !== undefined || session.services.settings.get('imap.plaintextAuth')) return;
  throw refuse('imap.tls_required', 'PRIVACYREQUIRED', 'Use TLS (STARTTLS or port 993) to log in');
}

/** Refuses a password where none may be sent: in clear, or because only other mechanisms are offered. */
export function assertPasswordAllowed(session: ImapSession): void {
  assertEncrypted(session);
  if (isPasswordAllowed(session.capabilityContext)) return;
  throw refuse('imap.mechanism', 'CANNOT', 'Passwords are not taken here, use AUTHENTICATE');
}

/** Opens the account that a log-in ended with, or refuses; the tagged OK carries the capabilities (I14). */
export async function logIn(
  session: ImapSession,
  outcome: SaslOutcome,
  mechanism: string,
): Promise<Completion> {
  const { services, connection } = session;
  if (outcome.kind === 'refused') return await reject(session, outcome);
  const { account } = outcome;
  services.guard.succeeded(connection.remoteAddress, outcome.login);
  const mail = await openSessionAccount(services, account, accountRef(account, services.settings.current));
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
    mechanism,
    ...(outcome.login === account.address ? {} : { login: outcome.login.slice(0, 200) }),
    address: connection.remoteAddress,
    tls: connection.tls?.protocol ?? 'none',
  });
  session.applyCapabilityRules();
  return ok('Logged in', session.capabilityCode());
}

/** Waits as the guard says, then refuses; ends the session when the address is banned by now. */
async function reject(session: ImapSession, { login, attempt, reason }: Refused): Promise<never> {
  const { guard } = session.services;
  const address = session.connection.remoteAddress;
  const delayMs = guard.failed(address, login, guard.secretTag(login, attempt.reveal()));
  logins.inc({ result: 'refused' });
  session.log.warn('imap.login_failed', { address, login: login.slice(0, 200), reason });
  await sleep(delayMs, undefined, { signal: session.connection.closed }).catch(() => {});
  if (guard.isBanned(address)) {
    throw new SessionEnd('imap.banned', 'Too many failed log-ins from your address, try again later');
  }
  // RFC 5530 3: who they are was proved, whom they want to be was refused.
  if (reason === 'authorization') {
    throw refuse('imap.authorization', 'AUTHORIZATIONFAILED', 'Acting for another user is not allowed');
  }
  // RFC 5530 3: the same answer whether the user exists or not.
  throw refuse('imap.login_failed', 'AUTHENTICATIONFAILED', 'Wrong user name or password');
}
