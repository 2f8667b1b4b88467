// npm run bench -- NAME [--rounds N] [--messages N] [--sessions N] [--json]: measures us and the peer in one run, alternating, and prints both and their
// ratio. Results also go to bench/results/NAME.json and NAME.md.

import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Benchmark, Measurement } from '../bench/measurement.ts';
import { root } from './checks/source-files.ts';
import { ensurePackages } from './peer-packages.ts';

const { values, positionals } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    messages: { type: 'string', default: '10000' },
    sessions: { type: 'string', default: '1000' },
    json: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const name = positionals[0] ?? '';
const names = (await readdir(join(root, 'bench')))
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.slice(0, -'.bench.ts'.length));
if (!names.includes(name)) {
  console.error(
    `usage: npm run bench -- NAME [--rounds N] [--messages N] [--sessions N] [--json]\nnames: ${names.join(', ')}`,
  );
  process.exit(2);
}
const missing = ensurePackages();
if (missing !== '') {
  console.error(missing);
  process.exit(1);
}
const { benchmark } = (await import(join(root, 'bench', `${name}.bench.ts`))) as { benchmark: Benchmark };
const measurements = await benchmark(Number(values.rounds), {
  messages: Number(values.messages),
  sessions: Number(values.sessions),
});
const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`;
await mkdir(join(root, 'bench/results'), { recursive: true });
await writeFile(
  join(root, 'bench/results', `${name}.json`),
  `${JSON.stringify({ name, date: new Date().toISOString(), machine, measurements }, undefined, 1)}\n`,
);
const table = markdown(measurements);
await writeFile(
  join(root, 'bench/results', `${name}.md`),
  `# ${name}\n\n${machine}, ${values.rounds} rounds, alternating.\n\n${table}`,
);
console.log(values.json ? JSON.stringify(measurements) : table);

function markdown(rows: readonly Measurement[]): string {
  const head =
    '| what | unit | ours: median (min–max) | peer | peer: median (min–max) | ratio |\n|---|---|---|---|---|---|\n';
  return head + rows.map(line).join('');
}

function line(row: Measurement): string {
  const ours = median(row.ours);
  const peer = median(row.peer);
  // Above 1 always means that we are better.
  const ratio = row.higherIsBetter ? ours / peer : peer / ours;
  return `| ${row.what} | ${row.unit} | ${spread(row.ours)} | ${row.peerName} | ${spread(row.peer)} | ${ratio.toFixed(2)} |\n`;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function spread(values: readonly number[]): string {
  const show = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(2));
  return `${show(median(values))} (${show(Math.min(...values))}–${show(Math.max(...values))})`;
}
