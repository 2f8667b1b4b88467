// The event loop's side of sqlite-thread.ts: one thread a process, started at the first request, asked by messages.
//
// The thread keeps the process alive only while a request is under way. Should it die, what it was doing fails with
// Transient('store.io') and the next request starts another.

import { Worker } from 'node:worker_threads';
import { Permanent, Transient } from '../base/outcome.ts';
import { databaseOutcome } from './sqlite-errors.ts';
import type { ThreadAnswer, ThreadTask } from './sqlite-thread.ts';

interface Waiting {
  readonly path: string;
  readonly resolve: (answer: ThreadAnswer) => void;
  readonly reject: (error: unknown) => void;
}

let thread: Worker | undefined;
let nextId = 1;
const waiting = new Map<number, Waiting>();

/** A number that no other held connection has. */
export function newHold(): number {
  return nextId++;
}

/** Has the thread do one task about the database `path`; rejects with an outcome of sqlite-errors.ts. */
export function askThread(path: string, task: ThreadTask): Promise<ThreadAnswer> {
  const worker = thread ?? startThread();
  const id = nextId++;
  return new Promise((resolve, reject) => {
    if (waiting.size === 0) worker.ref();
    waiting.set(id, { path, resolve, reject });
    worker.postMessage({ id, ...task });
  });
}

function startThread(): Worker {
  // No flags of the parent (test runner, inspector) apply to it.
  const worker = new Worker(new URL('./sqlite-thread.ts', import.meta.url), { name: 'sqlite', execArgv: [] });
  thread = worker;
  worker.unref();
  worker.on('message', (answer: ThreadAnswer) => settle(worker, answer));
  const fail = (error: unknown): void => {
    if (thread === worker) thread = undefined;
    for (const [id, entry] of waiting) {
      waiting.delete(id);
      entry.reject(
        new Transient('store.io', 'the database thread ended', {
          cause: error,
          detail: { path: entry.path },
        }),
      );
    }
  };
  worker.on('error', fail);
  worker.on('exit', (code) => fail(new Error(`exit code ${code}`)));
  return worker;
}

function settle(worker: Worker, answer: ThreadAnswer): void {
  const entry = waiting.get(answer.id);
  if (entry === undefined) return;
  waiting.delete(answer.id);
  if (waiting.size === 0) worker.unref();
  if (answer.failure === undefined) entry.resolve(answer);
  else entry.reject(failureOutcome(answer.failure, entry.path));
}

function failureOutcome(failure: { readonly code: string; readonly message: string }, path: string): unknown {
  const detail = { path };
  if (failure.code === 'schema_newer')
    return new Permanent('store.schema_newer', failure.message, { detail });
  const cause = Object.assign(new Error(failure.message), { code: failure.code });
  const outcome = databaseOutcome(cause, path);
  return outcome === cause ? new Transient('store.io', failure.message, { detail, cause }) : outcome;
}
