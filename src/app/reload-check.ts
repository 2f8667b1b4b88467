// What `tegu reload` can tell before the server reads everything again: settings that break the rules, a users.json with a
// mistake, certificates without their key, keys for tokens that are none. The server keeps what it had in each of these cases and says so in its log only;
// a renewal script looks at the exit code.
//
// Reads with the rights of whoever calls: a file that only the server may not read is not found here.

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readUserFile } from '../directory/json/user-file.ts';
import { parseKeySet } from '../directory/jwt/json-web-token.ts';
import { Certificates } from '../host/certificates.ts';
import { silentLog } from '../host/log.ts';
import type { Site } from './site.ts';

/** One sentence a problem; empty when everything can be used. */
export async function findReloadProblems(site: Site): Promise<string[]> {
  const problems: string[] = [];
  const note = (error: unknown): void => {
    problems.push(error instanceof Error ? error.message : String(error));
  };
  const paths = await site.paths();
  await site.document().catch(note);
  await readUserFile(paths.users).catch(note);
  const log = {
    ...silentLog,
    warn: (_event: string, fields: Readonly<Record<string, unknown>> = {}) =>
      problems.push(`${paths.tls}: the pair ${fields.pair} cannot be used: ${fields.error}`),
  };
  await Certificates.load(paths.tls, log).catch(note);
  await checkTokenKeys(site).catch(note);
  return problems;
}

/** The server reads the keys when the first token comes, and tells its log only. */
async function checkTokenKeys(site: Site): Promise<void> {
  const file = (await site.snapshot()).get('auth.tokenKeysFile');
  if (file === '') return;
  const path = resolve((await site.configuration()).dataDirectory, file);
  const keys = parseKeySet(await readFile(path, 'utf8'));
  if (typeof keys === 'string') throw new Error(`${path}: ${keys}`);
}
