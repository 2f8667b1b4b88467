// Runs a session from the greeting to its end: reads commands, finds their rows, turns failures into answers.
//
// The only catch of a session. Commands are taken strictly in order; the next is read when the answer of the last was queued.
// Ends with BYE when the server drains, the client is silent too long, speaks nonsense or breaks a bound that loses the
// position in the input (a line or a refused literal that is too long).

import { Fault, Transient } from '../base/outcome.ts';
import type { Connection, ServeConnection } from '../host/connection.ts';
import { errorFields } from '../host/log.ts';
import { counter, gauge } from '../host/metrics.ts';
import { bad, ImapFault } from '../proto/imap/fault.ts';
import type { TokenReader } from '../proto/imap/token-reader.ts';
import type { Command, Completion } from './command.ts';
import { CommandInput, type InputLimits } from './command-input.ts';
import { findCommand } from './commands/index.ts';
import { endsSession, failureCompletion, isConnectionFailure } from './failure.ts';
import type { ImapServices } from './services.ts';
import { ImapSession, SessionEnd } from './session.ts';
import { SessionRegistry } from './session-registry.ts';

const sessions = gauge('tegu_imap_sessions', 'IMAP sessions that are open now.');
const commands = counter('tegu_imap_commands_total', 'IMAP commands answered.', ['command', 'status']);

/** Pipelined commands answered before the loop waits for the client to take output: bounds what piles up. */
const commandsPerFlush = 16;
/** RFC 7888 5. */
const literalMinusBytes = 4096;

/** The IMAP service: hand the result to a listener. One call a worker, since sessions of a user are counted together. */
export function serveImap(services: ImapServices): ServeConnection {
  const registry = new SessionRegistry(services.bus, services.directory);
  return async (connection) => {
    sessions.inc();
    try {
      await runSession(services, registry, connection);
    } finally {
      sessions.dec();
    }
  };
}

/** Runs one session and closes its connection. Never throws for what a peer can cause. */
export async function runSession(
  services: ImapServices,
  registry: SessionRegistry,
  connection: Connection,
): Promise<void> {
  const session = new ImapSession(services, registry, connection);
  const onDrain = (): void => session.requestStop('Server is shutting down, reconnect later');
  connection.draining.addEventListener('abort', onDrain, { once: true });
  try {
    await converse(session);
  } catch (error) {
    await endAfter(session, error);
  } finally {
    connection.draining.removeEventListener('abort', onDrain);
    const durationMs = Math.round(services.clock.monotonicMs() - session.startedMs);
    if (session.loggedIn !== undefined) session.log.info('imap.closed', { durationMs });
    session.release();
    // Not the one it began with once it is compressed.
    await session.connection.end();
  }
}

async function converse(session: ImapSession): Promise<void> {
  const { connection, services } = session;
  if (connection.draining.aborted) return session.sayBye('Server is shutting down, reconnect later');
  if (services.guard.isBanned(connection.remoteAddress)) {
    // I14, RFC 9051 7.1.5: a refused connection is greeted with BYE, never with NO.
    session.log.info('imap.banned', { address: connection.remoteAddress });
    return session.sayBye('Too many failed log-ins from your address, try again later');
  }
  session.log.debug('imap.connected', { address: connection.remoteAddress, tls: connection.tls?.protocol });
  session.untagged(`OK [${session.capabilityCode()}] Tegu ready`);
  let badInARow = 0;
  for (let sinceFlush = 1; ; sinceFlush++) {
    if (session.stopText !== undefined) return session.sayBye(session.stopText);
    const line = await nextLine(session);
    if (line === undefined) return;
    const status = await execute(session, line);
    if (session.state === 'logout') return;
    badInARow = status === 'BAD' ? badInARow + 1 : 0;
    if (badInARow >= badLimit(session))
      throw new SessionEnd('imap.too_many_bad', 'Too many invalid commands');
    if (sinceFlush % commandsPerFlush === 0 || !session.lines.hasBuffered) await session.flush();
  }
}

/** The next command's first line; undefined when the client closed or the session was stopped meanwhile. */
async function nextLine(session: ImapSession): Promise<Buffer | undefined> {
  const maxBytes = lineLimit(session);
  try {
    return await session.waitForClient(() => {
      session.notification?.wake();
      return session.lines.readLine(maxBytes, () => session.waitMs());
    });
  } finally {
    // What is being told is told to its end before the command's own answers begin, or the account is given back.
    await session.notification?.settled();
  }
}

/** Runs one command wholly, answer included. Throws only what ends the session. */
async function execute(session: ImapSession, line: Buffer): Promise<Completion['status']> {
  const input = new CommandInput(session.lines, inputLimits(session), readerOptions(session), () =>
    session.write('+ OK\r\n'),
  );
  const syntax = input.start(line);
  const tag = input.tokens.takeTag();
  session.commandTag = tag ?? '*';
  let row: Command | undefined;
  let completion: Completion;
  try {
    if (tag === undefined) throw bad('Missing or invalid tag');
    row = chooseCommand(session, input.tokens, syntax);
    completion = await runCommand(session, row, input);
    await announce(session, row);
  } catch (error) {
    if (isConnectionFailure(error) || error instanceof SessionEnd) throw error;
    completion = failureCompletion(error, row?.tryCreate === true);
    logFailure(session, row, error);
    if (endsSession(error)) session.requestStop('Internal error');
    await input.skipRest();
  }
  session.respond(tag ?? '*', completion);
  commands.inc({ command: row?.name ?? 'unknown', status: completion.status });
  if (completion.after !== undefined) await completion.after();
  return completion.status;
}

