// Arguments of NOTIFY (RFC 5465 8): event groups, each a mailbox filter with the events wanted of what it matches.
//
// Refuses with BAD what the grammar or section 5 forbids, then with NO [BADEVENT] an event that there is not, naming those
// that there are. Data items of MessageNew never set \Seen: the client did not read the message.

import { bad, refuse } from './fault.ts';
import { expectItemsInList, type FetchItem } from './fetch-items.ts';
import { expectMailboxFilter, type MailboxFilter } from './mailbox-filter.ts';
import type { TokenReader } from './token-reader.ts';

// AnnotationChange is not among them: messages have no annotations here.
const eventNames = [
  'MessageNew',
  'MessageExpunge',
  'FlagChange',
  'MailboxName',
  'SubscriptionChange',
  'MailboxMetadataChange',
  'ServerMetadataChange',
] as const;

export type NotifyEvent = (typeof eventNames)[number];

export interface NotifyGroup {
  readonly filter: MailboxFilter;
  /** Empty for NONE. */
  readonly events: ReadonlySet<NotifyEvent>;
  /** What is fetched of a new message in the selected mailbox. */
  readonly items: readonly FetchItem[];
}

/** `status`: each mailbox is first told as it is now (SET STATUS). */
export type NotifyArguments =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'set';
      readonly status: boolean;
      readonly groups: readonly NotifyGroup[];
    };

const byName: ReadonlyMap<string, NotifyEvent> = new Map(
  eventNames.map((name) => [name.toUpperCase(), name]),
);
const messageWords: ReadonlySet<string> = new Set([
  'MESSAGENEW',
  'MESSAGEEXPUNGE',
  'FLAGCHANGE',
  'ANNOTATIONCHANGE',
]);

/** The filter is about whichever mailbox is selected. */
export const meansSelected = ({ kind }: MailboxFilter): boolean =>
  kind === 'selected' || kind === 'selected-delayed';

/** Everything after `NOTIFY`, to the end of the command. */
export function parseNotify(tokens: TokenReader): NotifyArguments {
  tokens.expectSpace('SET or NONE');
  if (tokens.takeWord('NONE')) {
    tokens.expectEnd();
    return { kind: 'none' };
  }
  if (!tokens.takeWord('SET')) throw bad('Expected SET or NONE');
  tokens.expectSpace('event group');
  const status = tokens.takeWord('STATUS');
  if (status) tokens.expectSpace('event group');
  const read: ReadGroup[] = [];
  do read.push(expectGroup(tokens));
  while (tokens.takeSpace());
  tokens.expectEnd();
  const groups = read.map(({ group }) => group);
  // RFC 5465 6.1: there is one selected mailbox and one way to tell of it.
  if (groups.filter(({ filter }) => meansSelected(filter)).length > 1)
    throw bad('The selected mailbox stands in two event groups');
  // RFC 5465 5: the code names every event that can be asked for.
  if (read.some(({ words }) => words.some((word) => !byName.has(word))))
    throw refuse('imap.bad_event', `BADEVENT (${eventNames.join(' ')})`, 'There is no such event');
  return { kind: 'set', status, groups };
}

interface ReadGroup {
  readonly group: NotifyGroup;
  /** The events as they were named, in capitals. */
  readonly words: readonly string[];
}

function expectGroup(tokens: TokenReader): ReadGroup {
  tokens.expectOpen('event group');
  const filter = expectMailboxFilter(tokens);
  // RFC 7377 2.2 has it for ESEARCH alone.
  if (filter.kind === 'subtree-one') throw bad('Unknown mailbox filter');
  tokens.expectSpace('events');
  const items: FetchItem[] = [];
  const words = tokens.takeWord('NONE') ? [] : expectEvents(tokens, items);
  tokens.expectClose('event group');
  checkEvents(filter, words, items);
  const events = new Set(words.map((word) => byName.get(word)).filter((event) => event !== undefined));
  return { group: { filter, events, items }, words };
}

function expectEvents(tokens: TokenReader, items: FetchItem[]): string[] {
  const words: string[] = [];
  tokens.expectOpen('events');
  for (let goesOn = true; goesOn; ) {
    const word = tokens.expectKeyword('event');
    words.push(word);
    goesOn = tokens.takeSpace();
    if (!goesOn || word !== 'MESSAGENEW' || !tokens.isAtOpen) continue;
    items.push(...expectItemsInList(tokens).map(peeking));
    goesOn = tokens.takeSpace();
  }
  tokens.expectClose('events');
  return words;
}

const peeking = (item: FetchItem): FetchItem => ('setsSeen' in item ? { ...item, setsSeen: false } : item);

function checkEvents(filter: MailboxFilter, words: readonly string[], items: readonly FetchItem[]): void {
  const has = (word: string): boolean => words.includes(word);
  // RFC 5465 5: the two come together, and flags and annotations only with both.
  if (has('MESSAGENEW') !== has('MESSAGEEXPUNGE')) throw bad('MessageNew and MessageExpunge need each other');
  if ((has('FLAGCHANGE') || has('ANNOTATIONCHANGE')) && !has('MESSAGENEW'))
    throw bad('FlagChange and AnnotationChange need MessageNew and MessageExpunge');
  if (meansSelected(filter)) {
    // RFC 5465 6.1; of events that are not known here nobody can say.
    if (words.some((word) => byName.has(word) && !messageWords.has(word)))
      throw bad('The selected mailbox has events of messages only');
  } else if (items.length > 0) throw bad('Data items are for the selected mailbox');
}
