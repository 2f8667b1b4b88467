// Arguments of NOTIFY (RFC 5465 8): event groups, each a mailbox filter with the events wanted of what it matches.
//
// Refuses with BAD what the grammar or section 5 forbids, with NO [BADEVENT] an event that there is not, naming those that
// there are. Data items of MessageNew never set \Seen: the client did not read the message.

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
const messageEvents: ReadonlySet<NotifyEvent> = new Set(['MessageNew', 'MessageExpunge', 'FlagChange']);

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
  const groups: NotifyGroup[] = [];
  do groups.push(expectGroup(tokens));
  while (tokens.takeSpace());
  tokens.expectEnd();
  // RFC 5465 6.1: there is one selected mailbox and one way to tell of it.
  if (groups.filter(({ filter }) => meansSelected(filter)).length > 1)
    throw bad('The selected mailbox stands in two event groups');
  return { kind: 'set', status, groups };
}

function expectGroup(tokens: TokenReader): NotifyGroup {
  tokens.expectOpen('event group');
  const filter = expectMailboxFilter(tokens);
  tokens.expectSpace('events');
  const items: FetchItem[] = [];
  const events = tokens.takeWord('NONE') ? new Set<NotifyEvent>() : expectEvents(tokens, items);
  tokens.expectClose('event group');
  const group = { filter, events, items };
  checkEvents(group);
  return group;
}

function expectEvents(tokens: TokenReader, items: FetchItem[]): Set<NotifyEvent> {
  const events = new Set<NotifyEvent>();
  tokens.expectOpen('events');
  for (let goesOn = true; goesOn; ) {
    const event = byName.get(tokens.expectKeyword('event'));
    // RFC 5465 5: the code names every event that can be asked for.
    if (event === undefined)
      throw refuse('imap.bad_event', `BADEVENT (${eventNames.join(' ')})`, 'There is no such event');
    events.add(event);
    goesOn = tokens.takeSpace();
    if (!goesOn || event !== 'MessageNew' || !tokens.isAtOpen) continue;
    items.push(...expectItemsInList(tokens).map(peeking));
    goesOn = tokens.takeSpace();
  }
  tokens.expectClose('events');
  return events;
}

const peeking = (item: FetchItem): FetchItem => ('setsSeen' in item ? { ...item, setsSeen: false } : item);

function checkEvents(group: NotifyGroup): void {
  const { filter, events, items } = group;
  // RFC 5465 5: the two come together, and flags only with both.
  if (events.has('MessageNew') !== events.has('MessageExpunge'))
    throw bad('MessageNew and MessageExpunge need each other');
  if (events.has('FlagChange') && !events.has('MessageNew'))
    throw bad('FlagChange needs MessageNew and MessageExpunge');
  if (meansSelected(filter)) {
    // RFC 5465 6.1.
    if ([...events].some((event) => !messageEvents.has(event)))
      throw bad('The selected mailbox has events of messages only');
  } else if (items.length > 0) throw bad('Data items are for the selected mailbox');
}
