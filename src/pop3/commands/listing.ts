// LIST (RFC 1939 5) and UIDL (RFC 1939 7): a line a message, or one line for one message.
//
// Long listings are written in slices: other sessions run between them, and a client that takes nothing stops them.

import { setImmediate } from 'node:timers/promises';
import { expectNumbers } from '../arguments.ts';
import { afterLogin, type Command, dropOf } from '../command.ts';
import type { Maildrop } from '../maildrop.ts';
import type { Pop3Session } from '../session.ts';

/** Lines between two turns of the event loop; well below a millisecond. */
const linesPerTurn = 1000;

function listing(
  name: string,
  heading: (drop: Maildrop) => string,
  value: (drop: Maildrop, number: number) => string | number,
): Command {
  return {
    name,
    states: afterLogin,
    async run(session, argument) {
      const drop = dropOf(session);
      if (argument !== '') {
        const [number = 0] = expectNumbers(argument, 1);
        session.ok(`${number} ${value(drop, drop.expect(number))}`);
        return;
      }
      session.ok(heading(drop));
      await writeAll(session, drop, value);
      session.connection.write('.\r\n');
    },
  };
}

async function writeAll(
  session: Pop3Session,
  drop: Maildrop,
  value: (drop: Maildrop, number: number) => string | number,
): Promise<void> {
  for (let first = 1; first <= drop.last; first += linesPerTurn) {
    let text = '';
    const end = Math.min(first + linesPerTurn, drop.last + 1);
    for (let number = first; number < end; number++) {
      if (drop.has(number)) text += `${number} ${value(drop, number)}\r\n`;
    }
    session.connection.write(text);
    if (end > drop.last) return;
    await session.connection.flush();
    await setImmediate();
  }
}

export const list = listing(
  'LIST',
  (drop) => `${drop.count} messages (${drop.sizeBytes} octets)`,
  (drop, number) => drop.size(number),
);

export const uidl = listing(
  'UIDL',
  () => 'Unique identifiers follow',
  (drop, number) => drop.uniqueId(number),
);
