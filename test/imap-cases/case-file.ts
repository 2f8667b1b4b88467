// Reads scripted IMAP cases in imaptest's format (its documentation: "Scripted Testing Configuration").
//
// A case is a header of `key: value` lines, an empty line, and groups: commands that are sent together, the untagged answers
// that must, may or must not come, and the tagged answers. Refuses what it does not understand, with the line number.

import { parseResponse, type Value } from './response-value.ts';

export type Existence = 'must' | 'may' | 'must-not';

export interface ExpectedUntagged {
  readonly existence: Existence;
  readonly text: string;
  readonly values: readonly Value[];
}

export interface CaseCommand {
  readonly line: number;
  /** Name that joins a pipelined command with its reply; undefined for a single one. */
  readonly tag: string | undefined;
  /** Octets without tag and line end; literals inside. Variables are not expanded yet. */
  readonly text: string;
  /** What the tagged answer begins with, words in lower case (`ok`, `[read-only]`); empty first word: any status. */
  reply: readonly string[] | undefined;
}

export interface CaseGroup {
  /** 0-based. */
  readonly connection: number;
  /** None: the untagged lines are what the greeting of every connection must be. */
  readonly commands: CaseCommand[];
  readonly untagged: ExpectedUntagged[];
  /** Pause before the next group, in milliseconds. */
  sleepMs: number;
}

export type StartState = 'nonauth' | 'auth' | 'created' | 'appended' | 'selected';

export interface ImapCase {
  readonly name: string;
  readonly capabilities: readonly string[];
  readonly connections: number;
  /** Connections (0-based) that belong to the second user. */
  readonly second: ReadonlySet<number>;
  readonly state: StartState;
  /** Messages to append; undefined: all of the mbox. */
  readonly messages: number | undefined;
  readonly ignoreExtraUntagged: boolean;
  readonly groups: readonly CaseGroup[];
}

interface Line {
  readonly number: number;
  readonly text: string;
}

const startStates: readonly string[] = ['nonauth', 'auth', 'created', 'appended', 'selected'];
const statusPattern = /^(ok|no|bad|"")(?: |$)/i;

/** Parses one file; `text` is latin1 of its octets. Throws with name and line. */
export function parseCase(name: string, text: string): ImapCase {
  const all = joinLiterals(text.split('\n'));
  const body = all.findIndex((line) => line.text === '');
  const header = readHeader(name, all.slice(0, Math.max(body, 0)));
  const connections = Number(header.get('connections')?.replace(/^n$/, '2') ?? 1);
  const state = header.get('state')?.toLowerCase() ?? 'selected';
  if (!startStates.includes(state)) throw new Error(`${name}: unknown state ${state}`);
  const messages = header.get('messages');
  return {
    name,
    capabilities: (header.get('capabilities') ?? '').split(' ').filter((word) => word !== ''),
    connections,
    second: secondUsers(name, header),
    state: state as StartState,
    messages: messages === undefined || messages === 'all' ? undefined : Number(messages),
    ignoreExtraUntagged: header.get('ignore_extra_untagged') !== 'no',
    groups: readGroups(name, preprocess(all.slice(body < 0 ? 0 : body + 1)), connections),
  };
}

/** `user N: $user2` of the header. */
function secondUsers(name: string, header: ReadonlyMap<string, string>): Set<number> {
  const second = new Set<number>();
  for (const [key, value] of header) {
    const number = /^user (\d+)$/.exec(key)?.[1];
    if (number === undefined) continue;
    if (!/^\$(?:user2|\{user2\})$/.test(value)) throw new Error(`${name}: ${key} is ${value}, not $user2`);
    second.add(Number(number) - 1);
  }
  return second;
}

/** Joins `{{{` … `}}}` blocks into one line with IMAP literals; text lines of a block end in CRLF, the last in none. */
function joinLiterals(lines: readonly string[]): Line[] {
  const joined: Line[] = [];
  let open: { number: number; text: string; binary: boolean; data: string[] } | undefined;
  for (const [index, line] of lines.entries()) {
    if (open !== undefined) {
      if (!line.startsWith('}}}')) {
        open.data.push(line);
        continue;
      }
      const data = literalData(open.data, open.binary);
      const marker = `${open.binary ? '~' : ''}{${data.length}}\r\n`;
      open.text += marker + data;
      const rest = line.slice(3);
      if (rest.endsWith('{{{')) {
        open = { ...open, ...openLiteral(open.text, rest) };
        continue;
      }
      joined.push({ number: open.number, text: open.text + rest });
      open = undefined;
    } else if (line.endsWith('{{{')) open = { number: index + 1, ...openLiteral('', line) };
    else joined.push({ number: index + 1, text: line.endsWith('\r') ? line.slice(0, -1) : line });
  }
  if (open !== undefined) throw new Error(`literal of line ${open.number} is not closed`);
  return joined;
}

