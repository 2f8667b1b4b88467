// One client connection of a script: octets out, answers in as they come, over a connection in memory.

import { setTimeout as sleep } from 'node:timers/promises';
import { MemoryConnection, memoryTls } from '../../../src/host/memory-connection.ts';
import type { ImapRig } from '../../fixture/imap-session.ts';

const answerTimeoutMs = 5000;

export class Speaker {
  readonly #connection: MemoryConnection;
  #heard = '';

  private constructor(connection: MemoryConnection) {
    this.#connection = connection;
  }

  /** Connects over TLS. */
  static async open(rig: ImapRig): Promise<Speaker> {
    const connection = new MemoryConnection({ tls: memoryTls });
    await connection.serve(rig.services.serve);
    return new Speaker(connection);
  }

  /** Sends a line and its literals, each after the server has asked for it. Resolves false when it refused one instead. */
  async send(text: string): Promise<boolean> {
    let rest = Buffer.from(text);
    for (;;) {
      const marker = /\{(\d+)\}\r\n/.exec(rest.toString('latin1'));
      if (marker === null) break;
      const end = marker.index + marker[0].length;
      this.#push(rest.subarray(0, end));
      if (!(await this.answer(true)).startsWith('+ ')) return false;
      this.#push(rest.subarray(end, end + Number(marker[1])));
      rest = rest.subarray(end + Number(marker[1]));
    }
    this.#push(Buffer.concat([rest, Buffer.from('\r\n')]));
    return true;
  }

  #push(octets: Buffer): void {
    this.#connection.push(octets);
  }

  /** Next answer with its literals, without the last CRLF; `peek` leaves it in place unless it begins with `+`. */
  async answer(peek = false): Promise<string> {
    const until = performance.now() + answerTimeoutMs;
    for (;;) {
      this.#heard += this.#connection.take();
      const end = answerEnd(this.#heard);
      if (end >= 0) {
        const octets = this.#heard.slice(0, end);
        if (!peek || octets.startsWith('+')) this.#heard = this.#heard.slice(end + 2);
        return Buffer.from(octets, 'latin1').toString();
      }
      if (performance.now() > until) throw new Error(`no answer; so far: ${this.#heard}`);
      await sleep(2);
    }
  }

  close(): void {
    this.#connection.destroy();
  }
}

/** Where the first answer of `text` ends, before its CRLF; -1 when more must come. */
function answerEnd(text: string): number {
  for (let from = 0; ; ) {
    const end = text.indexOf('\r\n', from);
    if (end < 0) return -1;
    const literal = /\{(\d+)\}$/.exec(text.slice(Math.max(from, end - 24), end));
    if (literal === null) return end;
    from = end + 2 + Number(literal[1]);
    if (from > text.length) return -1;
  }
}
