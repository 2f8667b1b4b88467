// Coverage-guided fuzzing: `npm run fuzz -- <target|all> [--seconds N] [--jobs N]`.
//
// Builds fuzz/<target>/*-fuzz.cc with clang++ and libFuzzer under ASan and UBSan, runs it from the seeds, the regressions and
// the corpus kept in fuzz/out/<target>/ (not in git). A finding is written to fuzz/<target>/regressions/, which is in git
// and replayed by every `npm test`. Exit code 0: no finding; 1: a finding; 2: it could not run.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildProgram, root, sourcesOf, type Toolchain, warningFlags } from './native-objects.ts';

const defaultSeconds = 60;
const inputTimeoutSeconds = 10;
const memoryLimitMib = 2048;
const maxInputBytes = 65_536;

const fuzzer: Toolchain = {
  name: 'clang-fuzz',
  command: 'clang++',
  compileFlags: [
    ...[
      '-std=c++20',
      '-O1',
      '-g',
      '-fsanitize=fuzzer-no-link,address,undefined',
      '-fno-sanitize-recover=all',
    ],
    ...['-fno-omit-frame-pointer', '-pthread', '-Inative', '-Ifuzz', ...warningFlags, '-Wno-sign-conversion'],
  ],
  linkFlags: ['-fsanitize=fuzzer,address,undefined', '-pthread'],
};

/** Totals of one target. */
interface Outcome {
  readonly target: string;
  readonly executions: number;
  readonly executionsPerSecond: number;
  readonly coverage: number;
  readonly clean: boolean;
}

function targets(): string[] {
  return readdirSync(join(root, 'fuzz'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'out')
    .map((entry) => entry.name)
    .sort();
}

/** Explains what to install unless clang++ with its fuzzer runtime works. */
function assertClang(): void {
  const probe = spawnSync(
    'clang++',
    ['-x', 'c++', '-', '-fsanitize=fuzzer,address,undefined', '-o', '/dev/null'],
    {
      input: 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }',
      encoding: 'utf8',
    },
  );
  if (probe.status === 0) return;
  throw new Error(
    `clang++ with libFuzzer is needed: apt-get install clang-14 clang libclang-rt-14-dev\n${probe.stderr ?? ''}`,
  );
}

/** Number after the last `pattern` in the log, or 0. */
function lastNumber(log: string, pattern: RegExp): number {
  const match = [...log.matchAll(pattern)].at(-1);
  return match === undefined ? 0 : Number(match[1]);
}

/** Runs one fuzzer process; its log goes to stderr as it comes. */
function runFuzzer(program: string, args: readonly string[]): Promise<{ status: number; log: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(root, program), args, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
    let log = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-1_000_000);
      process.stderr.write(text);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ status: code ?? 1, log }));
  });
}

async function fuzzOne(target: string, source: string, seconds: number, jobs: number): Promise<Outcome> {
  const folder = join('fuzz', target);
  const name = basename(source, '.cc');
  const corpus = join('fuzz', 'out', name);
  const regressions = join(folder, 'regressions');
  mkdirSync(join(root, corpus), { recursive: true });
  mkdirSync(join(root, regressions), { recursive: true });
  const program = await buildProgram(name, [source], fuzzer, Math.max(2, jobs));
  const dictionaries = readdirSync(join(root, folder)).filter((file) => file.endsWith('.dict'));
  const inputs = [join(folder, 'seeds'), regressions].filter((path) => existsSync(join(root, path)));
  const startedMs = performance.now();
  const { status, log } = await runFuzzer(program, [
    ...[`-max_total_time=${seconds}`, `-timeout=${inputTimeoutSeconds}`, `-rss_limit_mb=${memoryLimitMib}`],
    ...[`-max_len=${maxInputBytes}`, `-artifact_prefix=${regressions}/`, '-print_final_stats=1'],
    ...(jobs > 1 ? [`-fork=${jobs}`] : []),
    ...dictionaries.map((file) => `-dict=${join(folder, file)}`),
    ...[corpus, ...inputs],
  ]);
  const executions =
    jobs > 1 ? lastNumber(log, /^#(\d+):/gm) : lastNumber(log, /stat::number_of_executed_units:\s+(\d+)/g);
  const elapsedSeconds = (performance.now() - startedMs) / 1000;
  return {
    target: name,
    executions,
    executionsPerSecond: Math.round(executions / elapsedSeconds),
    coverage: lastNumber(log, /cov: (\d+)/g),
    clean: status === 0,
  };
}

function report(outcomes: readonly Outcome[]): void {
  process.stdout.write(
    `${'target'.padEnd(32)}${'executions'.padStart(14)}${'per second'.padStart(12)}  edges\n`,
  );
  for (const { target, executions, executionsPerSecond, coverage, clean } of outcomes) {
    const numbers = `${String(executions).padStart(14)}${String(executionsPerSecond).padStart(12)}`;
    process.stdout.write(`${target.padEnd(32)}${numbers}  ${coverage}${clean ? '' : '  FINDING'}\n`);
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: String(defaultSeconds) },
      jobs: { type: 'string', default: '1' },
    },
  });
  const seconds = Number(values.seconds);
  const jobs = Number(values.jobs);
  const known = targets();
  const chosen = positionals.includes('all') ? known : positionals;
  const unknown = chosen.filter((target) => !known.includes(target));
  if (chosen.length === 0 || unknown.length > 0 || !(seconds > 0) || !Number.isInteger(jobs) || jobs < 1) {
    process.stderr.write(
      `usage: npm run fuzz -- <target|all> [--seconds N] [--jobs N]\ntargets: ${known.join(' ')}\n`,
    );
    return 2;
  }
  assertClang();
  const outcomes: Outcome[] = [];
  for (const target of chosen) {
    const sources = sourcesOf(join('fuzz', target), false).filter((name) => name.endsWith('-fuzz.cc'));
    for (const source of sources) outcomes.push(await fuzzOne(target, source, seconds, jobs));
  }
  report(outcomes);
  return outcomes.every(({ clean }) => clean) ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`fuzz: ${(error as Error).message}\n`);
  process.exitCode = 2;
}
