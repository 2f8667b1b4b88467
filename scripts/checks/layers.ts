// Allowed imports (DESIGN section 7) over layers.json: each import of src/ must go along an allowed edge.

import { dirname, join, normalize } from 'node:path';
import { type Finding, sourceFiles, sourceText } from './source-files.ts';

interface Layers {
  readonly layers: Readonly<Record<string, readonly string[]>>;
  readonly folders: Readonly<Record<string, string>>;
  readonly protoEdges: Readonly<Record<string, readonly string[]>>;
}

interface Place {
  readonly folder: string;
  readonly layer: string;
}

const importPattern = /^(?:import|export)\s+(type\s+)?[^;]*?from\s+'([^']+)'/gm;

/** Every broken edge, and every folder of src/ that layers.json does not know. */
export function checkLayers(): Finding[] {
  const rules = JSON.parse(sourceText('layers.json')) as Layers;
  const findings: Finding[] = [];
  for (const file of sourceFiles(/^src\/.*\.ts$/)) {
    const from = placeOf(rules, file);
    if (from === undefined) {
      findings.push(`${file}: its folder is not in layers.json`);
      continue;
    }
    const isTest = file.endsWith('.test.ts');
    for (const match of sourceText(file).matchAll(importPattern)) {
      const target = match[2] as string;
      const finding = judge(rules, file, from, target, match[1] !== undefined, isTest);
      if (finding !== undefined) findings.push(`${file}: ${finding}`);
    }
  }
  return findings;
}

function placeOf(rules: Layers, file: string): Place | undefined {
  let folder = file.slice('src/'.length);
  while (folder !== '.' && folder !== '') {
    const layer = rules.folders[folder];
    if (layer !== undefined) return { folder, layer };
    folder = dirname(folder);
  }
  return undefined;
}

function judge(
  rules: Layers,
  file: string,
  from: Place,
  target: string,
  typeOnly: boolean,
  isTest: boolean,
): string | undefined {
  if (!target.startsWith('.')) {
    const pure = from.layer === 'base' || from.layer === 'proto';
    return pure && !isTest ? `${from.layer} names the module ${target}` : undefined;
  }
  const to = placeOf(rules, normalize(join(dirname(file), target)));
  if (to === undefined) return `imports ${target}, whose folder is not in layers.json`;
  if (from.folder === to.folder && from.folder !== 'proto') return undefined;
  // A test may stand on a real adapter; it ships nothing.
  if (isTest) return undefined;
  const allowed = rules.layers[from.layer] ?? [];
  if (allowed.includes('*')) return undefined;
  if (from.layer === 'proto' && to.layer === 'proto') return judgeProto(rules, file, target);
  if (allowed.includes(to.layer)) return undefined;
  if (typeOnly && allowed.includes(`${to.layer}:types`)) return undefined;
  if (allowed.includes('own-port') && to.layer === 'ports' && from.folder.startsWith(`${to.folder}/`))
    return undefined;
  // Ports' types are the vocabulary of every adapter; their code is not.
  if (allowed.includes('own-port') && to.layer === 'ports' && typeOnly) return undefined;
  return `${from.layer} (${from.folder}) imports ${to.layer} (${to.folder})`;
}

function judgeProto(rules: Layers, file: string, target: string): string | undefined {
  const name = (path: string): string => path.split('/')[2] ?? '';
  const from = name(file);
  const to = name(normalize(join(dirname(file), target)));
  return from === to || rules.protoEdges[from]?.includes(to)
    ? undefined
    : `proto/${from} imports proto/${to}`;
}
