// Which reply a failure becomes (RFC 2449 8, RFC 3206): `-ERR`, a response code where it helps the client, the sentence.
//
// [AUTH]: ask the user for the password. [SYS/TEMP]: try again, keep the password. [IN-USE]: another session has the
// maildrop. What nothing of ours knows ends the session and is logged with its stack.

import { Bug, Fault, Outcome, Permanent, Transient } from '../base/outcome.ts';

export interface FailureReply {
  readonly text: string;
  readonly code: string | undefined;
  /** The session closes behind the reply. */
  readonly ends: boolean;
  /** Counts towards pop3.maxErrors. */
  readonly counts: boolean;
  /** A mistake of ours. */
  readonly unexpected: boolean;
}

const codes: Readonly<Record<string, string>> = {
  'pop3.auth_failed': 'AUTH',
  'pop3.authorization': 'AUTH',
  'pop3.too_many_failures': 'AUTH',
  'pop3.in_use': 'IN-USE',
  'pop3.not_removed': 'SYS/TEMP',
  'pop3.too_many_sessions': 'SYS/TEMP',
};

const ending: ReadonlySet<string> = new Set([
  'pop3.banned',
  'pop3.line_lost',
  'pop3.too_many_errors',
  'pop3.too_many_failures',
  'pop3.not_removed',
]);

/** Refusals that say nothing about how well the client speaks POP3. */
const honest: ReadonlySet<string> = new Set([
  'pop3.auth_failed',
  'pop3.in_use',
  'pop3.no_message',
  'pop3.gone',
]);

/** The reply to any error that reached the session. */
export function replyTo(error: unknown): FailureReply {
  const usual = { code: undefined, ends: false, counts: false, unexpected: false };
  if (!(error instanceof Outcome) || error instanceof Bug) {
    return {
      ...usual,
      text: 'Internal error, this session ends',
      code: 'SYS/TEMP',
      ends: true,
      unexpected: true,
    };
  }
  const { code, message } = error;
  if (error instanceof Permanent && code === 'store.expunged') {
    return { ...usual, text: 'The message is not there any more' };
  }
  if (error instanceof Fault) {
    const ends = ending.has(code);
    return { ...usual, text: message, code: codes[code], ends, counts: !honest.has(code) };
  }
  if (error instanceof Transient)
    return { ...usual, text: 'Temporary failure, try again later', code: 'SYS/TEMP' };
  return { ...usual, text: 'The server refuses this', code: 'SYS/PERM' };
}

/** The connection is gone or its time is over: nobody is there to be answered. */
export const isConnectionFailure = (error: unknown): boolean =>
  error instanceof Outcome && error.code.startsWith('host.');
