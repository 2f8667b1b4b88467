// Questions to one worker thread of this process and its answers, matched by number.
//
// The thread is started by the first question and keeps the process alive only while one is open. Should it die, open
// questions fail with ThreadEnded and the next one starts another. The thread gets `{ id, task }` and posts `{ id, answer }`
// or `{ id, failure }` (a text).

import { Worker } from 'node:worker_threads';

/** The thread died before it answered. */
export class ThreadEnded extends Error {}

/** The thread could not do what it was asked. */
export class ThreadFailure extends Error {}

interface Waiting<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

type Reply<Answer> =
  | { readonly id: number; readonly answer: Answer }
  | { readonly id: number; readonly failure: string };

/** One a kind of thread. */
export class ThreadCalls<Task, Answer> {
  readonly #file: URL;
  readonly #name: string;
  readonly #waiting = new Map<number, Waiting<Answer>>();
  #thread: Worker | undefined;
  #nextId = 1;

  /** `file`: module of the thread; `name`: for debuggers. */
  constructor(file: URL, name: string) {
    this.#file = file;
    this.#name = name;
  }

  ask(task: Task): Promise<Answer> {
    const thread = this.#thread ?? this.#start();
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      if (this.#waiting.size === 0) thread.ref();
      this.#waiting.set(id, { resolve, reject });
      thread.postMessage({ id, task });
    });
  }

  #start(): Worker {
    // No flags of the parent (test runner, inspector) apply to it.
    const thread = new Worker(this.#file, { name: this.#name, execArgv: [] });
    this.#thread = thread;
    thread.unref();
    thread.on('message', (reply: Reply<Answer>) => this.#settle(thread, reply));
    thread.on('error', (error) => this.#end(thread, error));
    thread.on('exit', (code) => this.#end(thread, new Error(`exit code ${code}`)));
    return thread;
  }

  #settle(thread: Worker, reply: Reply<Answer>): void {
    const entry = this.#waiting.get(reply.id);
    if (entry === undefined) return;
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) thread.unref();
    if ('failure' in reply) entry.reject(new ThreadFailure(reply.failure));
    else entry.resolve(reply.answer);
  }

  #end(thread: Worker, cause: unknown): void {
    // A thread that was replaced already has nobody waiting.
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(new ThreadEnded(`the ${this.#name} thread ended`, { cause }));
  }
}