function openLiteral(before: string, line: string): { text: string; binary: boolean; data: string[] } {
  const binary = line.endsWith('~{{{');
  return { text: before + line.slice(0, binary ? -4 : -3), binary, data: [] };
}

/** Lines of text literals are CRLF; binary ones keep the line ends of the file. */
function literalData(lines: readonly string[], binary: boolean): string {
  if (binary) return lines.join('\n');
  return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line)).join('\r\n');
}

function readHeader(name: string, lines: readonly Line[]): Map<string, string> {
  const header = new Map<string, string>();
  for (const { number, text } of lines) {
    if (text.startsWith('#')) continue;
    const colon = text.indexOf(':');
    if (colon < 0) throw new Error(`${name} line ${number}: expected "key: value"`);
    header.set(text.slice(0, colon), text.slice(colon + 1).trim());
  }
  return header;
}

/** Drops comments and empty lines, and the branches of `!ifenv` (no variable is set) and `!ifnenv`. */
function preprocess(lines: readonly Line[]): Line[] {
  const kept: Line[] = [];
  const branches: boolean[] = [];
  for (const line of lines) {
    const { text } = line;
    if (text.startsWith('!ifenv ')) branches.push(false);
    else if (text.startsWith('!ifnenv ')) branches.push(true);
    else if (text === '!else') branches.push(branches.pop() === false);
    else if (text === '!endif') branches.pop();
    else if (text !== '' && !/^(?:#|!output )/.test(text) && !branches.includes(false)) kept.push(line);
  }
  return kept;
}

function readGroups(name: string, lines: readonly Line[], connections: number): CaseGroup[] {
  const groups: CaseGroup[] = [];
  for (const line of lines) {
    const untagged = readUntagged(line);
    const group = groups.at(-1);
    if (untagged !== undefined) {
      if (group === undefined) groups.push({ connection: 0, commands: [], untagged: [untagged], sleepMs: 0 });
      else group.untagged.push(untagged);
      continue;
    }
    const sleepMs = readSleep(line);
    if (sleepMs !== undefined) {
      if (group === undefined) throw new Error(`${name} line ${line.number}: sleep before any command`);
      group.sleepMs += sleepMs;
      continue;
    }
    const { connection, text } = takeConnection(name, line, connections);
    readCommandLine(groups, connection, { number: line.number, text });
  }
  const open = groups.flatMap((group) => group.commands).find((command) => command.reply === undefined);
  if (open !== undefined) throw new Error(`${name} line ${open.line}: command without a reply`);
  return groups;
}

function readUntagged({ text }: Line): ExpectedUntagged | undefined {
  const existence = ({ '*': 'must', '!': 'must-not', '?': 'may' } as const)[text[0] ?? ''];
  if (existence === undefined || text[1] !== ' ') return undefined;
  return { existence, text, values: parseResponse(text.slice(2)) };
}

/** `!sleep 100ms`, `!sleep 2s`; a bare number is seconds. */
function readSleep({ text }: Line): number | undefined {
  const match = /^!sleep (\d+) ?(ms|msecs?|s|secs?)?$/.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * (match[2]?.startsWith('m') === true ? 1 : 1000);
}

function takeConnection(name: string, line: Line, connections: number): { connection: number; text: string } {
  if (connections === 1) return { connection: 0, text: line.text };
  const match = /^(\d+) /.exec(line.text);
  const number = Number(match?.[1] ?? 0);
  if (match === null || number < 1 || number > connections) {
    throw new Error(`${name} line ${line.number}: expected a connection number`);
  }
  return { connection: number - 1, text: line.text.slice(match[0].length) };
}

/** A command of either form, or the reply of an earlier command of the group. */
function readCommandLine(groups: CaseGroup[], connection: number, line: Line): void {
  const tag = /^(tag\d+) /.exec(line.text)?.[1];
  const text = tag === undefined ? line.text : line.text.slice(tag.length + 1);
  const group = groups.at(-1);
  const waiting = group?.commands.find((command) => command.reply === undefined && command.tag === tag);
  const isStatus = statusPattern.test(text);
  if (isStatus && waiting !== undefined) {
    waiting.reply = replyWords(text);
    return;
  }
  const command: CaseCommand = isStatus
    ? {
        line: line.number,
        tag,
        text: text.slice(text.indexOf(' ') + 1),
        reply: replyWords(text.split(' ')[0]!),
      }
    : { line: line.number, tag, text, reply: undefined };
  const joinsGroup = tag !== undefined && group?.commands.some((other) => other.reply === undefined);
  if (group !== undefined && joinsGroup) group.commands.push(command);
  else groups.push({ connection, commands: [command], untagged: [], sleepMs: 0 });
}

const replyWords = (text: string): string[] => text.split(' ').map((word) => (word === '""' ? '' : word));
