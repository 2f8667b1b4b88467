// What a benchmark returns: pairs of series that were measured alternately in one run.

import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One compared figure. */
export interface Measurement {
  readonly what: string;
  readonly unit: string;
  readonly higherIsBetter: boolean;
  /** One value a round. */
  readonly ours: readonly number[];
  readonly peerName: string;
  readonly peer: readonly number[];
}

/** Sizes that a run may choose. */
export interface BenchmarkOptions {
  readonly messages: number;
  readonly sessions: number;
}

/** A benchmark is a module `NAME.bench.ts` that exports `benchmark`. */
export type Benchmark = (rounds: number, options: BenchmarkOptions) => Promise<readonly Measurement[]>;

/** Runs a program; rejects with its error output when it fails. */
export function run(file: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(output) : reject(new Error(`${file}: ${errors}`))));
  });
}

/** Builds a driver of bench/drivers with g++ into a temporary folder; the caller removes the folder. */
export async function buildDriver(name: string): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'tegu-bench-'));
  const path = join(folder, name);
  await run('g++', ['-std=c++20', '-O2', '-o', path, join(import.meta.dirname, 'drivers', `${name}.cc`)]);
  return { path, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Messages that stand in any `new` or `cur` folder below `root`. */
export async function countMessages(root: string): Promise<number> {
  let count = 0;
  for (const entry of await readdir(root, { withFileTypes: true }).catch(() => [])) {
    if (!entry.isDirectory()) continue;
    const path = join(root, entry.name);
    if (entry.name === 'new' || entry.name === 'cur') count += (await readdir(path)).length;
    else if (entry.name !== 'tmp') count += await countMessages(path);
  }
  return count;
}
