// The answer for one message, put together before it is sent: text, octets, and streams for what is too large to hold.
//
// Small pieces are joined; a stream is opened only when its turn to be sent has come. What must hold: the octets of a
// literal are exactly as many as its header says. If a stream cannot keep that, the connection is destroyed (I10), since
// nothing sent after a wrong literal can be understood.

import { Transient } from '../../base/outcome.ts';
import type { ImapSession } from '../session.ts';

/** Octets to be sent later: a size and a way to get them. */
export interface OctetStream {
  readonly sizeBytes: number;
  chunks(): AsyncIterable<Uint8Array>;
}

/** Octets in memory, or a stream of them. */
export type Octets = Uint8Array | OctetStream;

export class MessageAnswer {
  readonly #pieces: (string | Uint8Array | OctetStream)[] = [];
  #text = '';

  text(text: string): void {
    this.#text += text;
  }

  octets(octets: Uint8Array): void {
    this.#endText();
    this.#pieces.push(octets);
  }

  /** An nstring: NIL for undefined, `""` when empty (I09: also for a partial past the end), else a literal. */
  nstring(octets: Octets | undefined): void {
    if (octets === undefined) this.text('NIL');
    else this.#literal('', octets);
  }

  /** RFC 3516 4.2: literal8 when NUL occurs; a stream may hold one, so it always is literal8. */
  binaryString(octets: Octets | undefined): void {
    if (octets === undefined) this.text('NIL');
    else this.#literal(isStream(octets) || octets.includes(0) ? '~' : '', octets);
  }

  #literal(prefix: string, octets: Octets): void {
    const sizeBytes = isStream(octets) ? octets.sizeBytes : octets.length;
    if (sizeBytes === 0) {
      this.text('""');
      return;
    }
    this.text(`${prefix}{${sizeBytes}}\r\n`);
    this.#endText();
    this.#pieces.push(octets);
  }

  /** Queues everything, waiting while the client is slow only inside streams; returns how many octets were queued. */
  async queue(session: ImapSession): Promise<number> {
    this.#endText();
    let queued = 0;
    for (const piece of this.#pieces) {
      if (typeof piece === 'string' || !isStream(piece)) {
        session.write(piece);
        queued += piece.length;
      } else await sendStream(session, piece);
    }
    return queued;
  }

  /** Writes everything, waiting while the client is slow. */
  async send(session: ImapSession): Promise<void> {
    await this.queue(session);
    await session.flush();
  }

  #endText(): void {
    if (this.#text !== '') this.#pieces.push(this.#text);
    this.#text = '';
  }
}

function isStream(octets: Octets): octets is OctetStream {
  return 'chunks' in octets;
}

async function sendStream(session: ImapSession, stream: OctetStream): Promise<void> {
  let missing = stream.sizeBytes;
  try {
    for await (const chunk of stream.chunks()) {
      const fitting = chunk.length <= missing ? chunk : chunk.subarray(0, missing);
      session.write(fitting);
      missing -= fitting.length;
      await session.flush();
      if (missing === 0) return;
    }
  } catch (error) {
    session.connection.destroy();
    throw error;
  }
  session.connection.destroy();
  throw new Transient('imap.answer_cut', 'the message became shorter while it was being sent', {
    detail: { announcedBytes: stream.sizeBytes, missingBytes: missing },
  });
}
