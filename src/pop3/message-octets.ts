// Sends the octets of one message behind a `+OK`: whole (RETR) or its header and some lines (TOP), dots doubled, memory
// bounded by one step however large the message is.
//
// The first step is read before `+OK` is said, so that a message that is gone is a clean refusal. When a later step fails the
// connection is cut: a client must never take half a message for a whole one.

import { Transient } from '../base/outcome.ts';
import { DotStuffing } from '../proto/smtp/dot-stuffing.ts';
import { dropOf } from './command.ts';
import { stepBytes } from './read-ahead.ts';
import type { Pop3Session } from './session.ts';

/** Octets of a message above which the client must take them before the next command is read. */
const flushBytes = 8_192;
const lf = 0x0a;
const cr = 0x0d;

/** Decides how much of a message is sent. */
export interface MessageCut {
  /** The part of the next octets that is sent; shorter than them when the cut is reached. */
  take(octets: Buffer): Buffer;
}

export const whole: MessageCut = { take: (octets) => octets };

/** TOP: the header, the empty line, and `lines` lines of the body. RFC 1939 7. */
export class TopCut implements MessageCut {
  #left: number;
  #inHeader = true;
  /** Octets of the current line so far; a CR that may be its end is not counted. */
  #lineLength = 0;
  #lastIsCr = false;

  constructor(lines: number) {
    this.#left = lines;
  }

  take(octets: Buffer): Buffer {
    let at = 0;
    while (this.#inHeader || this.#left > 0) {
      const end = octets.indexOf(lf, at);
      if (end < 0) {
        this.#hold(octets.subarray(at));
        return octets;
      }
      this.#hold(octets.subarray(at, end));
      if (!this.#inHeader) this.#left -= 1;
      else if (this.#lineLength === 0) this.#inHeader = false;
      this.#lineLength = 0;
      this.#lastIsCr = false;
      at = end + 1;
    }
    return octets.subarray(0, at);
  }

  #hold(part: Buffer): void {
    if (part.length === 0) return;
    const endsInCr = part[part.length - 1] === cr;
    this.#lineLength += part.length + (this.#lastIsCr ? 1 : 0) - (endsInCr ? 1 : 0);
    this.#lastIsCr = endsInCr;
  }
}

/** Sends message `number` as far as `cut` says; `greeting` follows `+OK`. */
export async function sendMessage(
  session: Pop3Session,
  number: number,
  greeting: string,
  cut: MessageCut,
): Promise<void> {
  const { mailbox, ahead } = dropOf(session);
  const uid = dropOf(session).uid(number);
  const { connection } = session;
  let octets = await ahead.first(number);
  session.ok(greeting);
  const stuffing = new DotStuffing();
  try {
    for (let start = 0; ; ) {
      const taken = cut.take(octets);
      connection.write(stuffing.push(taken));
      // Many small messages leave together; the loop waits for the client every few commands.
      if (taken.length > flushBytes) await connection.flush();
      start += octets.length;
      if (taken.length < octets.length || octets.length < stepBytes) break;
      octets = await mailbox.read(uid, start, start + stepBytes);
    }
  } catch (cause) {
    connection.destroy();
    throw new Transient('host.closed', 'the message could not be read to its end', { cause });
  }
  connection.write(stuffing.end());
}
