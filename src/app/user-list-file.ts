// Lists of users from elsewhere: users.json or a JSON list, CSV with a header line, and passwd files as Dovecot and Exim
// read them (`user:{SCHEME}hash:uid:gid:name:home:…`). Pure: text in, rows or a list of problems with their lines out.

import { parseSizeText } from '../settings/parameter-value.ts';

/** One user of a list, not yet checked: addresses as written, the password as it stands there. */
export interface ListedUser {
  /** Line of the text, from 1. */
  readonly line: number;
  readonly address: string;
  readonly aliases: readonly string[];
  /** Hash or plain text; undefined when the list has none. */
  readonly stored: string | undefined;
  /** The SCRAM field of a users.json, as it stands there. */
  readonly scram: unknown;
  readonly name: string | undefined;
  readonly quotaBytes: number | undefined;
  readonly quotaMessages: number | undefined;
  readonly enabled: boolean | undefined;
  readonly admin: boolean | undefined;
}

export interface ListProblem {
  readonly line: number;
  readonly problem: string;
}

export type ListFormat = 'json' | 'csv' | 'passwd';

export interface UserList {
  readonly users: readonly ListedUser[];
  readonly problems: readonly ListProblem[];
}

/** The format by the look of the text. */
export function guessFormat(text: string): ListFormat {
  const start = text.trimStart();
  if (start.startsWith('{') || start.startsWith('[')) return 'json';
  const header = start.split('\n', 1)[0] ?? '';
  return header
    .toLowerCase()
    .split(/[,;\t]/)
    .some((cell) => unquote(cell) === 'address')
    ? 'csv'
    : 'passwd';
}

/** Reads a list; never throws. */
export function parseUserList(text: string, format: ListFormat): UserList {
  const plain = text.startsWith('\ufeff') ? text.slice(1) : text;
  if (format === 'json') return parseJsonList(plain);
  return format === 'csv' ? parseCsvList(plain) : parsePasswdList(plain);
}

type Cells = Readonly<Record<string, unknown>>;

/** Reads the fields of one user; a wrong one is a problem. */
function toListedUser(line: number, cells: Cells): ListedUser | ListProblem {
  const problems: string[] = [];
  const text = (name: string): string | undefined => {
    const value = cells[name];
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value === 'string') return value;
    problems.push(`${name}: expected text`);
    return undefined;
  };
  const number = (name: string, parse: (text: string) => number | undefined): number | undefined => {
    const value = cells[name];
    if (value === undefined || value === null || value === '') return undefined;
    const parsed = typeof value === 'string' ? parse(value) : value;
    if (Number.isSafeInteger(parsed) && (parsed as number) >= 0) return parsed as number;
    problems.push(`${name}: expected a number`);
    return undefined;
  };
  const user: ListedUser = {
    line,
    address: text('address') ?? '',
    aliases: aliasesOf(cells.aliases, problems),
    stored: text('password'),
    scram: cells.scram ?? undefined,
    name: text('name'),
    quotaBytes: number('quotaBytes', parseSizeText),
    quotaMessages: number('quotaMessages', (value) =>
      /^[0-9]{1,15}$/.test(value) ? Number(value) : undefined,
    ),
    enabled: flagOf('enabled', cells.enabled, problems),
    admin: flagOf('admin', cells.admin, problems),
  };
  if (user.address === '') problems.push('address: expected user@domain');
  return problems.length === 0 ? user : { line, problem: problems.join('; ') };
}

function aliasesOf(value: unknown, problems: string[]): string[] {
  if (value === undefined || value === null) return [];
  const items = typeof value === 'string' ? value.split(/[\s;,]+/).filter((item) => item !== '') : value;
  if (Array.isArray(items) && items.every((item) => typeof item === 'string')) return items;
  problems.push('aliases: expected addresses');
  return [];
}

function flagOf(name: string, value: unknown, problems: string[]): boolean | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'boolean') return value;
  const text = String(value).toLowerCase();
  if (['true', 'yes', '1'].includes(text)) return true;
  if (['false', 'no', '0'].includes(text)) return false;
  problems.push(`${name}: expected yes or no`);
  return undefined;
}

function collect(rows: Iterable<ListedUser | ListProblem>): UserList {
  const users: ListedUser[] = [];
  const problems: ListProblem[] = [];
  for (const row of rows) {
    if ('problem' in row) problems.push(row);
    else users.push(row);
  }
  return { users, problems };
}

const knownCells = [
  'address',
  'aliases',
  'password',
  'name',
  'quotaBytes',
  'quotaMessages',
  'enabled',
  'admin',
];

