// Formats native/ and fuzz/ with clang-format; `--check` only reports and exits with 1 when a file would change.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './native-objects.ts';

const folders = ['native', 'fuzz'];
const filesPerCall = 100;

function sources(): string[] {
  return folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
        join(folder, name),
      ),
    )
    .filter((name) => /\.(cc|h)$/.test(name) && !name.startsWith(join('fuzz', 'out')))
    .sort();
}

function main(isCheck: boolean): number {
  const mode = isCheck ? ['--dry-run', '--Werror'] : ['-i'];
  const files = sources();
  for (let i = 0; i < files.length; i += filesPerCall) {
    const args = [...mode, ...files.slice(i, i + filesPerCall)];
    const result = spawnSync('clang-format', args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    if (result.error !== undefined) {
      process.stderr.write('format-native: clang-format cannot be run; apt-get install clang-format\n');
      return 1;
    }
    if (result.status !== 0) return 1;
  }
  return 0;
}

process.exitCode = main(process.argv.includes('--check'));
