// Files made durable a second: the I/O engine with 100 in flight on each backend, against 16 plain threads that do the same
// system calls one file at a time. Compiled from bench/native/durable-files.cc; runs on the disk that holds build/.

import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildProgram, root, type Toolchain } from '../scripts/native-objects.ts';
import type { Benchmark, Measurement } from './measurement.ts';

const optimised: Toolchain = {
  name: 'gcc-bench',
  command: process.env.CXX ?? 'g++',
  compileFlags: ['-std=c++20', '-O2', '-g', '-pthread', '-Inative'],
  linkFlags: ['-pthread'],
};

const scenarios = [
  { files: 3000, sizeBytes: 8192, directories: 1 },
  { files: 3000, sizeBytes: 8192, directories: 16 },
  { files: 3000, sizeBytes: 8192, directories: 1000 },
] as const;
const inFlight = 100;
const peerName = '16 plain threads';

export const benchmark: Benchmark = async (rounds) => {
  const program = await buildProgram('durable-files', ['bench/native/durable-files.cc'], optimised, 2);
  const folder = join(root, 'build', 'bench');
  await mkdir(folder, { recursive: true });
  const measurements: Measurement[] = [];
  for (const { files, sizeBytes, directories } of scenarios) {
    const args = [folder, files, sizeBytes, directories, inFlight, rounds].map(String);
    const { stdout } = await promisify(execFile)(join(root, program), args);
    const rates = new Map(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => [
          line.slice(0, line.indexOf(':')),
          line
            .slice(line.indexOf(':') + 1)
            .trim()
            .split(' ')
            .map(Number),
        ]),
    );
    for (const side of ['engine, uring', 'engine, threads']) {
      measurements.push({
        what: `${side}: ${files} files of ${sizeBytes} octets in ${directories} directories`,
        unit: 'files/s',
        higherIsBetter: true,
        ours: rates.get(side) ?? [],
        peerName,
        peer: rates.get(peerName) ?? [],
      });
    }
  }
  return measurements;
};
