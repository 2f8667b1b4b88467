// npm test: every check of the project. Addon, types, lint, house checks, native tests under sanitizers with the fuzz
// regressions, unit tests, then the tests with real clients and peers: once with io_uring and two workers, once with the
// thread pool and one worker. `--only WORD` runs the steps whose name holds the word.

import { runHouseChecks } from './checks/run.ts';
import { sourceFiles } from './checks/source-files.ts';
import { ensurePackages } from './peer-packages.ts';
import { recordStep, runStep, stepFailures, stepPasses } from './steps.ts';

const onlyAt = process.argv.indexOf('--only');
const only = onlyAt < 0 ? '' : (process.argv[onlyAt + 1] ?? '');
const node = process.execPath;

const wanted = (name: string): boolean => name.includes(only);

async function step(
  name: string,
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  if (wanted(name)) await runStep(name, command, { env, timeoutMs: 1_200_000, tail: 9 });
}

function nodeTests(files: readonly string[], concurrency: number): string[] {
  return [
    node,
    '--test',
    `--test-concurrency=${concurrency}`,
    '--test-timeout=600000',
    '--test-reporter=spec',
    ...files,
  ];
}

const startedMs = performance.now();
recordStep('packages', startedMs, ensurePackages());
await step('addon', [node, 'scripts/build-addon.ts']);
await step('types', ['tsc', '-p', '.']);
await step('lint', ['biome', 'check', '--error-on-warnings', '.']);
await step('native format', [node, 'scripts/format-native.ts', '--check']);
if (wanted('house')) runHouseChecks();
await step('native tests', [node, 'scripts/native-tests.ts']);
await step('unit tests', nodeTests(sourceFiles(/^src\/.*\.test\.ts$/), 2));
const systemTests = sourceFiles(/^test\/.*\.test\.ts$/);
// Those that time answers have the machine for themselves.
const timed = systemTests.filter((file) => file.startsWith('test/hostile/'));
const others = systemTests.filter((file) => !timed.includes(file));
for (const [name, io, workers] of [
  ['io_uring, two workers', 'uring', '2'],
  ['threads, one worker', 'threads', '1'],
] as const) {
  const env = { TEGU_IO: io, TEGU_TEST_WORKERS: workers };
  await step(`system tests, ${name}`, nodeTests(others, 2), env);
  await step(`system tests under attack, ${name}`, nodeTests(timed, 1), env);
}

console.log(`${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
console.log(`${stepPasses()} passed, ${stepFailures()} failed`);
process.exitCode = stepFailures() === 0 ? 0 : 1;
