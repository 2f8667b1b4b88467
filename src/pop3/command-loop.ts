// Runs a POP3 session from the greeting to its end: reads command lines, finds their rows, turns failures into replies.
//
// The only catch of a session. Pipelined commands are answered in order (RFC 2449 6.6). POP3 knows no farewell that nobody
// asked for: a session that is silent too long is closed without a word, and when the server drains it is closed as soon as
// it waits with nothing marked for removal; one with marks may go on to its QUIT within the server's grace.

import { Fault, Outcome } from '../base/outcome.ts';
import type { ServeConnection } from '../host/connection.ts';
import { errorFields } from '../host/log.ts';
import { counter, gauge } from '../host/metrics.ts';
import { decodeText } from '../proto/sasl/plain.ts';
import type { Command } from './command.ts';
import { commandTable } from './commands/index.ts';
import { isConnectionFailure, replyTo } from './failure.ts';
import { banned } from './log-in.ts';
import type { Pop3Services } from './services.ts';
import { Pop3Session } from './session.ts';
import { SessionList } from './session-list.ts';

const sessions = gauge('tegu_pop3_sessions', 'POP3 sessions that are open now.');
const commands = counter('tegu_pop3_commands_total', 'POP3 commands answered.', ['command', 'status']);

/** Pipelined commands answered before the loop waits for the client to take output: bounds what piles up. */
const commandsPerFlush = 16;

/** The POP3 service: hand the result to a listener. One call a worker, since sessions of a user are counted together. */
export function servePop3(services: Pop3Services): ServeConnection {
  const list = new SessionList(services.bus, services.sasl.directory);
  const table = commandTable(list);
  return async (connection) => {
    const session = new Pop3Session(services, connection);
    const onDrain = (): void => endIdle(session);
    connection.draining.addEventListener('abort', onDrain, { once: true });
    sessions.inc();
    try {
      await converse(session, table);
    } catch (error) {
      endAfter(session, error);
    } finally {
      connection.draining.removeEventListener('abort', onDrain);
      sessions.dec();
      const address = session.open?.account.address;
      await session.release();
      if (address !== undefined) list.remove(session, address);
      await connection.end();
      session.log.debug('pop3.disconnect');
    }
  };
}

async function converse(session: Pop3Session, table: ReadonlyMap<string, Command>): Promise<void> {
  const { connection, services } = session;
  if (services.guard.isBanned(connection.remoteAddress)) {
    session.fail(banned().message);
    return;
  }
  // No `<time stamp>` here: that would offer APOP (RFC 1939 7).
  session.ok('Tegu ready');
  let errorsInARow = 0;
  for (let sinceFlush = 1; !session.isOver; sinceFlush++) {
    if (mustStop(session)) return;
    let isError = false;
    try {
      const line = await nextLine(session);
      if (line === undefined) return;
      await execute(session, table, line);
    } catch (error) {
      isError = answerFailure(session, error);
    }
    errorsInARow = isError ? errorsInARow + 1 : 0;
    if (errorsInARow >= services.settings.get('pop3.maxErrors')) {
      answerFailure(session, new Fault('pop3.too_many_errors', 'Too many errors, closing the connection'));
    }
    if (sinceFlush % commandsPerFlush === 0) await connection.flush();
  }
}

async function nextLine(session: Pop3Session): Promise<Buffer | undefined> {
  session.isWaiting = true;
  try {
    return await session.readLine();
  } finally {
    session.isWaiting = false;
  }
}

async function execute(
  session: Pop3Session,
  table: ReadonlyMap<string, Command>,
  line: Buffer,
): Promise<void> {
  // User names and passwords are UTF-8; everything else is ASCII.
  const text = lineText(line);
  const space = text.indexOf(' ');
  const name = (space < 0 ? text : text.slice(0, space)).toUpperCase();
  const command = table.get(name);
  if (command === undefined) throw new Fault('pop3.unknown_command', 'Unknown command');
  if (!command.states.includes(session.state)) {
    throw new Fault(
      'pop3.out_of_order',
      session.state === 'authorization' ? 'Log in first' : 'You are logged in already',
    );
  }
  try {
    await command.run(session, space < 0 ? '' : text.slice(space + 1));
    commands.inc({ command: name, status: 'OK' });
  } catch (error) {
    commands.inc({ command: name, status: 'ERR' });
    throw error;
  }
}

function lineText(line: Buffer): string {
  try {
    return decodeText(line);
  } catch (cause) {
    throw new Fault('pop3.bad_octets', 'Line contains NUL or broken UTF-8', { cause });
  }
}

/** Replies to a failure; true when it counts as the client's. Throws what nobody can be told. */
function answerFailure(session: Pop3Session, error: unknown): boolean {
  if (isConnectionFailure(error)) throw error;
  const { text, code, ends, counts, unexpected } = replyTo(error);
  if (unexpected) session.log.error('pop3.failure', errorFields(error));
  else if (error instanceof Fault) session.log.debug('pop3.refused', errorFields(error));
  else session.log.warn('pop3.command_failed', errorFields(error));
  session.fail(text, code);
  if (ends) session.isOver = true;
  return counts;
}

const mustStop = (session: Pop3Session): boolean =>
  session.connection.draining.aborted && session.open?.drop.hasDeleted !== true && !session.lines.hasBuffered;

function endIdle(session: Pop3Session): void {
  if (session.isWaiting && mustStop(session)) session.stop();
}

function endAfter(session: Pop3Session, error: unknown): void {
  if (error instanceof Outcome && error.code === 'host.timeout') {
    session.log.info('pop3.timeout', { state: session.state });
  } else if (isConnectionFailure(error)) session.log.debug('pop3.connection_lost', errorFields(error));
  else session.log.error('pop3.session_bug', errorFields(error));
}
