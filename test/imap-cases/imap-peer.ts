// A client connection for scripted cases: sends commands with their literals, reads answers with theirs, one at a time.
//
// Everything is latin1 text, so octets survive. Nothing is read ahead of what the case asks for: answers that the server
// pushes later belong to the next command of this connection.

import { connect as connectTls, type TLSSocket } from 'node:tls';

/** One answer: `*`, `+` or the tag; literals are part of the text. */
export interface Answer {
  readonly tag: string;
  readonly text: string;
}

const answerTimeoutMs = 20_000;
const literalAtEnd = /~?\{(\d+)\}$/;

export class ImapPeer {
  readonly #socket: TLSSocket;
  #buffered = '';
  #ended: Error | undefined;
  #wake: (() => void) | undefined;

  private constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      this.#buffered += chunk;
      this.#wake?.();
    });
    const end = (error?: Error): void => {
      this.#ended ??= error ?? new Error('the server closed the connection');
      this.#wake?.();
    };
    socket.on('error', end);
    socket.on('close', () => end());
  }

  /** Connects with TLS to a test server on loopback, whose certificate nobody signed. */
  static async open(port: number): Promise<ImapPeer> {
    const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false });
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
    });
    return new ImapPeer(socket);
  }

  /** Sends a command; synchronising literals wait for the continuation. Untagged answers meanwhile go to `hear`. */
  async send(tag: string, text: string, hear: (answer: Answer) => void): Promise<Answer | undefined> {
    let rest = `${tag} ${text}`;
    for (;;) {
      const marker = /~?\{(\d+)\}\r\n/.exec(rest);
      if (marker === null) break;
      const lineEnd = marker.index + marker[0].length;
      this.#socket.write(rest.slice(0, lineEnd), 'latin1');
      const answer = await this.#untilContinuation(tag, hear);
      if (answer !== undefined) return answer;
      const dataEnd = lineEnd + Number(marker[1]);
      this.#socket.write(rest.slice(lineEnd, dataEnd), 'latin1');
      rest = rest.slice(dataEnd);
    }
    this.#socket.write(`${rest}\r\n`, 'latin1');
    return undefined;
  }

  /** Undefined at a continuation request; the tagged answer when the server refused instead. */
  async #untilContinuation(tag: string, hear: (answer: Answer) => void): Promise<Answer | undefined> {
    for (;;) {
      const answer = await this.read();
      if (answer.tag === '+') return undefined;
      if (answer.tag === tag) return answer;
      hear(answer);
    }
  }

  /** The next answer. Rejects at the end of the connection or after 20 s. */
  async read(): Promise<Answer> {
    let text = await this.#line();
    for (;;) {
      const marker = literalAtEnd.exec(text);
      if (marker === null) break;
      const data = await this.#take(Number(marker[1]));
      text += `\r\n${data}${await this.#line()}`;
    }
    const space = text.indexOf(' ');
    return space < 0 ? { tag: text, text: '' } : { tag: text.slice(0, space), text: text.slice(space + 1) };
  }

  async #line(): Promise<string> {
    const end = await this.#until(() => this.#buffered.indexOf('\r\n'));
    const line = this.#buffered.slice(0, end);
    this.#buffered = this.#buffered.slice(end + 2);
    return line;
  }

  async #take(length: number): Promise<string> {
    await this.#until(() => (this.#buffered.length >= length ? 0 : -1));
    const data = this.#buffered.slice(0, length);
    this.#buffered = this.#buffered.slice(length);
    return data;
  }

  async #until(found: () => number): Promise<number> {
    const timer = setTimeout(() => {
      this.#ended ??= new Error(`no answer within ${answerTimeoutMs} ms`);
      this.#wake?.();
    }, answerTimeoutMs);
    try {
      for (;;) {
        const at = found();
        if (at >= 0) return at;
        if (this.#ended !== undefined) throw this.#ended;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}
