// THREAD=ORDEREDSUBJECT (RFC 5256 3): messages of one base subject are a thread, all of them answers to its first message.

import { type Pausing, sortInSlices } from './sort-run.ts';
import type { ThreadMessage, ThreadNode } from './thread-references.ts';

/** Messages between two looks at the clock. */
const pauseEvery = 1000;

/** Threads by the date of their first message; inside a thread by date, equal ones in mailbox order. */
export async function threadBySubject(
  messages: readonly ThreadMessage[],
  slice: Pausing,
): Promise<readonly ThreadNode[]> {
  const byDate = (a: number, b: number): number => messages[a]!.sentMs - messages[b]!.sentMs || a - b;
  const order = await sortInSlices(messages.length, byDate, slice);
  const threads = new Map<string, { readonly number: number; readonly children: ThreadNode[] }>();
  for (let i = 0; i < order.length; i++) {
    if (i % pauseEvery === 0) await slice.pause();
    const { baseSubject, number } = messages[order[i]!]!;
    const thread = threads.get(baseSubject);
    if (thread === undefined) threads.set(baseSubject, { number, children: [] });
    else thread.children.push({ number, children: [] });
  }
  return [...threads.values()];
}
