// A well-behaved user while others misbehave: keeps one SMTP and one IMAP session and opens new ones, and times every answer.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export class Probe {
  readonly #thread: Worker;

  constructor(smtpPort: number, imapPort: number) {
    this.#thread = new Worker(new URL('./probe-thread.ts', import.meta.url), {
      workerData: { smtpPort, imapPort },
    });
  }

  /** Ends the probe; milliseconds of every answer. */
  async stop(): Promise<readonly number[]> {
    this.#thread.postMessage('stop');
    const [answersMs] = (await once(this.#thread, 'message')) as [number[]];
    return answersMs;
  }
}
