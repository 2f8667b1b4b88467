// The dialogue: greeting, command lines, one reply each, until one side ends it.
//
// Commands that stand in the buffer are run one after the other without waiting for the network; the loop reads only when
// the buffer has no whole line. One catch per command turns failures into replies (replies.ts). Time is counted per command
// line, not per octet, so a peer that drips cannot hold the session.

import type { TraceId } from '../base/brands.ts';
import { Fault, Outcome } from '../base/outcome.ts';
import type { ServeConnection } from '../host/connection.ts';
import { errorFields } from '../host/log.ts';
import { counter, gauge } from '../host/metrics.ts';
import { splitCommand } from '../proto/smtp/command.ts';
import { findCommand } from './command-table.ts';
import { refuseChunk } from './commands/bdat.ts';
import type { LineOutcome } from './line-input.ts';
import { lineFault, readMore } from './line-wait.ts';
import { replyTo } from './replies.ts';
import type { SmtpMode, SmtpServices } from './services.ts';
import { SmtpSession } from './session.ts';

const sessions = gauge('tegu_smtp_sessions_open', 'SMTP sessions open now', ['service']);
const refusals = counter('tegu_smtp_refusals_total', 'SMTP replies with 4xx and 5xx', ['service', 'status']);

/** Browsers made to talk to a mail port (cross-protocol attack): no mail client sends these. */
const foreignVerbs: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'HEAD', 'OPTIONS', 'CONNECT']);

/** The session function of a port. */
export function serveSmtp(services: SmtpServices, mode: SmtpMode): ServeConnection {
  return async (connection) => {
    const session = new SmtpSession(connection, services, mode);
    const onDrain = (): void => endIdle(session);
    connection.draining.addEventListener('abort', onDrain);
    sessions.inc({ service: mode.kind });
    session.log.debug('smtp.connect', { address: connection.remoteAddress });
    try {
      if (await greet(session)) await converse(session);
      await connection.end();
    } finally {
      connection.draining.removeEventListener('abort', onDrain);
      sessions.dec({ service: mode.kind });
      await session.endTransaction();
      session.log.debug('smtp.disconnect');
    }
  };
}

/** False when the session is over before it began. */
async function greet(session: SmtpSession): Promise<boolean> {
  const { connection, services, mode } = session;
  const delayMs = mode.kind === 'mx' ? services.settings.get('smtp.bannerDelayMs') : 0;
  if (delayMs > 0 && (await isEarlyTalker(session, delayMs))) {
    fail(session, new Fault('smtp.early_talker', 'Wait for the greeting before you speak'));
    return false;
  }
  // RFC 5321 4.3.1: the greeting carries no enhanced code.
  connection.write(`220 ${session.hostname} ESMTP\r\n`);
  return true;
}

/** Reads during the pause before the greeting; silence is what a client should keep (RFC 5321 3.1). */
async function isEarlyTalker(session: SmtpSession, delayMs: number): Promise<boolean> {
  try {
    return (await session.connection.read(delayMs)) !== undefined;
  } catch (error) {
    if (error instanceof Outcome && error.code === 'host.timeout') return false;
    throw error;
  }
}

async function converse(session: SmtpSession): Promise<void> {
  while (!session.isOver) {
    const line = session.input.takeLine(session.services.settings.get('smtp.maxCommandBytes'));
    if (session.connection.draining.aborted) {
      fail(session, new Fault('smtp.draining', 'Server is stopping, try again'));
      return;
    }
    if (line.kind === 'need') {
      if (!(await wait(session))) return;
      continue;
    }
    session.lineDeadlineMs = 0;
    // DATA and BDAT end the transaction before they fail; the log should name the message all the same.
    const message = session.transaction?.id;
    try {
      const step = execute(session, line);
      if (step !== undefined) await step;
    } catch (error) {
      fail(session, error, message);
    }
  }
}

/** More input for the line being waited for; false at the end of the session. */
async function wait(session: SmtpSession): Promise<boolean> {
  session.isWaiting = true;
  try {
    return await readMore(session);
  } catch (error) {
    fail(session, error);
    return false;
  } finally {
    session.isWaiting = false;
  }
}

function execute(
  session: SmtpSession,
  line: Exclude<LineOutcome, { kind: 'need' }>,
): Promise<void> | undefined {
  if (line.kind !== 'line') {
    const refusal = lineFault(line);
    // The octets of a chunk follow whatever is wrong with its line; read as commands they would be an attack (S06).
    if (line.kind === 'refused' && /^BDAT /i.test(line.text)) {
      return refuseChunk(session, line.text.slice(5), refusal);
    }
    throw refusal;
  }
  const { verb, argument } = splitCommand(line.text);
  const command = findCommand(verb);
  if (command === undefined) {
    if (foreignVerbs.has(verb)) throw new Fault('smtp.foreign_protocol', 'This is a mail server');
    throw new Fault('smtp.unknown_command', 'Command not recognised');
  }
  if (command.isIdle) countIdle(session);
  return command.run(session, argument);
}

function countIdle(session: SmtpSession): void {
  session.idleCommands += 1;
  if (session.idleCommands <= session.services.settings.get('smtp.maxIdleCommands')) return;
  throw new Fault('smtp.too_many_errors', 'Too many commands without a message, closing the connection');
}

/** Turns a failure into its reply, counts it, and ends the session when it must. */
function fail(session: SmtpSession, error: unknown, message?: TraceId): void {
  // The peer is gone or broke the transport: nobody is there to be answered.
  if (error instanceof Outcome && (error.code === 'host.closed' || error.code === 'host.tls_handshake'))
    throw error;
  const { reply, ends, counts, unexpected } = replyTo(error);
  const fields = { ...errorFields(error), status: reply.status, message };
  if (unexpected) session.log.error('smtp.failure', fields);
  else if (counts || ends) session.log.info('smtp.refused', fields);
  else session.log.warn('smtp.deferred', fields);
  refusals.inc({ service: session.mode.kind, status: String(reply.status) });
  session.reply(reply.status, reply.enhanced, reply.text);
  if (ends) session.isOver = true;
  else if (counts) countError(session);
}

/** An authenticated user who mistypes many recipients is no attacker. */
function countError(session: SmtpSession): void {
  session.errors += 1;
  if (session.account !== undefined || session.errors < session.services.settings.get('smtp.maxErrors'))
    return;
  fail(session, new Fault('smtp.too_many_errors', 'Too many errors, closing the connection'));
}

/** The server drains while the session waits for a command: say so at once instead of at the next line. */
function endIdle(session: SmtpSession): void {
  if (!session.isWaiting) return;
  fail(session, new Fault('smtp.draining', 'Server is stopping, try again'));
  session.connection.end().catch(() => session.connection.destroy());
}
