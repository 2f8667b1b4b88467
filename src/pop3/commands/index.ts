// The command table. A new command is one file and one row.

import type { Command } from '../command.ts';
import type { SessionList } from '../session-list.ts';
import { auth } from './auth.ts';
import { capa } from './capa.ts';
import { dele, rset } from './dele.ts';
import { list, uidl } from './listing.ts';
import { noop } from './noop.ts';
import { quit } from './quit.ts';
import { retr } from './retr.ts';
import { stat } from './stat.ts';
import { stls } from './stls.ts';
import { top } from './top.ts';
import { pass, user } from './user.ts';

/** Commands by name in capitals; `sessions`: those of this worker. */
export function commandTable(sessions: SessionList): ReadonlyMap<string, Command> {
  const rows = [
    capa,
    stls,
    user,
    pass(sessions),
    auth(sessions),
    stat,
    list,
    uidl,
    retr,
    top,
    dele,
    rset,
    noop,
    quit,
  ];
  return new Map(rows.map((row) => [row.name, row]));
}