function parseJsonList(text: string): UserList {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // The engine's message quotes the text, which may hold hashes; the position is enough.
    const position = Number(/at position (\d+)/.exec((error as Error).message)?.[1] ?? text.length);
    return { users: [], problems: [{ line: lineAt(text, position), problem: 'not JSON' }] };
  }
  const list = Array.isArray(value) ? value : (value as { readonly users?: unknown } | null)?.users;
  if (!Array.isArray(list))
    return { users: [], problems: [{ line: 1, problem: 'expected a list of users or {"users": [...]}' }] };
  // JSON keeps no lines: the number of the user stands in for it.
  return collect(
    list.map((item: unknown, i) => {
      if (typeof item !== 'object' || item === null) return { line: i + 1, problem: 'expected an object' };
      const unknown = Object.keys(item).find((key) => key !== 'scram' && !knownCells.includes(key));
      if (unknown !== undefined) return { line: i + 1, problem: `unknown field ${unknown}` };
      return toListedUser(i + 1, item as Cells);
    }),
  );
}

function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}

function parseCsvList(text: string): UserList {
  const records = [...csvRecords(text)];
  const header = (records[0]?.cells ?? []).map((cell) => {
    const name = cell.trim().toLowerCase();
    const short = { quota: 'quotabytes', messages: 'quotamessages', alias: 'aliases' }[name] ?? name;
    return knownCells.find((known) => known.toLowerCase() === short) ?? cell;
  });
  const unknown = header.find((name) => !knownCells.includes(name));
  if (unknown !== undefined || !header.includes('address')) {
    const problem =
      unknown === undefined
        ? 'the header line has no address'
        : `unknown column ${unknown}; known are ${knownCells.join(', ')}`;
    return { users: [], problems: [{ line: 1, problem }] };
  }
  return collect(
    records.slice(1).map(({ line, cells }) => {
      if (cells.length !== header.length)
        return { line, problem: `expected ${header.length} columns, found ${cells.length}` };
      return toListedUser(line, Object.fromEntries(header.map((name, i) => [name, cells[i]])));
    }),
  );
}

/** RFC 4180 records; the separator is the comma, semicolon or tab that the first line has most of. */
function* csvRecords(text: string): Generator<{ readonly line: number; readonly cells: readonly string[] }> {
  const first = text.split('\n', 1)[0] ?? '';
  const separator = [',', ';', '\t'].reduce((best, candidate) =>
    first.split(candidate).length > first.split(best).length ? candidate : best,
  );
  let [line, recordLine, at] = [1, 1, 0];
  let cells: string[] = [];
  while (at < text.length) {
    const [cell, end] = csvCell(text, at, separator);
    cells.push(cell);
    line += cell.split('\n').length - 1;
    at = end;
    if (text[at] === separator) {
      at += 1;
      // A separator at the very end is followed by an empty cell.
      if (at === text.length) cells.push('');
      else continue;
    }
    if (text.startsWith('\r\n', at)) at += 2;
    else if (text[at] === '\n') at += 1;
    if (cells.length > 1 || cells[0] !== '') yield { line: recordLine, cells };
    [line, cells] = [line + 1, []];
    recordLine = line;
  }
}

/** One cell from `at`; returns its text and the offset of what ends it. */
function csvCell(text: string, at: number, separator: string): [string, number] {
  if (text[at] === '"') {
    let cell = '';
    for (let from = at + 1; ; ) {
      const quote = text.indexOf('"', from);
      if (quote === -1) return [cell + text.slice(from), text.length];
      cell += text.slice(from, quote);
      if (text[quote + 1] !== '"') return [cell, skipToEnd(text, quote + 1, separator)];
      cell += '"';
      from = quote + 2;
    }
  }
  const end = skipToEnd(text, at, separator);
  return [text.slice(at, end), end];
}

function skipToEnd(text: string, at: number, separator: string): number {
  let end = at;
  while (end < text.length && text[end] !== separator && text[end] !== '\n') end += 1;
  return text[end] === '\n' && text[end - 1] === '\r' && end > at ? end - 1 : end;
}

function unquote(cell: string): string {
  return cell.trim().replace(/^"(.*)"$/, '$1');
}

/** `user:password:uid:gid:gecos:home:shell:extra`; everything but user, password and name is of no use here. */
function parsePasswdList(text: string): UserList {
  const rows = text.split(/\r?\n/).map((line, i): ListedUser | ListProblem | undefined => {
    if (line.trim() === '' || line.startsWith('#')) return undefined;
    const [address = '', password = '', , , gecos = ''] = line.split(':');
    if (!line.includes(':')) return { line: i + 1, problem: 'expected user:password' };
    // The full name is what stands before the first comma of the gecos field.
    const cells = { address, password, name: gecos.split(',', 1)[0] };
    return toListedUser(i + 1, cells);
  });
  return collect(rows.filter((row) => row !== undefined));
}
