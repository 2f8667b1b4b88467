// The command line: finds the verb, parses its options, runs it, prints its report, and turns failures into exit codes.
//
// Reports go to standard output (one JSON line with --json), everything else to standard error. docs/cli.md lists the exit
// codes; passwords are never arguments.

import { parseArgs } from 'node:util';
import { Fault, Outcome, Transient } from '../base/outcome.ts';
import { type Command, exitCodes, type OptionValues, type Terminal, UsageError } from './commands/command.ts';
import { type CommandEntry, commandTable } from './commands/index.ts';
import { helpOf, overview } from './help-text.ts';
import { flushLog } from './log-destination.ts';
import { Site } from './site.ts';

/** Options that every command has. */
const commonOptions = {
  json: { type: 'boolean' },
  conf: { type: 'string' },
  data: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Runs `args` (without node and script); resolves with the exit code. Never rejects. */
export async function runCommandLine(args: readonly string[], terminal: Terminal = process): Promise<number> {
  // A reader that went away (| head) is no failure of ours.
  terminal.stdout.on('error', () => {});
  const wantsJson = args.includes('--json');
  try {
    return await dispatch(args, terminal);
  } catch (error) {
    return report(error, wantsJson, terminal);
  } finally {
    flushLog();
  }
}

async function dispatch(args: readonly string[], terminal: Terminal): Promise<number> {
  const entry = findCommand(args);
  if (entry === undefined) {
    const firstOption = args.findIndex((word) => word.startsWith('-'));
    const words = firstOption === -1 ? args : args.slice(0, firstOption);
    if (words.length > 0 && words[0] !== 'help') throw new UsageError(`unknown command ${words.join(' ')}`);
    const asked = words[0] === 'help' || args.includes('--help') || args.includes('-h');
    (asked ? terminal.stdout : terminal.stderr).write(overview(commandTable));
    return asked ? exitCodes.ok : exitCodes.usage;
  }
  const command = await entry.load();
  const { positionals, values } = parse(command, args.slice(entry.words.split(' ').length));
  if (values.help === true) {
    terminal.stdout.write(helpOf(command));
    return exitCodes.ok;
  }
  const [min, max] = command.arguments;
  if (positionals.length < min || positionals.length > max)
    throw new UsageError(`usage: tegu ${command.words} ${command.usage}`);
  const site = new Site({ conf: optionText(values.conf), data: optionText(values.data) });
  try {
    const json = values.json === true;
    const result = await command.run({ positionals, options: values, json, terminal }, site);
    if (json && result.json !== undefined) terminal.stdout.write(`${JSON.stringify(result.json)}\n`);
    else if (!json && result.text !== '') terminal.stdout.write(`${result.text}\n`);
    return result.exitCode ?? exitCodes.ok;
  } finally {
    await site.close();
  }
}

/** The longest entry whose words stand at the beginning. */
function findCommand(args: readonly string[]): CommandEntry | undefined {
  return commandTable
    .filter((entry) => entry.words.split(' ').every((word, i) => args[i] === word))
    .sort((a, b) => b.words.length - a.words.length)[0];
}

function parse(
  command: Command,
  args: readonly string[],
): { readonly positionals: readonly string[]; readonly values: OptionValues } {
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      options: { ...commonOptions, ...command.options },
      allowPositionals: true,
      strict: true,
    });
    return { positionals, values: values as OptionValues };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS'))
      throw new UsageError(`${(error as Error).message} (tegu ${command.words} --help)`);
    throw error;
  }
}

function optionText(value: OptionValues[string]): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Prints a failure and returns its exit code. */
function report(error: unknown, json: boolean, terminal: Terminal): number {
  const exitCode = exitCodeOf(error);
  const code =
    error instanceof Outcome ? error.code : exitCode === exitCodes.usage ? 'usage' : 'internal.bug';
  const message = error instanceof Error ? error.message : String(error);
  if (json) terminal.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
  const shown = exitCode === exitCodes.internal && error instanceof Error ? error.stack : message;
  terminal.stderr.write(`tegu: ${shown}\n`);
  return exitCode;
}

/** Codes whose meaning scripts want to tell apart. */
const codesOf: Readonly<Record<string, number>> = {
  'settings.not_found': exitCodes.notFound,
  'settings.no_revision': exitCodes.notFound,
  'admin.no_user': exitCodes.notFound,
  'store.no_mailbox': exitCodes.notFound,
  'store.mailbox_exists': exitCodes.exists,
  'settings.exists': exitCodes.exists,
  'settings.conflict': exitCodes.exists,
  'admin.user_exists': exitCodes.exists,
  'internal.bug': exitCodes.internal,
};

function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return exitCodes.usage;
  if (!(error instanceof Outcome)) return isSystemError(error) ? exitCodes.failed : exitCodes.internal;
  const known = codesOf[error.code];
  if (known !== undefined) return known;
  if (error instanceof Fault) return exitCodes.failed;
  return error instanceof Transient ? exitCodes.temporary : exitCodes.failed;
}

/** The system refused something (a port, a file): its text is for the administrator, a stack is not. */
function isSystemError(error: unknown): boolean {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error && ('syscall' in cause || 'errno' in cause);
}
