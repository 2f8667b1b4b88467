// The messages of the shared corpora: every file, whatever it is, as a mail client would upload it (line ends made CRLF).

import { execFile } from 'node:child_process';
import { access, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const shared = join(import.meta.dirname, '../../../shared/corpora');

/** Files that describe a corpus instead of belonging to it. */
const described = new Set(['LICENSE.txt', 'SOURCE.txt', 'manifest.json']);

export interface CorpusMessage {
  /** Path inside the corpora. */
  readonly name: string;
  readonly octets: Buffer;
}

export interface Corpus {
  readonly messages: readonly CorpusMessage[];
}

/** All messages; undefined when the corpora are not here. */
export async function openCorpus(): Promise<Corpus | undefined> {
  try {
    await access(shared);
  } catch {
    return undefined;
  }
  const messages: CorpusMessage[] = [];
  for (const file of await filesBelow(shared)) {
    const name = relative(shared, file);
    if (file.endsWith('.tar.xz')) messages.push(...(await unpack(file, name)));
    else messages.push({ name, octets: toCrlf(await readFile(file)) });
  }
  return { messages: messages.filter(({ octets }) => octets.length > 0) };
}

async function unpack(archive: string, name: string): Promise<CorpusMessage[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tegu-corpus-'));
  try {
    await run('tar', ['-xJf', archive, '-C', folder]);
    const files = await filesBelow(folder);
    return await Promise.all(
      files.map(async (file) => ({
        name: join(name, relative(folder, file)),
        octets: toCrlf(await readFile(file)),
      })),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && !described.has(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Every LF that no CR precedes becomes CRLF. */
export function toCrlf(octets: Buffer): Buffer {
  let missing = 0;
  for (let i = octets.indexOf(10); i >= 0; i = octets.indexOf(10, i + 1)) if (octets[i - 1] !== 13) missing++;
  if (missing === 0) return octets;
  const result = Buffer.alloc(octets.length + missing);
  let to = 0;
  let from = 0;
  for (let i = octets.indexOf(10); i >= 0; i = octets.indexOf(10, i + 1)) {
    if (octets[i - 1] === 13) continue;
    to += octets.copy(result, to, from, i);
    result[to++] = 13;
    from = i;
  }
  octets.copy(result, to, from);
  return result;
}
