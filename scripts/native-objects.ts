// Incremental C++ builds for the native tests, fuzz replays and fuzzers (the addon itself is built by node-gyp).
//
// An object is reused when compiler, flags and the content of every file it was made from are unchanged; the list of
// files comes from the compiler (-MMD), their hashes lie beside the object. Which libraries a program needs follows from
// its includes, so a library that reaches for another one than native/bytes shows up as such in `librariesOf`.

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Top of the checkout; all paths below are relative to it. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A compiler with its flags; `name` separates the object folders of different flag sets. */
export interface Toolchain {
  readonly name: string;
  readonly command: string;
  readonly compileFlags: readonly string[];
  readonly linkFlags: readonly string[];
}

/** Warnings that the addon is built with; tests and fuzzers obey the same. */
export const warningFlags = ['-Wall', '-Wextra', '-Wconversion', '-Werror'] as const;

/** g++ with AddressSanitizer and UndefinedBehaviorSanitizer, for unit tests and replays. */
export const sanitizedGcc: Toolchain = {
  name: 'gcc-asan',
  command: process.env.CXX ?? 'g++',
  compileFlags: [
    ...['-std=c++20', '-O1', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'],
    ...['-fno-omit-frame-pointer', '-pthread', '-Inative', '-Ifuzz', ...warningFlags],
  ],
  linkFlags: ['-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-pthread'],
};

const outFolder = join('build', 'native-tests');
const notLibraries = new Set(['addon', 'test']);

/** Folders of native/ that are pure libraries. */
export function libraries(): string[] {
  return readdirSync(join(root, 'native'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !notLibraries.has(entry.name))
    .map((entry) => entry.name)
    .sort();
}

/** The .cc files of one folder, `tests` or all but tests. */
export function sourcesOf(folder: string, tests: boolean): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.cc') && name.endsWith('-test.cc') === tests)
    .map((name) => join(folder, name))
    .sort();
}

/** Libraries whose headers the given files include, with the libraries those need in turn. */
export function librariesOf(files: readonly string[]): string[] {
  const known = new Set(libraries());
  const found = new Set<string>();
  const open = [...files];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    for (const match of readFileSync(join(root, file), 'utf8').matchAll(/^#include "([^/"]+)\//gm)) {
      const library = match[1]!;
      if (!known.has(library) || found.has(library)) continue;
      found.add(library);
      const folder = join('native', library);
      open.push(...readdirSync(join(root, folder)).map((name) => join(folder, name)));
    }
  }
  return [...found].sort();
}

const digest = (text: string | Uint8Array): string => createHash('sha256').update(text).digest('hex');

const contentHashes = new Map<string, string | undefined>();
function contentHash(path: string): string | undefined {
  if (!contentHashes.has(path)) {
    const full = join(root, path);
    contentHashes.set(path, existsSync(full) ? digest(readFileSync(full)) : undefined);
  }
  return contentHashes.get(path);
}

/** What an object was made from. */
interface Recipe {
  readonly toolchain: string;
  readonly files: Readonly<Record<string, string>>;
}

const versions = new Map<string, string>();
function toolchainId(toolchain: Toolchain): string {
  let version = versions.get(toolchain.command);
  if (version === undefined) {
    const result = spawnSync(toolchain.command, ['--version'], { encoding: 'utf8' });
    if (result.status !== 0) throw new Error(`${toolchain.command} cannot be run; install g++ (or clang)`);
    version = result.stdout;
    versions.set(toolchain.command, version);
  }
  return digest(`${version}\n${toolchain.compileFlags.join(' ')}`);
}

function isFresh(object: string, toolchain: Toolchain): boolean {
  const recipePath = join(root, `${object}.json`);
  if (!existsSync(join(root, object)) || !existsSync(recipePath)) return false;
  const recipe = JSON.parse(readFileSync(recipePath, 'utf8')) as Recipe;
  return (
    recipe.toolchain === toolchainId(toolchain) &&
    Object.entries(recipe.files).every(([path, hash]) => contentHash(path) === hash)
  );
}

/** Prerequisites out of a make rule as the compiler writes it. System headers are covered by the compiler version. */
function prerequisites(depFile: string): string[] {
  const rule = readFileSync(join(root, depFile), 'utf8').replace(/\\\n/g, ' ');
  return rule
    .slice(rule.indexOf(':') + 1)
    .trim()
    .split(/\s+/);
}

/** Runs a command; resolves with its output, rejects with it when the exit code is not 0. */
function run(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const text = Buffer.concat(output).toString();
      if (code === 0) resolve(text);
      else reject(new Error(`${command} ${args.join(' ')}: ${code ?? signal}\n${text}`));
    });
  });
}

async function compile(source: string, object: string, toolchain: Toolchain): Promise<void> {
  const full = join(root, object);
  mkdirSync(dirname(full), { recursive: true });
  rmSync(`${full}.json`, { force: true });
  const args = [...toolchain.compileFlags, '-MMD', '-MF', `${object}.d`, '-c', source, '-o', object];
  await run(toolchain.command, args);
  const files: Record<string, string> = {};
  for (const path of prerequisites(`${object}.d`)) files[path] = contentHash(path) ?? 'absent';
  const recipe: Recipe = { toolchain: toolchainId(toolchain), files };
  writeFileSync(`${full}.json`, JSON.stringify(recipe));
}

/** Object files of the given sources, compiled where needed by `jobs` compilers at a time. */
export async function objectsOf(
  sources: readonly string[],
  toolchain: Toolchain,
  jobs: number,
): Promise<string[]> {
  const pairs = sources.map((source) => ({
    source,
    object: join(outFolder, toolchain.name, source.replace(/\.cc$/, '.o')),
  }));
  const stale = pairs.filter(({ object }) => !isFresh(object, toolchain));
  const worker = async () => {
    for (let next = stale.shift(); next !== undefined; next = stale.shift()) {
      await compile(next.source, next.object, toolchain);
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  return pairs.map(({ object }) => object);
}

/** Links objects to build/native-tests/<toolchain>/<name>; skipped when nothing changed. Returns its path. */
export async function linkProgram(
  name: string,
  objects: readonly string[],
  toolchain: Toolchain,
): Promise<string> {
  const program = join(outFolder, toolchain.name, name);
  const inputs = objects.map((object) => digest(readFileSync(join(root, object))));
  const id = digest([toolchain.linkFlags.join(' '), ...inputs].join('\n'));
  const idPath = join(root, `${program}.id`);
  if (existsSync(join(root, program)) && existsSync(idPath) && readFileSync(idPath, 'utf8') === id) {
    return program;
  }
  await run(toolchain.command, [...objects, ...toolchain.linkFlags, '-o', program]);
  writeFileSync(idPath, id);
  return program;
}

/** Builds a program from its own sources and the libraries these include. */
export async function buildProgram(
  name: string,
  sources: readonly string[],
  toolchain: Toolchain,
  jobs: number,
): Promise<string> {
  const needed = librariesOf(sources).flatMap((library) => sourcesOf(join('native', library), false));
  const all = [...new Set([...sources, ...needed])];
  return linkProgram(name, await objectsOf(all, toolchain, jobs), toolchain);
}
