// AUTH (RFC 4954) over the mechanisms of src/directory/sasl. Credentials are asked for only where they may be sent: under
// TLS, unless the operator says otherwise.
//
// Wrong password, unknown and disabled user get one answer after the guard's delay; banned addresses are refused before any
// source is asked. Nothing but the login name is logged.

import { setTimeout as sleep } from 'node:timers/promises';
import { Bug, Fault, Outcome, Transient } from '../../base/outcome.ts';
import type { Refused, SaslExchange, SaslOutcome } from '../../directory/sasl/mechanism.ts';
import { beginExchange, negotiate, offeredMechanisms } from '../../directory/sasl/negotiation.ts';
import type { Account } from '../../directory/user-source.ts';
import { counter } from '../../host/metrics.ts';
import { decodeBase64 } from '../../proto/sasl/plain.ts';
import type { Command } from '../command.ts';
import { maxAuthLineBytes } from '../line-input.ts';
import { readLine } from '../line-wait.ts';
import type { SmtpSession } from '../session.ts';

const logins = counter('tegu_smtp_logins_total', 'SMTP log-in attempts', ['result']);

export const auth: Command = {
  verb: 'AUTH',
  usage: 'AUTH mechanism [initial-response]',
  isIdle: false,
  async run(session, argument) {
    assertMayAuth(session);
    const [mechanism = '', initial, ...more] = argument.split(' ');
    if (mechanism === '' || more.length > 0)
      throw new Fault('smtp.bad_argument', 'Expected AUTH mechanism [response]');
    const offer = session.saslOffer;
    const exchange = beginExchange(offer, offeredMechanisms(offer), mechanism);
    if (exchange === undefined) throw new Fault('smtp.auth_mechanism', 'Mechanism is not supported');
    const outcome = await runExchange(session, exchange, initial);
    session.account = await logIn(session, outcome, mechanism.toUpperCase());
    session.reply(235, '2.7.0', 'Logged in');
  },
};

function assertMayAuth(session: SmtpSession): void {
  if (!session.hasAuth) throw new Fault('smtp.not_offered', 'AUTH is not offered on this port');
  if (!session.mayAuth) throw new Fault('smtp.tls_required', 'Use STARTTLS before you log in');
  if (session.helo === undefined) throw new Fault('smtp.out_of_order', 'Send EHLO first');
  // RFC 4954 4: once a session, and not inside a transaction.
  if (session.account !== undefined) throw new Fault('smtp.out_of_order', 'You are logged in already');
  if (session.transaction !== undefined) throw new Fault('smtp.out_of_order', 'Not inside a transaction');
  if (session.services.guard.isBanned(session.connection.remoteAddress)) throw banned();
}

function banned(): Fault {
  return new Fault('smtp.banned', 'Too many failed log-ins from your address, try again later');
}

async function runExchange(
  session: SmtpSession,
  exchange: SaslExchange,
  initial: string | undefined,
): Promise<SaslOutcome> {
  try {
    const first = initial === undefined ? undefined : decodeInitial(initial);
    return await negotiate(exchange, first, (challenge) => ask(session, challenge));
  } catch (error) {
    // Faults are the client's, and the connection's end is nobody's answer; what is left is a source that does not answer.
    if (!(error instanceof Outcome) || error instanceof Fault || error.code.startsWith('host.')) throw error;
    if (error instanceof Bug) throw error;
    logins.inc({ result: 'unavailable' });
    // RFC 4954 6: 454, so that the client keeps the password.
    throw new Transient('smtp.auth_unavailable', 'Cannot check the password now, try again later', {
      cause: error,
    });
  }
}

/** RFC 4954 4: `=` stands for an empty initial response. */
function decodeInitial(text: string): Uint8Array {
  return text === '=' ? new Uint8Array() : decodeBase64(text);
}

async function ask(session: SmtpSession, challenge: Uint8Array): Promise<Uint8Array> {
  session.connection.write(`334 ${Buffer.from(challenge).toString('base64')}\r\n`);
  const answer = await readLine(session, maxAuthLineBytes);
  // RFC 4954 4: the client gives up.
  if (answer === '*') throw new Fault('smtp.auth_cancelled', 'Log-in cancelled');
  return decodeBase64(answer);
}

async function logIn(session: SmtpSession, outcome: SaslOutcome, mechanism: string): Promise<Account> {
  const { services, connection } = session;
  if (outcome.kind === 'refused') return await refuse(session, outcome);
  const { account, login } = outcome;
  services.guard.succeeded(connection.remoteAddress, login);
  logins.inc({ result: 'ok' });
  session.log.info('smtp.login', {
    account: account.address,
    mechanism,
    ...(login === account.address ? {} : { login: login.slice(0, 200) }),
    address: connection.remoteAddress,
    tls: connection.tls?.protocol ?? 'none',
  });
  return account;
}

/** Waits as the guard says, then refuses; ends the session when the address or the session had its attempts. */
async function refuse(session: SmtpSession, { login, attempt, reason }: Refused): Promise<never> {
  const { guard, settings } = session.services;
  const address = session.connection.remoteAddress;
  const delayMs = guard.failed(address, login, guard.secretTag(login, attempt.reveal()));
  logins.inc({ result: 'refused' });
  session.log.warn('smtp.login_failed', { address, login: login.slice(0, 200), reason });
  await sleep(delayMs, undefined, { signal: session.connection.closed }).catch(() => {});
  session.authFailures += 1;
  if (guard.isBanned(address)) throw banned();
  if (session.authFailures >= settings.get('smtp.maxAuthFailures')) {
    throw new Fault('smtp.banned', 'Too many failed log-ins, closing the connection');
  }
  throw new Fault('smtp.auth_failed', 'Wrong user name or password');
}
