// Asks a running server over its control socket. "Nobody there" is an answer, not an error: commands then work on the
// stores alone.

import { connect } from 'node:net';
import { Permanent, Transient } from '../base/outcome.ts';
import { type ControlAnswer, LineCutter } from './control-protocol.ts';
import { shortSocketPath } from './socket-path.ts';

/** How long a command waits for the server. */
const answerTimeoutMs = 10_000;

/**
 * The result of one verb; `{running: false}` when no server listens. Throws Permanent with the server's code and text, or
 * Transient('admin.no_answer') when it accepted and then said nothing sensible.
 */
export async function callControl(
  path: string,
  verb: string,
  args: unknown,
): Promise<{ readonly running: true; readonly result: unknown } | { readonly running: false }> {
  const short = await shortSocketPath(path).catch(() => undefined);
  if (short === undefined) return { running: false };
  try {
    const answer = await exchange(short.path, `${JSON.stringify({ verb, args })}\n`);
    if (answer === undefined) return { running: false };
    if (answer.ok) return { running: true, result: answer.result };
    throw new Permanent('admin.refused', answer.message, { detail: { serverCode: answer.code } });
  } finally {
    await short.release();
  }
}

/** Sends one line, reads one; undefined when nobody listens. */
function exchange(path: string, line: string): Promise<ControlAnswer | undefined> {
  return new Promise((resolve, reject) => {
    const lines = new LineCutter();
    const socket = connect(path);
    let connected = false;
    const fail = (reason: string, cause?: unknown): void => {
      socket.destroy();
      reject(new Transient('admin.no_answer', `the running server ${reason}`, { cause }));
    };
    socket.setTimeout(answerTimeoutMs, () => fail('does not answer'));
    socket.once('connect', () => {
      connected = true;
      socket.write(line);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (connected) fail('broke the connection', error);
      // EACCES is not "nobody there": a change without a word to the server would go unnoticed for a while.
      else if (error.code === 'EACCES' || error.code === 'EPERM')
        fail('belongs to another user; run this as that user or as root', error);
      else resolve(undefined);
    });
    socket.once('end', () => fail('closed the connection'));
    socket.on('data', (chunk) => {
      const complete = lines.push(chunk);
      if (complete === 'too long') fail('sent too much');
      else if (complete[0] !== undefined) {
        socket.removeAllListeners('end');
        socket.destroy();
        try {
          resolve(JSON.parse(complete[0]) as ControlAnswer);
        } catch (error) {
          fail('sent no JSON', error);
        }
      }
    });
  });
}
