// The event loop's side of sqlite-thread.ts: one thread a process, started at the first request, asked by messages.
//
// Should the thread die, what it was doing fails with Transient('store.io') and the next request starts another.

import { Permanent, Transient } from '../base/outcome.ts';
import { databaseOutcome } from './sqlite-errors.ts';
import type { ThreadAnswer, ThreadTask } from './sqlite-thread.ts';
import { ThreadCalls } from './thread-calls.ts';

const calls = new ThreadCalls<ThreadTask, ThreadAnswer>(
  new URL('./sqlite-thread.ts', import.meta.url),
  'sqlite',
);
let nextHold = 1;

/** A number that no other held connection has. */
export function newHold(): number {
  return nextHold++;
}

/** Has the thread do one task about the database `path`; rejects with an outcome of sqlite-errors.ts. */
export async function askThread(path: string, task: ThreadTask): Promise<ThreadAnswer> {
  const answer = await calls.ask(task).catch((error: unknown) => {
    throw new Transient('store.io', 'the database thread ended', { cause: error, detail: { path } });
  });
  if (answer.failure !== undefined) throw failureOutcome(answer.failure, path);
  return answer;
}

function failureOutcome(failure: { readonly code: string; readonly message: string }, path: string): unknown {
  const detail = { path };
  if (failure.code === 'schema_newer')
    return new Permanent('store.schema_newer', failure.message, { detail });
  const cause = Object.assign(new Error(failure.message), { code: failure.code });
  const outcome = databaseOutcome(cause, path);
  return outcome === cause ? new Transient('store.io', failure.message, { detail, cause }) : outcome;
}
