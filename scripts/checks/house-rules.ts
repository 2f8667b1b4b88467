// Small rules that a reader would otherwise have to watch for: marks of unfinished work, synchronous file I/O in services,
// paths of a developer's machine, skipped or exclusive tests, file headers.

import { type Finding, sourceFiles, sourceText } from './source-files.ts';

const rules: readonly {
  readonly where: RegExp;
  readonly except?: RegExp;
  readonly what: RegExp;
  readonly why: string;
}[] = [
  {
    where: /^(src|native)\//,
    what: /\b(TODO|FIXME|XXX|HACK)\b/,
    why: 'mark of unfinished work',
  },
  {
    where: /^src\/(?!app\/)/,
    except: /\.test\.ts$|contract\.ts$/,
    what: /\b(readFileSync|writeFileSync|fsyncSync|readdirSync|statSync|mkdirSync|execSync|spawnSync|scryptSync|argon2Sync|pbkdf2Sync|existsSync)\b/,
    why: 'synchronous I/O would stop the event loop',
  },
  {
    where: /^(src|native|scripts|test|bench|fuzz|docs)\//,
    what: /\/(work|farm)\/(main|shared)/,
    why: 'path of a machine',
  },
  { where: /^(src|test)\//, what: /\b(?:test|it|describe)\.only\(|\bonly: true/, why: 'exclusive test' },
  {
    where: /^src\//,
    what: /@ts-ignore|@ts-expect-error|biome-ignore|\bas any\b|: any(?=[;,)\]|>]| =)/,
    why: 'type check switched off',
  },
];

export function checkHouseRules(): Finding[] {
  const findings: Finding[] = [];
  for (const file of sourceFiles(/\.(ts|cc|h|md|sh)$/)) {
    if (file === 'scripts/checks/house-rules.ts' || file.includes('.gen.')) continue;
    const text = sourceText(file);
    for (const rule of rules) {
      if (!rule.where.test(file) || rule.except?.test(file)) continue;
      const match = rule.what.exec(text);
      if (match !== null) {
        const line = text.slice(0, match.index).split('\n').length;
        findings.push(`${file}:${line}: ${rule.why}: ${match[0]}`);
      }
    }
    const needsHeader =
      /^(src|native|scripts|bench|fuzz)\/.*\.(ts|cc|h)$/.test(file) && !/[.-]test\.(ts|cc)$/.test(file);
    if (needsHeader && !/^(#!.*\n)?(\/\/|\/\*)/.test(text))
      findings.push(`${file}:1: a file opens with its contract`);
  }
  return findings;
}
