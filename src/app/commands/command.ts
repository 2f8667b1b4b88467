// What a verb of the command line is: how it is called, what it needs, what it answers.

import type { ParseArgsOptionsConfig } from 'node:util';
import type { Site } from '../site.ts';

/** Exit codes; docs/cli.md lists them. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  exists: 4,
  temporary: 5,
  internal: 70,
} as const;

/** Option values after parsing: only those that were given. */
export type OptionValues = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** Where a command reads and writes; tests bring their own. */
export interface Terminal {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

/** A parsed command line. */
export interface CommandLine {
  readonly positionals: readonly string[];
  readonly options: OptionValues;
  /** `--json` was given. */
  readonly json: boolean;
  readonly terminal: Terminal;
}

/** What a command has to say. */
export interface Report {
  /** The answer for programs; printed as one line with `--json`. */
  readonly json: unknown;
  /** The answer for people, without a line end; '' prints nothing. */
  readonly text: string;
  /** 0 when absent. */
  readonly exitCode?: number;
}

export interface Command {
  /** `domain add`. */
  readonly words: string;
  /** What follows the words: `NAME [--store STORE]`. */
  readonly usage: string;
  readonly summary: string;
  /** One line an option and further explanation, for --help. */
  readonly help: readonly string[];
  readonly options: ParseArgsOptionsConfig;
  /** Least and most positional arguments. */
  readonly arguments: readonly [min: number, max: number];
  run(line: CommandLine, site: Site): Promise<Report>;
}

/** The command line is wrong: exit code 2 and a hint. */
export class UsageError extends Error {}

/** Text of an option, undefined when it was not given. */
export function textOption(line: CommandLine, name: string): string | undefined {
  const value = line.options[name];
  return typeof value === 'string' ? value : undefined;
}

/** All values of an option that may be repeated. */
export function listOption(line: CommandLine, name: string): readonly string[] {
  const value = line.options[name];
  return Array.isArray(value) ? (value as readonly string[]) : [];
}

/** True when a switch was given. */
export function flagOption(line: CommandLine, name: string): boolean {
  return line.options[name] === true;
}

/** The positional argument at `index`; the command table guarantees the first `arguments[0]` ones. */
export function argument(line: CommandLine, index: number): string {
  const value = line.positionals[index];
  if (value === undefined) throw new UsageError('an argument is missing');
  return value;
}

/** Options of every command that changes the settings. */
export const noteOption: ParseArgsOptionsConfig = { note: { type: 'string' } };
export const noteHelp = '--note TEXT          one line for the history: why';
