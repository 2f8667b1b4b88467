// The settings table against the sources, both ways: a parameter that is read but not listed, or listed but not read. And
// docs/settings.md and docs/ru/settings.md against the table.

import { schema } from '../../src/settings/schema/index.ts';
import { settingsPages } from '../settings-docs.ts';
import { type Finding, sourceFiles, sourceText } from './source-files.ts';

const read = /\.get\(\s*'([a-z]+\.[A-Za-z0-9]+)'/g;
const named = /'([a-z][a-z0-9]*\.[A-Za-z0-9]+)'/g;

/** Findings over src/, without tests: a parameter that only a test reads does nothing. */
export function checkSettingsTable(): Finding[] {
  const findings: Finding[] = [];
  const seen = new Set<string>();
  for (const file of sourceFiles(/^src\/.*\.ts$/)) {
    if (/\.test\.ts$|contract\.ts$|fixture|^src\/settings\/schema\/|quickstart\.ts$/.test(file)) continue;
    const text = sourceText(file);
    for (const [, name = ''] of text.matchAll(read)) {
      if (!Object.hasOwn(schema, name) && isArea(name))
        findings.push(`${file}: reads ${name}, which src/settings/schema/ does not list`);
    }
    for (const [, name = ''] of text.matchAll(named)) seen.add(name);
  }
  for (const name of Object.keys(schema)) {
    if (!seen.has(name)) findings.push(`src/settings/schema: ${name} is listed, but nothing reads it`);
  }
  return findings;
}

/** Other tables have dotted keys too; only names of our areas are settings. */
function isArea(name: string): boolean {
  const area = name.slice(0, name.indexOf('.') + 1);
  return Object.keys(schema).some((known) => known.startsWith(area));
}

/** Pages that differ from what the table yields. */
export function checkSettingsDocs(): Finding[] {
  return settingsPages()
    .filter(({ path, text }) => readOrEmpty(path) !== text)
    .map(({ path }) => `${path}: differs from the settings table; run node scripts/settings-docs.ts`);
}

function readOrEmpty(path: string): string {
  return sourceFiles(/^docs\//).includes(path) ? sourceText(path) : '';
}
