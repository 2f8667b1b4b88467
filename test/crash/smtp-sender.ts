// Sends messages over SMTP one after another for as long as it is told to, and keeps which were acknowledged.
//
// Every message has its own id and is sent once: one that was not acknowledged may or may not be in the mailbox.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export class SmtpSender {
  readonly acknowledged = new Set<string>();
  readonly attempted = new Set<string>();
  readonly #name: string;
  readonly #port: () => number;
  readonly #recipient: string;
  #stopped = false;
  #count = 0;
  #running: Promise<void> | undefined;

  constructor(name: string, port: () => number, recipient: string) {
    this.#name = name;
    this.#port = port;
    this.#recipient = recipient;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  /** Ends the work without waiting, for a test that has failed. */
  abandon(): void {
    this.#stopped = true;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#session();
      } catch {
        // The server was killed in the middle: connect again.
        await sleep(20);
      }
    }
  }

  async #session(): Promise<void> {
    const socket = connect(this.#port(), '127.0.0.1');
    await once(socket, 'connect');
    const reply = replyReader(socket);
    try {
      await expect(reply, '220');
      socket.write('EHLO crash.test\r\n');
      await expect(reply, '250');
      while (!this.#stopped) {
        const id = `${this.#name}-${++this.#count}`;
        this.attempted.add(id);
        socket.write(`MAIL FROM:<crash@crash.test>\r\nRCPT TO:<${this.#recipient}>\r\nDATA\r\n`);
        for (const code of ['250', '250', '354']) await expect(reply, code);
        socket.write(
          `Subject: ${id}\r\nX-Crash-Id: ${id}\r\n\r\n${'text of the message\r\n'.repeat(50)}.\r\n`,
        );
        await expect(reply, '250');
        this.acknowledged.add(id);
      }
    } finally {
      socket.destroy();
    }
  }
}

async function expect(reply: () => Promise<string>, code: string): Promise<void> {
  const line = await reply();
  if (!line.startsWith(code)) throw new Error(`expected ${code}, got ${line}`);
}

/** Reads one reply after the other; resolves with its last line. */
function replyReader(socket: Socket): () => Promise<string> {
  const iterator = socket[Symbol.asyncIterator]();
  let buffered = '';
  return async () => {
    for (;;) {
      const match = /^(?:\d{3}-.*\r\n)*(\d{3}(?: .*)?)\r\n/.exec(buffered);
      if (match !== null) {
        buffered = buffered.slice(match[0].length);
        return match[1] as string;
      }
      const next = await iterator.next();
      if (next.done === true) throw new Error('the server closed the connection');
      buffered += String(next.value);
    }
  };
}
