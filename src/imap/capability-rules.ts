// Which capabilities an operator takes away from one account, one domain or one kind of client: clients break.
//
// Rules are entries of `imap.accountCapabilities` (`user@domain: -QRESYNC -NOTIFY`, `domain: -MOVE`) and of
// `imap.clientCapabilities` (`Outlook*: -QRESYNC`), where the pattern is compared with "name version" of the client's ID
// (RFC 2971), without case, `*` for any text. A rule that cannot be read takes nothing away; `tegu config set` does not
// check them, so the log says so when a session meets one.

import type { Settings } from '../settings/settings.ts';

/** What a session is known by. */
export interface Subject {
  /** Address and domain after log-in. */
  readonly account: { readonly address: string; readonly domain: string } | undefined;
  /** "name version" as the client's ID gave it, '' before. */
  readonly client: string;
}

export interface WithheldAnswer {
  /** Names in capitals. */
  readonly names: ReadonlySet<string>;
  /** Rules that could not be read, as written. */
  readonly unreadable: readonly string[];
}

const nothing: WithheldAnswer = { names: new Set(), unreadable: [] };

/** Longest client text compared; an ID has no bound worth trusting. */
const maxClientLength = 200;

/** What the rules take away from `subject` now. */
export function withheldCapabilities(settings: Settings, subject: Subject): WithheldAnswer {
  const byAccount = settings.get('imap.accountCapabilities');
  const byClient = settings.get('imap.clientCapabilities');
  if (byAccount.length === 0 && byClient.length === 0) return nothing;
  const names = new Set<string>();
  const unreadable: string[] = [];
  const { account } = subject;
  const client = subject.client.slice(0, maxClientLength).toLowerCase();
  const apply = (rule: string, concerns: (pattern: string) => boolean): void => {
    const read = readRule(rule);
    if (read === undefined) unreadable.push(rule);
    else if (concerns(read.pattern)) for (const name of read.names) names.add(name);
  };
  for (const rule of byAccount) {
    apply(rule, (pattern) => pattern === account?.address || pattern === account?.domain);
  }
  for (const rule of byClient) apply(rule, (pattern) => client !== '' && matchesPattern(client, pattern));
  return { names, unreadable };
}

/** `pattern: -NAME -NAME`; undefined when it is not of that form. */
function readRule(rule: string): { pattern: string; names: string[] } | undefined {
  // The last colon: a client's name may hold one.
  const colon = rule.lastIndexOf(':');
  if (colon < 1) return undefined;
  const words = rule
    .slice(colon + 1)
    .split(' ')
    .filter((word) => word !== '');
  if (words.length === 0 || words.some((word) => word.length < 2 || !word.startsWith('-'))) return undefined;
  return {
    pattern: rule.slice(0, colon).trim().toLowerCase(),
    names: words.map((word) => word.slice(1).toUpperCase()),
  };
}

/** True when `text` matches `pattern` with `*` for any text. Greedy from the left, so the cost is at most text × pattern. */
export function matchesPattern(text: string, pattern: string): boolean {
  const pieces = pattern.split('*');
  const first = pieces[0] ?? '';
  if (pieces.length === 1) return text === pattern;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  const last = pieces[pieces.length - 1] ?? '';
  return text.length - last.length >= at && text.endsWith(last);
}
