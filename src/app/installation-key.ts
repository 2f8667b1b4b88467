// A secret of this installation that never changes: `installation.key` in the data directory, made on the first start.
//
// What strangers are told about unknown users is derived from it (SCRAM salts), so it must outlive restarts and be the same
// in every worker. Losing it harms nobody's mail.

import { randomBytes } from 'node:crypto';
import { link, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

const keyBytes = 32;

/** The key; made when it is not there. Several processes may come here at once: the first one's key stays. */
export async function loadInstallationKey(dataDirectory: string): Promise<Uint8Array> {
  const path = join(dataDirectory, 'installation.key');
  for (;;) {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    const key = Buffer.from(text?.trim() ?? '', 'base64');
    if (key.length === keyBytes) return key;
    if (text !== undefined) throw new Error(`${path} is damaged; remove it and a new one is made`);
    await make(path);
  }
}

/** Whole or not at all: written aside, then linked under its name. */
async function make(path: string): Promise<void> {
  const aside = `${path}.${process.pid}`;
  const file = await open(aside, 'w', 0o600);
  try {
    await file.writeFile(`${randomBytes(keyBytes).toString('base64')}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await link(aside, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(aside, { force: true });
}
