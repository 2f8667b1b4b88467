// What `tegu reload` can tell before the server reads everything again: settings that break the rules, a users.json with a
// mistake, certificates without their key. The server keeps what it had in each of these cases and says so in its log only;
// a renewal script looks at the exit code.
//
// Reads with the rights of whoever calls: a file that only the server may not read is not found here.

import { readUserFile } from '../directory/json/user-file.ts';
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
  return problems;
}
