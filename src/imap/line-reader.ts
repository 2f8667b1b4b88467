// Input side of a session: whole lines and counted octets from a connection, never more in memory than asked for.
//
// Bytes that came with a line stay here until somebody reads them; `drop` forgets them before a TLS handshake. A line ends in
// LF, a CR before it is taken off (some scripts send bare LF; nothing in IMAP depends on telling them apart). A line above
// the bound is a Fault and the position is lost: the session must end.

import { Fault } from '../base/outcome.ts';
import type { Connection } from '../host/connection.ts';

const lf = 0x0a;
const cr = 0x0d;
const empty = Buffer.alloc(0);

export class LineReader {
  #connection: Connection;
  #buffered: Buffer = empty;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** True when the peer sent more than was read so far: it pipelines. */
  get hasBuffered(): boolean {
    return this.#buffered.length > 0;
  }

  /**
   * Next line without its end; undefined at end of input (a last line without LF is dropped: it may be cut). Each pause is
   * bounded by `timeoutMs()`, asked anew for every read. Throws Fault('imap.line_too_long'), Transient('host.*').
   */
  async readLine(maxBytes: number, timeoutMs: () => number): Promise<Buffer | undefined> {
    // Made when a line comes in pieces: most of the time one waits for a line of which nothing is there.
    let line: Gatherer | undefined;
    for (;;) {
      const end = this.#buffered.indexOf(lf);
      const taken = end < 0 ? this.#buffered : this.#buffered.subarray(0, end);
      // One octet above the bound may be the CR.
      if ((line?.length ?? 0) + taken.length > maxBytes + 1) throw lineTooLong();
      if (end >= 0) {
        this.#keep(end + 1);
        return finishLine(line === undefined ? taken : line.add(taken).octets, maxBytes);
      }
      if (taken.length > 0) {
        line ??= new Gatherer();
        line.add(taken);
      }
      this.#buffered = empty;
      const chunk = await this.#connection.read(timeoutMs());
      if (chunk === undefined) return undefined;
      this.#buffered = chunk;
    }
  }

  /** Between 1 and `maxBytes` octets; undefined at end of input. */
  async readSome(maxBytes: number, timeoutMs: number): Promise<Buffer | undefined> {
    if (this.#buffered.length === 0) {
      const chunk = await this.#connection.read(timeoutMs);
      if (chunk === undefined) return undefined;
      this.#buffered = chunk;
    }
    const some = this.#buffered.subarray(0, maxBytes);
    this.#keep(some.length);
    return some;
  }

  /** Exactly `sizeBytes` octets, which the caller has bounded; undefined when input ends before. */
  async readExactly(sizeBytes: number, timeoutMs: number): Promise<Buffer | undefined> {
    // Grows as octets come, so that an announced size alone costs nothing (I01).
    const gathered = new Gatherer();
    while (gathered.length < sizeBytes) {
      const some = await this.readSome(sizeBytes - gathered.length, timeoutMs);
      if (some === undefined) return undefined;
      gathered.add(some);
    }
    return gathered.octets;
  }

  /** Reads and forgets; false when input ends before. */
  async discard(sizeBytes: number, timeoutMs: number): Promise<boolean> {
    let missing = sizeBytes;
    while (missing > 0) {
      const some = await this.readSome(missing, timeoutMs);
      if (some === undefined) return false;
      missing -= some.length;
    }
    return true;
  }

  /** Keeps what lies behind `from`; nothing pins the chunk when nothing does. */
  #keep(from: number): void {
    this.#buffered = from < this.#buffered.length ? this.#buffered.subarray(from) : empty;
  }

  /** Reads from another connection from now on; octets that were received and not read are handed back. */
  follow(connection: Connection): Buffer {
    const rest = this.#buffered;
    this.#connection = connection;
    this.#buffered = empty;
    return rest;
  }

  /** Forgets what was received and not read. RFC 9051 6.2.1: commands in clear before TLS must not run after it. */
  drop(): void {
    this.#buffered = empty;
  }
}

/** Octets in one growing buffer: a peer that sends octet by octet must not cost an object each. */
class Gatherer {
  length = 0;
  #buffer: Buffer = empty;

  add(octets: Buffer): this {
    const needed = this.length + octets.length;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2, 256));
      this.#buffer.copy(larger, 0, 0, this.length);
      this.#buffer = larger;
    }
    octets.copy(this.#buffer, this.length);
    this.length = needed;
    return this;
  }

  get octets(): Buffer {
    return this.#buffer.subarray(0, this.length);
  }
}

const lineTooLong = (): Fault => new Fault('imap.line_too_long', 'Command line is too long');

function finishLine(line: Buffer, maxBytes: number): Buffer {
  const bare = line.length > 0 && line[line.length - 1] === cr ? line.subarray(0, line.length - 1) : line;
  if (bare.length > maxBytes) throw lineTooLong();
  return bare;
}
