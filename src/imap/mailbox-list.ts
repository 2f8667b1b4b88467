// Which mailboxes LIST and LSUB answer, and with which attributes: pure functions over the account's names.
//
// Names are matched in their wire form, so a pattern in modified UTF-7 means what its characters say. Superiors that exist
// only through their inferiors are \Noselect; a subscription whose mailbox is gone is \NonExistent.

import type { MailboxName } from '../base/brands.ts';
import type { ListArguments } from '../proto/imap/list-arguments.ts';
import { ListPattern } from '../proto/imap/list-pattern.ts';
import { wireMailboxName } from '../proto/imap/mailbox-name.ts';
import type { MailboxInfo, SpecialUse } from '../store/mail-store.ts';

/** The account as LIST sees it. */
export interface MailboxTree {
  /** INBOX first, then in name order; superiors that are no mailbox included. */
  readonly names: readonly MailboxName[];
  readonly mailboxes: ReadonlyMap<MailboxName, MailboxInfo>;
  readonly parents: ReadonlySet<MailboxName>;
  readonly subscriptions: ReadonlySet<MailboxName>;
}

/** One answer line. */
export interface ListEntry {
  readonly name: MailboxName;
  readonly attributes: readonly string[];
  /** Selection options that inferiors outside the pattern meet (CHILDINFO, RFC 5258 3.5). */
  readonly childInfo: readonly string[];
  readonly selectable: boolean;
}

/** Attribute of each special use (RFC 6154 2). */
export const useAttributes: Readonly<Record<SpecialUse, string>> = {
  all: '\\All',
  archive: '\\Archive',
  drafts: '\\Drafts',
  flagged: '\\Flagged',
  junk: '\\Junk',
  sent: '\\Sent',
  trash: '\\Trash',
};

/** Superiors of a name, nearest last. */
function superiors(name: string): MailboxName[] {
  const found: MailboxName[] = [];
  for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) {
    found.push(name.slice(0, at) as MailboxName);
  }
  return found;
}

const inListOrder = (a: string, b: string): number =>
  a === 'INBOX' ? -1 : b === 'INBOX' ? 1 : a < b ? -1 : a > b ? 1 : 0;

/** Builds the tree from what the store says. */
export function mailboxTree(
  infos: readonly MailboxInfo[],
  subscriptions: readonly MailboxName[],
): MailboxTree {
  const mailboxes = new Map(infos.map((info) => [info.name, info]));
  const parents = new Set<MailboxName>();
  for (const name of mailboxes.keys()) for (const superior of superiors(name)) parents.add(superior);
  const names = [...new Set([...mailboxes.keys(), ...parents])].sort(inListOrder);
  return { names, mailboxes, parents, subscriptions: new Set(subscriptions) };
}

/** The entries of a LIST in answer order. Lazily, so that the caller can pause between them. */
export function* listEntries(
  tree: MailboxTree,
  args: ListArguments,
  options: { readonly utf8: boolean; readonly specialUse: boolean },
): Generator<ListEntry | undefined> {
  const patterns = args.patterns.map((pattern) => new ListPattern(args.reference + pattern));
  const matches = (name: MailboxName): boolean => {
    const wire = wireMailboxName(name, options.utf8);
    return patterns.some((pattern) => pattern.matches(wire));
  };
  const isSelected = (name: MailboxName): boolean =>
    (!args.select.subscribed || tree.subscriptions.has(name)) &&
    (!args.select.specialUse || tree.mailboxes.get(name)?.specialUse !== undefined);
  const candidates = args.select.subscribed
    ? [...new Set([...tree.names, ...tree.subscriptions])].sort(inListOrder)
    : tree.names;
  const withInferiors = new Set<MailboxName>();
  if (args.select.recursiveMatch) {
    for (const name of candidates) {
      yield undefined;
      // RFC 5258 3.5: told only of inferiors that the pattern itself does not bring.
      if (!isSelected(name) || matches(name)) continue;
      for (const superior of superiors(name)) withInferiors.add(superior);
    }
  }
  const all =
    withInferiors.size === 0 ? candidates : [...new Set([...candidates, ...withInferiors])].sort(inListOrder);
  for (const name of all) {
    yield undefined;
    const told = withInferiors.has(name);
    if ((!isSelected(name) && !told) || !matches(name)) continue;
    yield {
      name,
      attributes: attributesOf(tree, name, args, options.specialUse),
      childInfo: told ? childInfoOf(args) : [],
      selectable: tree.mailboxes.get(name)?.selectable === true,
    };
  }
}

const childInfoOf = ({ select }: ListArguments): string[] => [
  ...(select.subscribed ? ['SUBSCRIBED'] : []),
  ...(select.specialUse ? ['SPECIAL-USE'] : []),
];

function attributesOf(
  tree: MailboxTree,
  name: MailboxName,
  args: ListArguments,
  withSpecialUse: boolean,
): string[] {
  const info = tree.mailboxes.get(name);
  const attributes: string[] = [];
  const showSubscribed = args.select.subscribed || args.returns.subscribed;
  if (showSubscribed && tree.subscriptions.has(name)) attributes.push('\\Subscribed');
  const isParent = tree.parents.has(name);
  if (info === undefined && !isParent) attributes.push('\\NonExistent');
  else if (info?.selectable !== true) attributes.push('\\Noselect');
  // RFC 3348: told without being asked, clients draw their tree from it.
  attributes.push(isParent ? '\\HasChildren' : '\\HasNoChildren');
  // I23, RFC 6154 2: in every LIST, or Outlook makes its own "Sent Items".
  if (withSpecialUse && info?.specialUse !== undefined) attributes.push(useAttributes[info.specialUse]);
  return attributes;
}

/** The entries of an LSUB (RFC 3501 6.3.9): subscribed names, and \Noselect superiors that `%` stops at. */
export function lsubEntries(
  tree: MailboxTree,
  reference: string,
  pattern: string,
  utf8: boolean,
): { readonly name: MailboxName; readonly attributes: readonly string[] }[] {
  const matcher = new ListPattern(reference + pattern);
  const matches = (name: MailboxName): boolean => matcher.matches(wireMailboxName(name, utf8));
  const found = new Map<MailboxName, readonly string[]>();
  for (const name of tree.subscriptions) {
    if (matches(name)) {
      found.set(name, []);
      continue;
    }
    for (const superior of superiors(name)) {
      if (!tree.subscriptions.has(superior) && matches(superior)) found.set(superior, ['\\Noselect']);
    }
  }
  return [...found].sort(([a], [b]) => inListOrder(a, b)).map(([name, attributes]) => ({ name, attributes }));
}
