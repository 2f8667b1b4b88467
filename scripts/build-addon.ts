// Makes sure that the native addon can be loaded: `npm run build`, and the first step of `npm start` and `npm test`.
//
// Order: a prebuilt prebuilds/<platform>-<arch>/tegu.node wins; else build/Release/tegu.node if it was made from exactly
// these sources for exactly this Node; else node-gyp builds it against the headers of the pinned Node package. Nothing
// is downloaded. Several processes may call this at once: one builds, the others wait. Exit code 0 means "loadable".

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = join(root, 'build', 'Release', 'tegu.node');
const stampPath = join(root, 'build', '.stamp');
const lockPath = join(root, 'build', '.lock');
const lockPollMs = 200;

/** C++ files that belong to the addon: all of native/ but tests. The same rule stands in binding.gyp. */
function nativeSources(): string[] {
  return readdirSync(join(root, 'native'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(cc|h)$/.test(name) && !name.endsWith('-test.cc') && !name.startsWith('test/'))
    .map((name) => join('native', name))
    .sort();
}

/** Identity of what a build would produce now. */
function fingerprint(): string {
  const hash = createHash('sha256');
  hash.update(`${process.version} ${process.platform}-${process.arch}\n`);
  for (const path of ['binding.gyp', 'node_modules/node-addon-api/package.json', ...nativeSources()]) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0');
  }
  return hash.digest('hex');
}

/** Folder whose include/node holds the headers of the running Node. */
function headersFolder(): string {
  const pinned = join(root, 'node_modules', `node-${process.platform}-${process.arch}`);
  const candidates = [pinned, dirname(dirname(process.execPath))];
  for (const folder of candidates) {
    if (existsSync(join(folder, 'include', 'node', 'node_api.h'))) return folder;
  }
  throw new Error(`no Node headers in ${candidates.join(' or ')}; run "npm ci"`);
}

/** Names of build tools that cannot be run. */
function missingTools(): string[] {
  const tools = [process.env.CXX ?? 'g++', 'make', 'python3'];
  return tools.filter((tool) => spawnSync(tool, ['--version'], { stdio: 'ignore' }).status !== 0);
}

function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Takes the build lock, waiting for another builder; a lock whose owner died is taken over. */
function takeLock(): void {
  mkdirSync(join(root, 'build'), { recursive: true });
  for (;;) {
    try {
      writeFileSync(lockPath, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    let owner = Number.NaN;
    try {
      owner = Number(readFileSync(lockPath, 'utf8') || Number.NaN);
    } catch {
      continue; // Released meanwhile.
    }
    if (owner > 0 && !isProcessAlive(owner)) rmSync(lockPath, { force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lockPollMs);
  }
}

function isCurrent(stamp: string): boolean {
  return existsSync(target) && existsSync(stampPath) && readFileSync(stampPath, 'utf8') === stamp;
}

function build(stamp: string): void {
  const missing = missingTools();
  if (missing.length > 0) {
    throw new Error(
      `building the native addon needs ${missing.join(', ')}.\n` +
        'Debian, Ubuntu, Astra: apt-get install g++ make python3\nRED OS, ALT: dnf/apt-get install gcc-c++ make python3',
    );
  }
  rmSync(stampPath, { force: true });
  const gyp = join(root, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js');
  // Not `rebuild`: make knows what changed, and `rebuild` would remove the object cache of the native tests in build/.
  const args = [gyp, 'configure', 'build', `--nodedir=${headersFolder()}`, '--loglevel=error'];
  const result = spawnSync(process.execPath, [...args, '--jobs', String(availableParallelism())], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}` },
  });
  if (result.status !== 0) {
    throw new Error(`node-gyp failed (${result.status ?? result.signal}):\n${result.stdout}${result.stderr}`);
  }
  writeFileSync(stampPath, stamp);
}

/** Loads the file once: a build that links but cannot be loaded is a failed build. */
function assertLoadable(path: string): void {
  createRequire(import.meta.url)(path);
}

function main(): void {
  const prebuilt = join(root, 'prebuilds', `${process.platform}-${process.arch}`, 'tegu.node');
  if (existsSync(prebuilt)) {
    assertLoadable(prebuilt);
    return;
  }
  const stamp = fingerprint();
  if (isCurrent(stamp)) return;
  takeLock();
  try {
    if (isCurrent(stamp)) return;
    process.stderr.write('building the native addon …\n');
    const startedMs = performance.now();
    build(stamp);
    assertLoadable(target);
    process.stderr.write(`built in ${((performance.now() - startedMs) / 1000).toFixed(1)} s\n`);
  } finally {
    rmSync(lockPath, { force: true });
  }
}

try {
  main();
} catch (error) {
  process.stderr.write(`build-addon: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
