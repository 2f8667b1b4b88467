// THREAD=ORDEREDSUBJECT (RFC 5256 3): messages of one base subject are a thread, all of them answers to its first message.

import type { ThreadMessage, ThreadNode } from './thread-references.ts';

/** Threads by the date of their first message; inside a thread by date, equal ones in mailbox order. */
export function threadBySubject(messages: readonly ThreadMessage[]): readonly ThreadNode[] {
  const byDate = (a: ThreadMessage, b: ThreadMessage): number => a.sentMs - b.sentMs || a.number - b.number;
  const threads = new Map<string, ThreadMessage[]>();
  for (const message of [...messages].sort(byDate)) {
    const thread = threads.get(message.baseSubject);
    if (thread === undefined) threads.set(message.baseSubject, [message]);
    else thread.push(message);
  }
  return [...threads.values()].map(([first, ...others]) => ({
    number: first!.number,
    children: others.map(({ number }) => ({ number, children: [] })),
  }));
}
