// What a command is: one row of the command table, exported by one file under commands/.
//
// `parse` is pure: tokens in, arguments out, BAD by exception; all literals were collected before. `run` does the work and
// says how the command ends; what it writes in between are untagged answers. A command whose literals must not be collected
// (APPEND) has `stream` instead and pulls its input itself.

import type { TokenReader } from '../proto/imap/token-reader.ts';
import type { CommandInput } from './command-input.ts';
import type { ImapSession, SessionState } from './session.ts';

/** How a command ends: the tagged line. */
export interface Completion {
  readonly status: 'OK' | 'NO' | 'BAD';
  /** Response code without brackets, e.g. `COPYUID 1 2 3`; a function is asked after the announcements. */
  readonly code?: string | (() => string | undefined) | undefined;
  /** Human text, never empty (RFC 9051 9, resp-text: text follows the code). */
  readonly text: string;
  /** Runs after the tagged line was sent (TLS handshake). */
  readonly after?: () => Promise<void>;
}

/**
 * Which changes by others may be announced when the command is over (RFC 9051 7.5.1): `all`; `no-expunge` for FETCH, STORE
 * and SEARCH by sequence number, where pipelined numbers would shift; `none` where nothing is to be looked up.
 */
export type Announce = 'all' | 'no-expunge' | 'none';

interface CommandRow {
  /** Capitals, `UID FETCH` for the UID forms. */
  readonly name: string;
  readonly states: readonly SessionState[];
  readonly announce: Announce;
  /** True: the announcement first asks the store whether others changed the mailbox, however recently it was asked. */
  readonly poll?: boolean;
  /** A mailbox that is missing is the destination: answer NO [TRYCREATE] instead of [NONEXISTENT]. */
  readonly tryCreate?: boolean;
  /** Takes or answers message numbers, which a client that enabled UIDONLY no longer has (RFC 9586 3.4). */
  readonly usesSeqs?: boolean;
  /** Capability that must not be switched off for the command to exist (capability.ts). */
  readonly capability?: string;
}

/** A command whose arguments fit in memory. */
export interface ParsedCommand<Args = unknown> extends CommandRow {
  /** Reads everything after the command name, from the space before the first argument to the end. */
  parse(tokens: TokenReader): Args;
  run(session: ImapSession, args: Args): Promise<Completion>;
}

/** A command that reads its own literals. */
export interface StreamedCommand extends CommandRow {
  stream(session: ImapSession, input: CommandInput): Promise<Completion>;
}

export type Command = ParsedCommand | StreamedCommand;

/** Types a row of the table; `Args` is what `parse` hands to `run`. */
export function command<Args>(row: ParsedCommand<Args>): Command {
  return row;
}

/** Parser of commands without arguments. */
export function parseNothing(tokens: TokenReader): undefined {
  tokens.expectEnd();
  return undefined;
}

export const ok = (text: string, code?: Completion['code']): Completion => ({ status: 'OK', code, text });
export const no = (text: string, code?: string): Completion => ({ status: 'NO', code, text });

/** States of the usual kinds of command. */
export const anyState: readonly SessionState[] = ['unauthenticated', 'authenticated', 'selected'];
export const onlyUnauthenticated: readonly SessionState[] = ['unauthenticated'];
export const afterLogin: readonly SessionState[] = ['authenticated', 'selected'];
export const onlySelected: readonly SessionState[] = ['selected'];
