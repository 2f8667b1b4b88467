// The tracked (and new, not ignored) files of the repository, for the checks.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Absolute path of the repository. */
export const root = join(import.meta.dirname, '../..');

/** Paths relative to the root, sorted, of files that exist and match `pattern`. */
export function sourceFiles(pattern: RegExp): string[] {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  return listed
    .split('\n')
    .filter((path) => pattern.test(path) && existsSync(join(root, path)))
    .sort();
}

/** Text of one file of the repository. */
export const sourceText = (path: string): string => readFileSync(join(root, path), 'utf8');

/** A rule of the house that was broken, as `file: what`. */
export type Finding = string;
