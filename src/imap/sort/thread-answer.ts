// The THREAD answer (RFC 5256 4): each thread in parentheses, a chain as numbers in a row, answers to one message as lists.

import type { ThreadNode } from './thread-references.ts';

/** `(2)(3 6 (4 23)(44 7 96))`; '' when there are no threads. Without recursion: threads are as deep as people write. */
export function threadList(threads: readonly ThreadNode[]): string {
  const out: string[] = [];
  // A string is to be written as it is, a node is to be opened.
  const work: (string | ThreadNode)[] = [];
  const push = (nodes: readonly ThreadNode[]): void => {
    for (let i = nodes.length - 1; i >= 0; i--) work.push(')', nodes[i]!, '(');
  };
  push(threads);
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    if (typeof next === 'string') {
      out.push(next);
      continue;
    }
    const { number, children } = next;
    if (number !== 0) out.push(String(number));
    if (children.length === 0) continue;
    // RFC 5256 4: only a place with a message is followed by a space.
    if (number !== 0) out.push(' ');
    if (children.length === 1) work.push(children[0]!);
    else push(children);
  }
  return out.join('');
}
