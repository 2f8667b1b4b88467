// The texts of `tegu --help` and `tegu VERB --help`.

import type { Command } from './commands/command.ts';
import type { CommandEntry } from './commands/index.ts';

const commonHelp = `  --conf FILE          tegu.conf (default: $TEGU_CONF, ./tegu.conf, ./data/tegu.conf, /etc/tegu/tegu.conf)
  --data DIR           data directory with its tegu.conf
  --json               answer with one JSON line
  --help, -h           this text
`;

/** All verbs, a line for each first word. */
export function overview(table: readonly CommandEntry[]): string {
  const verbs = new Map<string, string[]>();
  for (const { words } of table) {
    const [first = '', second] = words.split(' ');
    verbs.set(first, [...(verbs.get(first) ?? []), ...(second === undefined ? [] : [second])]);
  }
  const lines = [...verbs].map(([first, seconds]) => `  tegu ${first} ${seconds.join('|')}`.trimEnd());
  return `tegu, a mail server\n\n${lines.join('\n')}\n\ntegu VERB --help explains one. Every verb has\n${commonHelp}`;
}

/** One verb with its options. */
export function helpOf(command: Command): string {
  const own = command.help.map((line) => `  ${line}\n`).join('');
  return `tegu ${command.words} ${command.usage}\n  ${command.summary}\n\n${own}${commonHelp}`;
}
