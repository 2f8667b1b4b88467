// From the outcome of USER/PASS or AUTH to an opened maildrop.
//
// Wrong password, unknown and disabled users get one and the same answer after the same delay. Where pop3.lock says so the
// maildrop is taken for this session alone; IMAP and delivery are not held up by that.

import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '../base/outcome.ts';
import type { Refused, SaslOutcome } from '../directory/sasl/mechanism.ts';
import type { Account } from '../directory/user-source.ts';
import type { HeldName } from '../host/exclusive-name.ts';
import { counter } from '../host/metrics.ts';
import { accountRef } from '../routing/account-ref.ts';
import { Maildrop } from './maildrop.ts';
import type { Pop3Session } from './session.ts';
import type { SessionList } from './session-list.ts';

const logins = counter('tegu_pop3_logins_total', 'POP3 log-in attempts.', ['result']);

/** Opens the maildrop and replies, or refuses. */
export async function logIn(
  session: Pop3Session,
  sessions: SessionList,
  outcome: SaslOutcome,
  mechanism: string,
): Promise<void> {
  const { services, connection } = session;
  if (outcome.kind === 'refused') return await reject(session, outcome);
  const { account, login } = outcome;
  services.guard.succeeded(connection.remoteAddress, login);
  if (!sessions.add(session, account.address, services.settings.get('pop3.maxConnectionsPerUser'))) {
    logins.inc({ result: 'limit' });
    throw new Fault('pop3.too_many_sessions', 'Too many connections of this user');
  }
  try {
    await openDrop(session, account);
  } catch (error) {
    sessions.remove(session, account.address);
    throw error;
  }
  logins.inc({ result: 'ok' });
  session.log = session.log.with({ account: account.address });
  session.log.info('pop3.login', {
    mechanism,
    ...(login === account.address ? {} : { login: login.slice(0, 200) }),
    address: connection.remoteAddress,
    tls: connection.tls?.protocol ?? 'none',
  });
  const { drop } = session.open ?? {};
  session.ok(`Maildrop has ${drop?.count ?? 0} messages (${drop?.sizeBytes ?? 0} octets)`);
}

async function openDrop(session: Pop3Session, account: Account): Promise<void> {
  const { settings, stores, lockMaildrop } = session.services;
  let lock: HeldName | undefined;
  if (settings.get('pop3.lock')) {
    lock = await lockMaildrop(account.address);
    // RFC 1939 4: the maildrop is opened for one session alone.
    if (lock === undefined) throw new Fault('pop3.in_use', 'Another session has the maildrop');
  }
  try {
    const mail = await stores(account.domain).openAccount(accountRef(account, settings.current));
    try {
      session.open = { account, mail, drop: await Maildrop.open(mail), lock };
    } catch (error) {
      mail.close();
      throw error;
    }
  } catch (error) {
    lock?.release();
    throw error;
  }
}

/** Waits as the guard says, then refuses; ends the session when the address or the session had its attempts. */
async function reject(session: Pop3Session, { login, attempt, reason }: Refused): Promise<never> {
  const { guard, settings } = session.services;
  const address = session.connection.remoteAddress;
  const delayMs = guard.failed(address, login, guard.secretTag(login, attempt.reveal()));
  logins.inc({ result: 'refused' });
  session.log.warn('pop3.login_failed', { address, login: login.slice(0, 200), reason });
  await sleep(delayMs, undefined, { signal: session.connection.closed }).catch(() => {});
  session.authFailures += 1;
  if (guard.isBanned(address)) throw banned();
  if (session.authFailures >= settings.get('pop3.maxAuthFailures')) {
    throw new Fault('pop3.too_many_failures', 'Too many failed log-ins, closing the connection');
  }
  if (reason === 'authorization') {
    throw new Fault('pop3.authorization', 'Acting for another user is not allowed');
  }
  throw new Fault('pop3.auth_failed', 'Wrong user name or password');
}

export const banned = (): Fault =>
  new Fault('pop3.banned', 'Too many failed log-ins from your address, try again later');
