// Sizes of source files (STYLE 2.1): none over 800 lines, 90 % within 500, median within 200; generated files excepted.
// Also no functions over 80 lines in TypeScript, found by the indentation that the formatter guarantees.

import { type Finding, sourceFiles, sourceText } from './source-files.ts';

const maxLines = 800;
const usualLines = 500;
const medianLines = 200;
const maxFunctionLines = 80;

/** Findings over src/, native/, scripts/, bench/, fuzz/ and test/. */
export function checkSizes(): Finding[] {
  const findings: Finding[] = [];
  const product: number[] = [];
  for (const file of sourceFiles(/^(src|native|scripts|bench|fuzz|test)\/.*\.(ts|cc|h)$/)) {
    if (file.includes('.gen.')) continue;
    const lines = sourceText(file).split('\n');
    if (lines.length > maxLines) findings.push(`${file}: ${lines.length} lines, the limit is ${maxLines}`);
    if (/^(src|native)\//.test(file) && !/[.-]test\.(ts|cc)$/.test(file)) product.push(lines.length);
    // A function that registers tests is a list, not logic.
    const isSuite = file.endsWith('.test.ts') || file.endsWith('contract.ts');
    if (file.endsWith('.ts') && !isSuite) findings.push(...longFunctions(file, lines));
  }
  product.sort((a, b) => a - b);
  const median = product[Math.floor(product.length / 2)] ?? 0;
  const ninetieth = product[Math.floor(product.length * 0.9)] ?? 0;
  if (median > medianLines)
    findings.push(`src, native: median file is ${median} lines, the limit is ${medianLines}`);
  if (ninetieth > usualLines)
    findings.push(`src, native: 90 % of files reach ${ninetieth} lines, the limit is ${usualLines}`);
  return findings;
}

function longFunctions(file: string, lines: readonly string[]): Finding[] {
  const findings: Finding[] = [];
  const start =
    /^( *)(?:export )?(?:default )?(?:async )?(?:function\b|(?:private |static |readonly |override |async |get |set |\*)*[#\w]+(?:<[^>]*>)?\([^;]*\{$)/;
  for (let i = 0; i < lines.length; i++) {
    const match = start.exec(lines[i] as string);
    if (
      match === null ||
      /^\s*(if|for|while|switch|catch|return|describe|test|it|suite)\b/.test(lines[i] as string)
    )
      continue;
    const close = `${match[1]}}`;
    const end = lines.findIndex(
      (line, at) => at > i && line.startsWith(close) && !line.startsWith(`${close} `),
    );
    if (end - i > maxFunctionLines)
      findings.push(`${file}:${i + 1}: function of ${end - i} lines, the limit is ${maxFunctionLines}`);
  }
  return findings;
}
