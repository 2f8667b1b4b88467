// Runs asynchronous work over a list with at most `limit` items under way; results in the order of the list.
//
// Where the work is short, completions can follow each other without end, since each starts the next item before the loop
// turns. So after `sliceMs` all lanes stop until it has turned once.

import { nextTurn } from './options.ts';

const sliceMs = 2;

/** Rejects with the first failure, after the items under way have settled. */
export async function mapBounded<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  let failed = false;
  let turnedMs = performance.now();
  let turning: Promise<void> | undefined;
  const pause = (): Promise<void> => {
    turning ??= nextTurn().then(() => {
      turnedMs = performance.now();
      turning = undefined;
    });
    return turning;
  };
  const lane = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const index = next++;
      try {
        results[index] = await work(items[index] as T, index);
        if (performance.now() - turnedMs > sliceMs) await pause();
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const lanes = Array.from({ length: Math.min(limit, items.length) }, lane);
  const outcomes = await Promise.allSettled(lanes);
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  return results;
}
