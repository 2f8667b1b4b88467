// A file named on the command line, `-` for standard input.

import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Permanent } from '../base/outcome.ts';
import type { Terminal } from './commands/command.ts';

/** All of it as text; Permanent('admin.unreadable') when it cannot be read. */
export async function readInput(file: string, terminal: Terminal): Promise<string> {
  if (file === '-') return text(terminal.stdin);
  return readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new Permanent('admin.unreadable', `cannot read ${file}: ${cause.message}`, { cause });
  });
}
