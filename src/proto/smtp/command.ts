// Splits a command line of SMTP (RFC 5321 4.1.1) and parses the arguments of MAIL, RCPT and BDAT into values.
//
// Lines come without CRLF, decoded strictly (ASCII or UTF-8), and contain neither NUL nor bare CR or LF: the session refused
// those before. Spaces before a path and at the end of a line are forgiven, as other servers do (S17); nothing else is.

import { Fault } from '../../base/outcome.ts';
import type { ToAscii } from '../address/domain.ts';
import type { Mailbox } from '../address/mailbox.ts';
import { parseForwardPath, parseReversePath, type ReversePath } from '../address/path.ts';
import { type MailParameters, parseMailParameters } from './mail-parameters.ts';
import { parseRecipientParameters, type RecipientParameters } from './recipient-parameters.ts';

/** Verb in capitals and the text behind the first space, without trailing blanks. */
export interface CommandLine {
  readonly verb: string;
  readonly argument: string;
}

/** Splits at the first space. Throws Fault('smtp.syntax') when the line does not begin with a word. */
export function splitCommand(line: string): CommandLine {
  const space = line.indexOf(' ');
  const word = space === -1 ? line.trimEnd() : line.slice(0, space);
  if (!/^[A-Za-z][A-Za-z0-9-]*$/.test(word)) throw new Fault('smtp.syntax', 'Command not recognised');
  // RFC 5321 4.1.1: tolerate trailing white space.
  return {
    verb: word.toUpperCase(),
    argument: space === -1 ? '' : line.slice(space + 1).replace(/[ \t]+$/, ''),
  };
}

export interface MailCommand {
  readonly reversePath: ReversePath;
  readonly parameters: MailParameters;
  /** True when the line was not quite by the grammar but understood. */
  readonly forgiven: boolean;
}

/** Argument of MAIL. Throws Fault('smtp.*' | 'address.*'). */
export function parseMailCommand(argument: string, toAscii: ToAscii): MailCommand {
  const start = pathStart(argument, 'FROM:');
  const path = parseReversePath(argument, start, toAscii);
  const parameters = parseMailParameters(argument, path.end, toAscii);
  if (path.value?.utf8 === true && !parameters.smtpUtf8) throw utf8Needed();
  return { reversePath: path.value, parameters, forgiven: start > 'FROM:'.length };
}

export interface RecipientCommand {
  readonly forwardPath: Mailbox;
  readonly parameters: RecipientParameters;
  readonly forgiven: boolean;
}

/** Argument of RCPT; `smtpUtf8` as announced with MAIL (RFC 6531 3.4). Throws Fault('smtp.*' | 'address.*'). */
export function parseRecipientCommand(
  argument: string,
  smtpUtf8: boolean,
  toAscii: ToAscii,
): RecipientCommand {
  const start = pathStart(argument, 'TO:');
  const path = parseForwardPath(argument, start, toAscii);
  if (path.value.utf8 && !smtpUtf8) throw utf8Needed();
  const parameters = parseRecipientParameters(argument, path.end, smtpUtf8);
  return { forwardPath: path.value, parameters, forgiven: start > 'TO:'.length };
}

function pathStart(argument: string, prefix: string): number {
  if (argument.slice(0, prefix.length).toUpperCase() !== prefix) {
    throw new Fault('smtp.bad_argument', `Expected ${prefix}<address>`);
  }
  let start = prefix.length;
  while (argument[start] === ' ') start += 1;
  return start;
}

function utf8Needed(): Fault {
  // RFC 6531 3.5: 553 with X.6.7
  return new Fault(
    'smtp.utf8_not_announced',
    'Internationalised addresses need the SMTPUTF8 parameter of MAIL',
  );
}

export interface ChunkCommand {
  /** Octets that follow the line. */
  readonly sizeBytes: number;
  readonly last: boolean;
  /** False when the tail is neither empty nor LAST: the octets follow all the same (S06). */
  readonly wellFormed: boolean;
}

/** Argument of BDAT (RFC 3030 2); undefined when no size can be read, so the session has lost its place. */
export function parseChunkCommand(argument: string): ChunkCommand | undefined {
  const match = /^([0-9]{1,15})(?:[ \t]+(.*))?$/.exec(argument);
  if (match === null) return undefined;
  const tail = (match[2] ?? '').toUpperCase();
  return { sizeBytes: Number(match[1]), last: tail === 'LAST', wellFormed: tail === '' || tail === 'LAST' };
}
