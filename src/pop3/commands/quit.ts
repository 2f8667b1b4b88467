// QUIT (RFC 1939 6): after log-in it removes what was marked, and only says +OK when that has survived a power cut.

import { Fault } from '../../base/outcome.ts';
import { errorFields } from '../../host/log.ts';
import { expectNothing } from '../arguments.ts';
import { always, type Command } from '../command.ts';
import type { Pop3Session } from '../session.ts';

export const quit: Command = {
  name: 'QUIT',
  states: always,
  async run(session, argument) {
    expectNothing(argument);
    const removed = await update(session);
    session.isOver = true;
    session.ok(removed === 0 ? 'Bye' : `Bye, ${removed} messages removed`);
  },
};

async function update(session: Pop3Session): Promise<number> {
  if (session.open === undefined) return 0;
  try {
    const removed = await session.open.drop.removeDeleted();
    if (removed > 0) session.log.info('pop3.removed', { messages: removed });
    return removed;
  } catch (cause) {
    session.log.warn('pop3.remove_failed', errorFields(cause));
    // RFC 1939 6: the client must know that they are still there.
    throw new Fault('pop3.not_removed', 'Some messages that were marked are not removed', { cause });
  }
}
