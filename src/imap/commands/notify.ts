// NOTIFY (RFC 5465): the client says which events of which mailboxes it wants to hear of, also between commands.
//
// A refused NOTIFY SET leaves what was in force before (RFC 5465 3.1).

import { type NotifyArguments, parseNotify } from '../../proto/imap/notify-arguments.ts';
import { afterLogin, command, ok } from '../command.ts';
import { Notification } from '../notify/notification.ts';
import { assertItemsOn } from './fetch.ts';

export const notify = command<NotifyArguments>({
  name: 'NOTIFY',
  states: afterLogin,
  announce: 'all',
  // RFC 5465 3.1: what gathered is told at once, as NOOP would.
  poll: true,
  capability: 'NOTIFY',
  parse: parseNotify,
  async run(session, args) {
    if (args.kind === 'none') {
      session.notification?.close();
      session.notification = undefined;
      return ok('Nothing is told any more');
    }
    for (const { items } of args.groups) assertItemsOn(session, { items, partial: undefined });
    const items = args.groups.flatMap((group) => group.items);
    if (items.some(({ kind }) => kind === 'modseq')) session.enable('CONDSTORE');
    const before = session.notification;
    const next = await Notification.open(session, args.groups, args.status);
    before?.close();
    session.notification = next;
    await next.listenToAnnotations();
    return ok('NOTIFY completed');
  },
});
