// A well-behaved user while others misbehave: keeps one SMTP and one IMAP session and opens new ones, and times every answer.
//
// Beside the server it asks a trivial process that has nothing else to do: what that one needs is the machine's doing.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

export interface ProbeResult {
  /** Milliseconds of every answer of the server. */
  readonly answersMs: readonly number[];
  /** Milliseconds of every answer of the trivial process. */
  readonly controlMs: readonly number[];
}

export class Probe {
  readonly #control: ChildProcess;
  readonly #thread: Worker;

  private constructor(control: ChildProcess, thread: Worker) {
    this.#control = control;
    this.#thread = thread;
  }

  static async start(smtpPort: number, imapPort: number): Promise<Probe> {
    const control = fork(join(import.meta.dirname, 'control-server.ts'));
    const [controlPort] = (await once(control, 'message')) as [number];
    const thread = new Worker(new URL('./probe-thread.ts', import.meta.url), {
      workerData: { smtpPort, imapPort, controlPort },
    });
    return new Probe(control, thread);
  }

  /** Ends the probe. */
  async stop(): Promise<ProbeResult> {
    this.#thread.postMessage('stop');
    const [result] = (await once(this.#thread, 'message')) as [ProbeResult];
    this.#control.disconnect();
    return result;
  }
}
