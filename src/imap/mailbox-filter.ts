// Which mailboxes a rule means now (RFC 5465 6): for NOTIFY and ESEARCH.

import type { MailboxName } from '../base/brands.ts';
import type { MailboxFilter } from '../proto/imap/mailbox-filter.ts';
import type { ImapSession } from './session.ts';

/** Names of the selectable mailboxes that any of the filters means, each once, in the order of LIST. */
export async function filteredMailboxes(
  session: ImapSession,
  filters: readonly MailboxFilter[],
): Promise<readonly MailboxName[]> {
  const infos = (await session.mail.mailboxes()).filter(({ selectable }) => selectable);
  const needsSubscriptions = filters.some(({ kind }) => kind === 'subscribed');
  const subscribed = new Set(needsSubscriptions ? await session.mail.subscriptions() : []);
  const selected = session.selected?.name;
  const tests = filters.map((filter) => ({
    test: filterTest(filter, selected, subscribed),
    // RFC 5465 6.4, 6.5: of the personal namespace alone.
    onlyOwn: filter.kind === 'personal' || filter.kind === 'inboxes',
  }));
  return infos
    .filter(({ name, source }) =>
      tests.some(({ test, onlyOwn }) => test(name) && (!onlyOwn || source === undefined)),
    )
    .map(({ name }) => name);
}

/** A rule as a test; `subscribed` must hold the subscriptions when the rule asks for them. */
export function filterTest(
  filter: MailboxFilter,
  selected: MailboxName | undefined,
  subscribed: ReadonlySet<MailboxName>,
): (name: MailboxName) => boolean {
  switch (filter.kind) {
    case 'selected':
    case 'selected-delayed':
      return (name) => name === selected;
    case 'inboxes':
      // RFC 5465 6.5: where mail is delivered to; rules that file it elsewhere do not count.
      return (name) => name === 'INBOX';
    case 'personal':
      return () => true;
    case 'subscribed':
      return (name) => subscribed.has(name);
    case 'mailboxes': {
      const names = new Set(filter.names);
      return (name) => names.has(name);
    }
    case 'subtree':
      return (name) => filter.names.some((root) => name === root || name.startsWith(`${root}/`));
    case 'subtree-one':
      return (name) =>
        filter.names.some(
          (root) => name === root || (name.startsWith(`${root}/`) && !name.includes('/', root.length + 1)),
        );
  }
}
