// AUTH (RFC 4954) with PLAIN (RFC 4616) and LOGIN. Credentials are asked for only where they may be sent: under TLS, unless
// the operator says otherwise.
//
// Refuses before any source is asked: an empty password (D02), NUL and broken UTF-8 (D03), banned addresses. Wrong password,
// unknown and disabled user get one answer after the guard's delay. Nothing but the login name is logged.

import { setTimeout as sleep } from 'node:timers/promises';
import { Fault, Outcome, Transient } from '../../base/outcome.ts';
import { Secret } from '../../base/secret.ts';
import type { Account } from '../../directory/user-source.ts';
import { counter } from '../../host/metrics.ts';
import { decodeBase64, decodeText, type PlainCredentials, parsePlain } from '../../proto/sasl/plain.ts';
import type { Command } from '../command.ts';
import { maxAuthLineBytes } from '../line-input.ts';
import { readLine } from '../line-wait.ts';
import type { SmtpSession } from '../session.ts';

const logins = counter('tegu_smtp_logins_total', 'SMTP log-in attempts', ['result']);

/** Longest name and password that are looked at, octets; a password hash must not be fed megabytes. */
const maxCredentialBytes = 1024;

export const auth: Command = {
  verb: 'AUTH',
  usage: 'AUTH mechanism [initial-response]',
  isIdle: false,
  async run(session, argument) {
    assertMayAuth(session);
    const [mechanism = '', initial, ...more] = argument.split(' ');
    if (mechanism === '' || more.length > 0)
      throw new Fault('smtp.bad_argument', 'Expected AUTH mechanism [response]');
    const credentials = await exchange(session, mechanism.toUpperCase(), initial);
    session.account = await logIn(session, credentials);
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

async function exchange(
  session: SmtpSession,
  mechanism: string,
  initial: string | undefined,
): Promise<PlainCredentials> {
  switch (mechanism) {
    case 'PLAIN':
      return parsePlain(initial === undefined ? await challenge(session, '') : decodeInitial(initial));
    case 'LOGIN': {
      const login = decodeText(
        initial === undefined ? await challenge(session, 'Username:') : decodeInitial(initial),
      );
      const password = new Secret(decodeText(await challenge(session, 'Password:')));
      return { authorization: '', login, password };
    }
    default:
      throw new Fault('smtp.auth_mechanism', 'Mechanism is not supported');
  }
}

/** RFC 4954 4: `=` stands for an empty initial response. */
function decodeInitial(text: string): Uint8Array {
  return text === '=' ? new Uint8Array() : decodeBase64(text);
}

async function challenge(session: SmtpSession, text: string): Promise<Uint8Array> {
  session.connection.write(`334 ${Buffer.from(text).toString('base64')}\r\n`);
  const answer = await readLine(session, maxAuthLineBytes);
  // RFC 4954 4: the client gives up.
  if (answer === '*') throw new Fault('smtp.auth_cancelled', 'Log-in cancelled');
  return decodeBase64(answer);
}

async function logIn(session: SmtpSession, credentials: PlainCredentials): Promise<Account> {
  const { services, connection } = session;
  const { login, password } = credentials;
  if (!isPlausible(login) || !isPlausible(password.reveal()))
    return await refuse(session, credentials, 'malformed');
  const answer = await authenticate(session, login, password);
  if (answer.kind === 'refused') return await refuse(session, credentials, answer.reason);
  const { account } = answer;
  // RFC 4616 2: acting as somebody else is not offered.
  if (!['', login, account.address].includes(credentials.authorization)) {
    return await refuse(session, credentials, 'authorization');
  }
  services.guard.succeeded(connection.remoteAddress, login);
  logins.inc({ result: 'ok' });
  session.log.info('smtp.login', {
    account: account.address,
    address: connection.remoteAddress,
    tls: connection.tls?.protocol ?? 'none',
  });
  return account;
}

async function authenticate(session: SmtpSession, login: string, password: Secret) {
  try {
    return await session.services.directory.authenticate(login, password);
  } catch (error) {
    if (!(error instanceof Outcome)) throw error;
    logins.inc({ result: 'unavailable' });
    // RFC 4954 6: 454, so that the client keeps the password.
    throw new Transient('smtp.auth_unavailable', 'Cannot check the password now, try again later', {
      cause: error,
    });
  }
}

const isPlausible = (text: string): boolean =>
  text !== '' && !text.includes('\0') && Buffer.byteLength(text) <= maxCredentialBytes;

/** Waits as the guard says, then refuses; ends the session when the address or the session had its attempts. */
async function refuse(
  session: SmtpSession,
  { login, password }: PlainCredentials,
  reason: string,
): Promise<never> {
  const { guard, settings } = session.services;
  const address = session.connection.remoteAddress;
  const delayMs = guard.failed(address, login, guard.secretTag(login, password.reveal()));
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
