// The items of STATUS and of LIST … RETURN (STATUS (…)): names without case, each at most once in the answer.

import { bad } from './fault.ts';
import type { TokenReader } from './token-reader.ts';

/** Items in the order in which they are answered. RFC 9051 6.3.11; HIGHESTMODSEQ RFC 7162; APPENDLIMIT RFC 7889; SIZE RFC 8438; MAILBOXID RFC 8474. */
export const statusItems = [
  'MESSAGES',
  'RECENT',
  'UIDNEXT',
  'UIDVALIDITY',
  'UNSEEN',
  'DELETED',
  'DELETED-STORAGE',
  'SIZE',
  'HIGHESTMODSEQ',
  'APPENDLIMIT',
  'MAILBOXID',
] as const;

export type StatusItem = (typeof statusItems)[number];

const known: ReadonlySet<string> = new Set(statusItems);

/** `(item *(SP item))`. Throws BAD for unknown items. */
export function expectStatusItems(tokens: TokenReader): readonly StatusItem[] {
  const asked = new Set(tokens.expectList('status item list', () => tokens.expectKeyword('status item')));
  for (const item of asked) if (!known.has(item)) throw bad('Unknown status item');
  return statusItems.filter((item) => asked.has(item));
}
