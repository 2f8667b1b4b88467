// The version of the program, from the package file it is installed with.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

let known: string | undefined;

/** `0.1.0`; read once, at start-up. */
export function productVersion(): string {
  known ??= (
    JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
      readonly version: string;
    }
  ).version;
  return known;
}
