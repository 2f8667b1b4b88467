// Worker thread: reads and checks users.json and builds the flat table, so that a file of 400,000 users never stops the
// event loop. Answers one message and ends.

import { readFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { lineOf, lineOfElement } from './json-position.ts';
import { findIssue, type UserRecord } from './user-record.ts';
import { buildUserTable, transferList, type UserTableData } from './user-table.ts';

/** What the thread answers: a table, or one sentence that names line and field. */
export type TableAnswer =
  | { readonly kind: 'table'; readonly table: UserTableData }
  | { readonly kind: 'broken'; readonly message: string };

/** Version of the format that this server reads and writes. */
export const fileVersion = 1;

/** Parses the text of a user file; the message has the form `17: users[3].address: expected …`. */
export function readUsers(text: string): readonly UserRecord[] | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return syntaxMessage(text, (error as Error).message);
  }
  const file = value as { version?: unknown; users?: unknown } | null;
  if (typeof file !== 'object' || file === null || !Array.isArray(file.users)) {
    return '1: expected an object {"version": 1, "users": […]}';
  }
  if (file.version !== fileVersion) return `1: version: expected ${fileVersion}`;
  for (const [index, user] of file.users.entries()) {
    const issue = findIssue(user);
    if (issue !== undefined) {
      const field = issue.field === '' ? '' : `.${issue.field}`;
      return `${lineOfElement(text, 'users', index, issue.field)}: users[${index}]${field}: expected ${issue.expected}`;
    }
  }
  return file.users as UserRecord[];
}

/** Node's message quotes the text around the fault, which may hold a hash: only the position is kept. */
function syntaxMessage(text: string, message: string): string {
  const position = /at position (\d+)/.exec(message)?.[1];
  return `${position === undefined ? lineOf(text, text.length) : lineOf(text, Number(position))}: not JSON`;
}

/** Reads, checks, builds. */
export async function loadTable(path: string): Promise<TableAnswer> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    return { kind: 'broken', message: (error as Error).message };
  }
  const users = readUsers(text);
  if (typeof users === 'string') return { kind: 'broken', message: users };
  const table = buildUserTable(users);
  if ('count' in table) return { kind: 'table', table };
  const lines = [table.first, table.second].map((index) => lineOfElement(text, 'users', index, ''));
  return {
    kind: 'broken',
    message: `${lines[1]}: users[${table.second}]: expected an address of its own; ${table.address} belongs to users[${table.first}] (line ${lines[0]})`,
  };
}

if (parentPort !== null && typeof workerData?.usersFile === 'string') {
  const answer = await loadTable(workerData.usersFile as string);
  parentPort.postMessage(answer, answer.kind === 'table' ? transferList(answer.table) : []);
}
