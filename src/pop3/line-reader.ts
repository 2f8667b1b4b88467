// Lines from a POP3 client. A line ends in LF, a CR before it is taken off. Never holds more than one line's bound and one
// chunk: what exceeds the bound is dropped while it comes and reported once, and a line without end ends the session.

import { Fault } from '../base/outcome.ts';
import type { Connection } from '../host/connection.ts';

const lf = 0x0a;
const cr = 0x0d;
const empty = Buffer.alloc(0);
/** Octets of one endless line that are dropped before the session is given up. */
const maxDroppedBytes = 1_048_576;

export class LineReader {
  readonly #connection: Connection;
  #buffered: Buffer = empty;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** True when the client sent more than was read so far: it pipelines. */
  get hasBuffered(): boolean {
    return this.#buffered.length > 0;
  }

  /**
   * Next line without its end; undefined at end of input. `leftMs` is asked before each wait. Throws
   * Fault('pop3.line_too_long') behind a line above `maxBytes`, Fault('pop3.line_lost') when it has no end.
   */
  async readLine(maxBytes: number, leftMs: () => number): Promise<Buffer | undefined> {
    let dropped = 0;
    for (;;) {
      const end = this.#buffered.indexOf(lf);
      const held = end < 0 ? this.#buffered.length : end;
      // One octet above the bound may be the CR.
      const isTooLong = dropped > 0 || held > maxBytes + 1;
      if (end >= 0) {
        const line = this.#buffered.subarray(0, end);
        this.#buffered = this.#buffered.subarray(end + 1);
        const bare = line[line.length - 1] === cr ? line.subarray(0, -1) : line;
        if (isTooLong || bare.length > maxBytes) throw new Fault('pop3.line_too_long', 'Line too long');
        return bare;
      }
      if (isTooLong) {
        dropped += held;
        this.#buffered = empty;
        if (dropped > maxDroppedBytes)
          throw new Fault('pop3.line_lost', 'This is not POP3, closing the connection');
      }
      const chunk = await this.#connection.read(leftMs());
      if (chunk === undefined) return undefined;
      this.#buffered = this.#buffered.length === 0 ? chunk : Buffer.concat([this.#buffered, chunk]);
    }
  }

  /** Forgets what was received; the number of octets. RFC 2595 4: nothing sent in clear counts after STLS. */
  drop(): number {
    const octets = this.#buffered.length;
    this.#buffered = empty;
    return octets;
  }
}
