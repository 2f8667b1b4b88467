// npm run check: the quick loop. Types, lint, house checks, and the unit tests of what changed since the last commit
// (`--all`: all unit tests). Prints each step with its time; the exit code is 0 only when all passed.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runHouseChecks } from './checks/run.ts';
import { root, sourceFiles } from './checks/source-files.ts';
import { runStep, stepFailures } from './steps.ts';

const all = process.argv.includes('--all');

await runStep('addon', [process.execPath, 'scripts/build-addon.ts']);
await runStep('types', ['tsc', '-p', '.']);
await runStep('lint', ['biome', 'check', '--error-on-warnings', '.']);
await runStep('native format', [process.execPath, 'scripts/format-native.ts', '--check']);
runHouseChecks();
const tests = all ? sourceFiles(/^src\/.*\.test\.ts$/) : touchedTests();
if (tests.length > 0)
  await runStep(`unit tests (${tests.length} files)`, [process.execPath, '--test', ...tests]);
process.exitCode = stepFailures() === 0 ? 0 : 1;

/** Tests in the folders of files that differ from HEAD. */
function touchedTests(): string[] {
  const changed = spawnSync('git', ['status', '--porcelain', '-uall'], {
    cwd: root,
    encoding: 'utf8',
  }).stdout;
  const folders = new Set(
    changed
      .split('\n')
      .map((line) => line.slice(3))
      .filter((path) => path.startsWith('src/'))
      .map((path) => dirname(path)),
  );
  return sourceFiles(/^src\/.*\.test\.ts$/).filter(
    (test) => folders.has(dirname(test)) && existsSync(join(root, test)),
  );
}