/** Reads the command's name and finds its row. Throws BAD for unknown commands and wrong states. */
function chooseCommand(session: ImapSession, tokens: TokenReader, syntax: ImapFault | undefined): Command {
  const name = tokens.takeSpace() ? tokens.takeKeyword() : undefined;
  if (name === undefined) throw syntax ?? bad('Missing command name');
  const row = findCommand(name === 'UID' ? `UID ${takeUidCommand(tokens)}` : name);
  if (row === undefined) throw bad('Unknown command');
  if (row.capability !== undefined && !session.isOn(row.capability)) {
    throw bad('Unknown command');
  }
  if (!row.states.includes(session.state)) throw bad(`${row.name} is not valid now`);
  if (row.usesSeqs === true && session.uidOnly) throw bad(`${row.name} needs message numbers`, 'UIDREQUIRED');
  if (syntax !== undefined) throw syntax;
  return row;
}

const takeUidCommand = (tokens: TokenReader): string => (tokens.takeSpace() && tokens.takeKeyword()) || '';

async function runCommand(session: ImapSession, row: Command, input: CommandInput): Promise<Completion> {
  session.log.debug('imap.command', { command: row.name });
  if ('stream' in row) return await row.stream(session, input);
  await input.collectAll();
  const args = row.parse(input.tokens);
  return await row.run(session, args);
}

/** RFC 9051 5.2, 7.5.1: what others changed is told before the tagged line, removals only where numbers may move. */
async function announce(session: ImapSession, row: Command): Promise<void> {
  if (row.announce === 'none') return;
  await session.notification?.tell();
  if (session.selected === undefined) return;
  try {
    await session.selected.announce({ expunges: row.announce === 'all', poll: row.poll === true });
  } catch (error) {
    // The command itself is done and must be answered as done; trouble with looking for news is not its failure.
    if (error instanceof Transient && !isConnectionFailure(error)) {
      session.log.warn('imap.announce_failed', errorFields(error));
      return;
    }
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'store.no_mailbox') throw error;
    session.log.info('imap.mailbox_gone', {});
    session.requestStop('The selected mailbox was deleted or renamed');
  }
}

function logFailure(session: ImapSession, row: Command | undefined, error: unknown): void {
  const fields = { command: row?.name, ...errorFields(error) };
  if (error instanceof ImapFault) session.log.debug('imap.refused', fields);
  else if (endsSession(error)) session.log.error('imap.command_bug', fields);
  else if (error instanceof Transient) session.log.warn('imap.command_failed', fields);
  else session.log.debug('imap.refused', fields);
}

/** The BYE for what ended the session, when there is somebody to hear it. */
async function endAfter(session: ImapSession, error: unknown): Promise<void> {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'host.timeout') {
    session.log.info('imap.timeout', { state: session.state });
    return await tryBye(
      session,
      session.loggedIn === undefined ? 'Log-in took too long' : 'Idle for too long',
    );
  }
  if (code.startsWith('host.')) {
    session.log.debug('imap.connection_lost', errorFields(error));
    return;
  }
  if (error instanceof Fault) {
    session.log.info('imap.session_refused', errorFields(error));
    return await tryBye(session, error.message);
  }
  session.log.error('imap.session_bug', errorFields(error));
  await tryBye(session, 'Internal error');
}

async function tryBye(session: ImapSession, text: string): Promise<void> {
  try {
    await session.sayBye(text);
  } catch (error) {
    session.log.debug('imap.connection_lost', errorFields(error));
  }
}

// --- bounds of one command ----------------------------------------------------------------------------------------------

function lineLimit(session: ImapSession): number {
  const { settings } = session.services;
  return settings.get(session.loggedIn === undefined ? 'imap.maxLineBytesBeforeLogin' : 'imap.maxLineBytes');
}

function inputLimits(session: ImapSession): InputLimits {
  const { settings } = session.services;
  const isLoggedIn = session.loggedIn !== undefined;
  const maxLineBytes = lineLimit(session);
  return {
    maxLineBytes,
    maxLiteralBytes: settings.get(isLoggedIn ? 'imap.maxLiteralBytes' : 'imap.maxLiteralBytesBeforeLogin'),
    maxCommandBytes: isLoggedIn ? settings.get('imap.maxCommandBytes') : maxLineBytes,
    maxDiscardBytes: isLoggedIn ? settings.get('imap.maxDiscardBytes') : maxLineBytes,
    maxNonSyncBytes: settings.get('imap.literalMinus') ? literalMinusBytes : Number.POSITIVE_INFINITY,
    dataTimeoutMs: isLoggedIn ? settings.get('imap.dataTimeoutMs') : session.waitMs(),
  };
}

const readerOptions = (session: ImapSession) => ({
  utf8: session.utf8,
  maxRanges: session.services.settings.get('imap.maxSequenceRanges'),
});

/** RFC 9051 leaves it open; strangers (HTTP, scanners) are recognised sooner. */
function badLimit(session: ImapSession): number {
  const limit = session.services.settings.get('imap.maxBadCommands');
  return session.loggedIn === undefined ? Math.ceil(limit / 4) : limit;
}
