// Scripts of what real clients say: a text file of lines sent and lines expected, for one or several connections.
//
//   name: text, settings: imap.x=1   header, until the first empty line
//   deliver 3 [size]     puts mail into INBOX before anything is said, or in between
//   C: a1 NOOP           sends a line; `C2:` on the second connection, and so on (opened at their first use)
//   C: a APPEND x {{{    the lines up to `}}}` are a literal with CRLF line ends; `{{{+` does not wait for the server
//   S: pattern           an answer that must come, in this order, before or as the tagged one; others may come between
//   N: pattern           an answer that must not come before the next tagged one
//   wait 50              pauses, in milliseconds
//
// In patterns `…` is any text and `<<x>>` a word that is taken where it is met first and must be the same afterwards, also in
// lines that are sent. Everything else is compared octet for octet. Refuses (throws with the line) what it does not know.

export type Step =
  | { readonly kind: 'send'; readonly line: number; readonly connection: number; readonly text: string }
  | { readonly kind: 'expect'; readonly line: number; readonly connection: number; readonly pattern: string }
  | { readonly kind: 'never'; readonly line: number; readonly connection: number; readonly pattern: string }
  | { readonly kind: 'deliver'; readonly line: number; readonly count: number; readonly sizeBytes: number }
  | { readonly kind: 'wait'; readonly line: number; readonly milliseconds: number };

export interface Dialogue {
  readonly name: string;
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly steps: readonly Step[];
}

/** Parses a script; `text` is UTF-8. */
export function parseDialogue(text: string): Dialogue {
  const lines = text.split('\n');
  const body = lines.indexOf('');
  const header = new Map<string, string>();
  for (const line of lines.slice(0, body).filter((one) => !one.startsWith('#'))) {
    const colon = line.indexOf(':');
    header.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const settings = (header.get('settings') ?? '').split(' ').filter((word) => word !== '');
  return {
    name: header.get('name') ?? '',
    settings: Object.fromEntries(
      settings.map((word) => {
        const [key = '', value = ''] = word.split('=');
        return [key, settingValue(value)];
      }),
    ),
    steps: readSteps(lines, body),
  };
}

function settingValue(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^\d+$/.test(text) ? Number(text) : text;
}

function readSteps(lines: readonly string[], from: number): Step[] {
  const steps: Step[] = [];
  for (let at = from; at < lines.length; at++) {
    const text = lines[at]!;
    if (text === '' || text.startsWith('#')) continue;
    const line = at + 1;
    const { step, used } = readStep(text, line, lines.slice(at + 1));
    steps.push(step);
    at += used;
  }
  return steps;
}

function readStep(text: string, line: number, rest: readonly string[]): { step: Step; used: number } {
  const words = /^(deliver|wait) (\d+)(?: (\d+))?$/.exec(text);
  if (words?.[1] === 'wait') return { step: { kind: 'wait', line, milliseconds: Number(words[2]) }, used: 0 };
  if (words?.[1] === 'deliver') {
    const sizeBytes = Number(words[3] ?? 0);
    return { step: { kind: 'deliver', line, count: Number(words[2]), sizeBytes }, used: 0 };
  }
  const said = /^([CSN])(\d*): (.*)$/.exec(text);
  if (said === null) throw new Error(`line ${line}: ${text}`);
  const connection = Number(said[2] === '' ? '1' : said[2]) - 1;
  const pattern = said[3]!;
  if (said[1] === 'S') return { step: { kind: 'expect', line, connection, pattern }, used: 0 };
  if (said[1] === 'N') return { step: { kind: 'never', line, connection, pattern }, used: 0 };
  const { sent, used } = joinLiterals(pattern, rest);
  return { step: { kind: 'send', line, connection, text: sent }, used };
}

/** A sent line with its literals: marker, line end and octets in place. */
function joinLiterals(first: string, rest: readonly string[]): { sent: string; used: number } {
  let sent = first;
  let used = 0;
  for (;;) {
    const opened = /\{\{\{(\+?)$/.exec(sent);
    if (opened === null) return { sent, used };
    const end = rest.findIndex((line, index) => index >= used && line.startsWith('}}}'));
    if (end < 0) throw new Error(`literal without end: ${first}`);
    const data = rest
      .slice(used, end)
      .map((line) => `${line}\r\n`)
      .join('');
    const marker = `{${Buffer.byteLength(data)}${opened[1]}}\r\n`;
    sent = `${sent.slice(0, opened.index)}${marker}${data}${rest[end]!.slice(3)}`;
    used = end + 1;
  }
}

/** Words that patterns took, by name. */
export type Words = Map<string, string>;

/** A line to be sent with the words that are known. */
export function fill(text: string, words: ReadonlyMap<string, string>): string {
  return text.replace(/<<(\w+)>>/g, (_, name: string) => {
    const word = words.get(name);
    if (word === undefined) throw new Error(`<<${name}>> is not known yet`);
    return word;
  });
}

/** Whether an answer is what the pattern says; takes the words that are met for the first time. */
export function matches(pattern: string, answer: string, words: Words): boolean {
  const names = new Set<string>();
  const source = pattern.replace(/<<(\w+)>>|…|[\s\S]/gu, (piece, name?: string) => {
    if (piece === '…') return '[\\s\\S]*?';
    if (name === undefined) return escapeRegExp(piece);
    const known = words.get(name);
    if (known !== undefined) return escapeRegExp(known);
    if (names.has(name)) return `\\k<${name}>`;
    names.add(name);
    return `(?<${name}>[^ ()\\]]+)`;
  });
  const match = new RegExp(`^${source}$`, 'u').exec(answer);
  if (match === null) return false;
  for (const name of names) words.set(name, match.groups![name]!);
  return true;
}

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
