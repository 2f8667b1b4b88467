// Waiting for input with the time limits of SMTP, and the failures that input can bring.

import { Fault, Outcome, Transient } from '../base/outcome.ts';
import type { LineOutcome, LineRefusal } from './line-input.ts';
import type { SmtpSession } from './session.ts';

/** Next chunk; undefined when the peer has closed. Throws Fault('smtp.timeout') after `timeoutMs` of silence. */
export async function readChunk(session: SmtpSession, timeoutMs: number): Promise<Buffer | undefined> {
  try {
    return await session.connection.read(Math.max(1, timeoutMs));
  } catch (error) {
    if (!(error instanceof Outcome) || error.code !== 'host.timeout') throw error;
    throw new Fault('smtp.timeout', 'Timeout, closing the connection');
  }
}

/** Next chunk of a message that began at `startedMs`. A message half sent is no message: the session ends with the connection. */
export async function readOctets(session: SmtpSession, startedMs: number): Promise<Buffer> {
  const { settings, clock } = session.services;
  const leftMs = startedMs + settings.get('smtp.maxDataSeconds') * 1000 - clock.monotonicMs();
  if (leftMs <= 0) throw new Fault('smtp.timeout', 'The message took too long, closing the connection');
  const chunk = await readChunk(session, Math.min(leftMs, settings.get('smtp.dataTimeoutSeconds') * 1000));
  if (chunk === undefined) throw new Transient('host.closed', 'the connection ended inside a message');
  return chunk;
}

/** Adds one chunk to the input; false when the peer has closed. The time limit runs per line, not per chunk. */
export async function readMore(session: SmtpSession): Promise<boolean> {
  const { clock, settings } = session.services;
  const now = clock.monotonicMs();
  if (session.lineDeadlineMs === 0) {
    session.lineDeadlineMs = now + settings.get('smtp.commandTimeoutSeconds') * 1000;
  }
  const chunk = await readChunk(session, session.lineDeadlineMs - now);
  if (chunk === undefined) return false;
  session.input.append(chunk);
  return true;
}

/** One whole line inside a command (AUTH). Throws the Fault of a line that is refused. */
export async function readLine(session: SmtpSession, maxBytes: number): Promise<string> {
  for (;;) {
    const line = session.input.takeLine(maxBytes);
    if (line.kind === 'line') {
      session.lineDeadlineMs = 0;
      return line.text;
    }
    if (line.kind !== 'need') throw lineFault(line);
    if (!(await readMore(session))) {
      throw new Transient('host.closed', 'the connection ended inside a command');
    }
  }
}

const refusals: Readonly<Record<LineRefusal, string>> = {
  'smtp.line_too_long': 'Line too long',
  'smtp.bare_line_end': 'Lines must end with CRLF',
  'smtp.bad_octets': 'Line contains NUL or broken UTF-8',
};

/** The failure behind a line that is none. */
export function lineFault(line: Extract<LineOutcome, { kind: 'refused' | 'lost' }>): Fault {
  if (line.kind === 'lost') return new Fault('smtp.line_lost', 'This is not SMTP, closing the connection');
  return new Fault(line.reason, refusals[line.reason]);
}
