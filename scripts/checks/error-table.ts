// docs/errors.md against the codes that the sources raise, both ways.

import { type Finding, sourceFiles, sourceText } from './source-files.ts';

const raised = /new (Fault|Transient|Permanent|Bug)\(\s*'([a-z][\w.]*)'/g;
/** Helpers that build an outcome take the code first: `storeFailure('store.full', …)`. */
const quoted =
  /'((?:host|store|smtp|imap|pop3|settings|directory|routing|internal|admin|delivery|native|config)\.[a-z_]+)'/g;

export function checkErrorTable(): Finding[] {
  const documented = new Map<string, string>();
  for (const line of sourceText('docs/errors.md').split('\n')) {
    const row = /^\| ([a-z]\w*\.[\w.]+) \| ([\w, ]+) \|/.exec(line);
    if (row?.[1] !== undefined && row[2] !== undefined) documented.set(row[1], row[2]);
  }
  const findings: Finding[] = [];
  const seen = new Set<string>();
  for (const file of sourceFiles(/^src\/.*\.ts$/)) {
    if (file.endsWith('.test.ts') || file.endsWith('contract.ts')) continue;
    const text = sourceText(file);
    for (const [, kind, code] of text.matchAll(raised)) {
      if (code === undefined || !code.includes('.')) continue;
      seen.add(code);
      const kinds = documented.get(code);
      if (kinds === undefined) findings.push(`${file}: code ${code} has no row in docs/errors.md`);
      else if (kind !== undefined && !kinds.includes(kind)) {
        findings.push(`${file}: ${code} is raised as ${kind}, docs/errors.md says ${kinds}`);
      }
    }
    for (const [, code] of text.matchAll(quoted)) if (code !== undefined) seen.add(code);
  }
  for (const code of documented.keys()) {
    if (!seen.has(code) && code !== 'internal.bug') findings.push(`docs/errors.md: ${code} is never raised`);
  }
  return findings;
}
