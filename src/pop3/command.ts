// What a command is to the loop: a row of the table with its handler.

import { Bug } from '../base/outcome.ts';
import type { Maildrop } from './maildrop.ts';
import type { Pop3Session, SessionState } from './session.ts';

export interface Command {
  /** In capitals. */
  readonly name: string;
  readonly states: readonly SessionState[];
  /** Does the work and queues its reply, or throws the failure that becomes the reply. `argument` has no bounds but its own. */
  readonly run: (session: Pop3Session, argument: string) => Promise<void> | void;
}

export const beforeLogin: readonly SessionState[] = ['authorization'];
export const afterLogin: readonly SessionState[] = ['transaction'];
export const always: readonly SessionState[] = ['authorization', 'transaction'];

/** The maildrop; only commands of the transaction state may ask. */
export function dropOf(session: Pop3Session): Maildrop {
  if (session.open === undefined) throw new Bug('command ran before log-in');
  return session.open.drop;
}
