// docs/rfc.tsv against the RFC anchors of the sources: every RFC named in src/ or native/ has a row, every row names files
// that exist and that carry an anchor for it.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Finding, root, sourceFiles, sourceText } from './source-files.ts';

export function checkRfcTable(): Finding[] {
  const findings: Finding[] = [];
  const rows = new Map<string, string[]>();
  const [, ...lines] = sourceText('docs/rfc.tsv').trimEnd().split('\n');
  for (const [index, line] of lines.entries()) {
    const [rfc = '', title = '', status = '', files = ''] = line.split('\t');
    const at = `docs/rfc.tsv:${index + 2}`;
    if (!/^\d+$/.test(rfc) || title === '')
      findings.push(`${at}: expected "number<TAB>title<TAB>status<TAB>files"`);
    if (status !== 'full' && status !== 'part')
      findings.push(`${at}: status is full or part, not "${status}"`);
    if (rows.has(rfc)) findings.push(`${at}: RFC ${rfc} stands twice`);
    rows.set(
      rfc,
      files
        .split(',')
        .map((file) => file.trim())
        .filter((file) => file !== ''),
    );
  }
  const anchors = new Set<string>();
  const missing = new Map<string, string>();
  for (const file of sourceFiles(/^(src|native)\/.*\.(ts|cc|h)$/)) {
    for (const [, rfc] of sourceText(file).matchAll(/\bRFC (\d{3,5})\b/g)) {
      if (rfc === undefined) continue;
      anchors.add(rfc);
      if (!rows.has(rfc)) missing.set(rfc, file);
    }
  }
  for (const [rfc, file] of missing) findings.push(`${file}: RFC ${rfc} has no row in docs/rfc.tsv`);
  for (const [rfc, files] of rows) {
    if (files.length === 0) findings.push(`docs/rfc.tsv: RFC ${rfc} names no file`);
    for (const file of files) {
      if (!existsSync(join(root, file)))
        findings.push(`docs/rfc.tsv: RFC ${rfc} names ${file}, which does not exist`);
    }
    if (!anchors.has(rfc)) findings.push(`docs/rfc.tsv: nothing in src or native is anchored to RFC ${rfc}`);
  }
  return findings;
}
