// Native unit tests and fuzz replays under ASan and UBSan: `node scripts/native-tests.ts [library or fuzz target …]`.
//
// Each library of native/ becomes one test program out of its *-test.cc; each fuzz/<target>/*-fuzz.cc one replay program
// that runs over fuzz/<target>/seeds and fuzz/<target>/regressions. Prints the counts of every test file; exit code 1 when
// anything failed to build or to pass, or when a name given matches nothing.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { buildProgram, libraries, root, sanitizedGcc, sourcesOf, type Toolchain } from './native-objects.ts';

const jobs = 2;
const programTimeoutMs = 300_000;

const replayToolchain: Toolchain = {
  ...sanitizedGcc,
  name: 'gcc-asan-replay',
  compileFlags: [...sanitizedGcc.compileFlags, '-DTEGU_REPLAY'],
};

/** One program to build and run. */
interface Job {
  readonly name: string;
  readonly sources: readonly string[];
  readonly toolchain: Toolchain;
  readonly args: readonly string[];
}

function unitTestJobs(): Job[] {
  const harness = sourcesOf('native/test', false);
  return libraries()
    .map((name) => ({ name, tests: sourcesOf(join('native', name), true) }))
    .filter(({ tests }) => tests.length > 0)
    .map(({ name, tests }) => ({
      name,
      sources: [...harness, ...tests, ...sourcesOf(join('native', name), false)],
      toolchain: sanitizedGcc,
      args: [],
    }));
}

function replayJobs(): Job[] {
  const jobs: Job[] = [];
  for (const entry of readdirSync(join(root, 'fuzz'), { withFileTypes: true })) {
    const folder = join('fuzz', entry.name);
    if (!entry.isDirectory() || entry.name === 'out') continue;
    const inputs = ['seeds', 'regressions'].map((name) => join(folder, name));
    for (const source of sourcesOf(folder, false).filter((name) => name.endsWith('-fuzz.cc'))) {
      const args = inputs.filter((path) => existsSync(join(root, path)));
      jobs.push({ name: basename(source, '.cc'), sources: [source], toolchain: replayToolchain, args });
    }
  }
  return jobs;
}

/** Runs a built program; true when it passed. Sanitizer findings end it with a code of its own. */
function runProgram(path: string, args: readonly string[]): boolean {
  const result = spawnSync(join(root, path), args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: programTimeoutMs,
    env: { ...process.env, UBSAN_OPTIONS: 'print_stacktrace=1', ASAN_OPTIONS: 'detect_leaks=1' },
  });
  if (result.status === 0) return true;
  process.stderr.write(`not ok: ${path} ended with ${result.status ?? result.signal}\n`);
  return false;
}

async function main(names: readonly string[]): Promise<number> {
  const all = [...unitTestJobs(), ...replayJobs()];
  const matches = (job: Job) =>
    names.length === 0 || names.some((name) => `${name}-fuzz` === job.name || name === job.name);
  const chosen = all.filter(matches);
  let failed = 0;
  for (const job of chosen) {
    try {
      process.stdout.write(`# ${job.name}\n`);
      const program = await buildProgram(job.name, job.sources, job.toolchain, jobs);
      if (!runProgram(program, job.args)) failed += 1;
    } catch (error) {
      failed += 1;
      process.stderr.write(`not ok: ${job.name}: ${(error as Error).message}\n`);
    }
  }
  process.stdout.write(`native programs: ${chosen.length - failed} passed, ${failed} failed\n`);
  return failed === 0 && chosen.length > 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
