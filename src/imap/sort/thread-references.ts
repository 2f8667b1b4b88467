// THREAD by References, after RFC 5256 3 (REFERENCES) and draft-ietf-morg-inthread (REFS: the same without joining by subject).
//
// No recursion, since a thread is as deep as people make it. Cost: messages × references, then sorting; pauses in between,
// since threading 100,000 messages takes longer than the event loop may be held.

import type { ThreadFacts } from '../../store/mail-store.ts';
import { type Pausing, sortInSlices } from './sort-run.ts';

/** Messages or places between two looks at the clock. */
const pauseEvery = 256;

/** A message of a thread with what answers it, or, without a number, the place of one that is not there. */
export interface ThreadNode {
  /** Number as it is sent (sequence number or UID); 0 for a place without a message. */
  readonly number: number;
  readonly children: readonly ThreadNode[];
}

export interface ThreadMessage extends ThreadFacts {
  readonly number: number;
}

class Container {
  message: ThreadMessage | undefined;
  parent: Container | undefined;
  children: Container[] = [];
  /** Date of the message, or of the first child once sorted; for order (RFC 5256 2.2). */
  sentMs = 0;
}

export interface ReferencesOptions {
  /** Threads of the same base subject become one (RFC 5256 3, REFERENCES step 5). */
  readonly joinsSubjects: boolean;
  /** Threads stand in the order of their newest message (REFS), not of their first one. */
  readonly byNewest: boolean;
}

/** Threads of messages that are given in mailbox order. */
export async function threadByReferences(
  messages: readonly ThreadMessage[],
  options: ReferencesOptions,
  slice: Pausing,
): Promise<readonly ThreadNode[]> {
  let roots = await prune(await linkMessages(messages, slice), slice);
  roots = await sortThreads(roots, slice);
  if (options.joinsSubjects) roots = await sortThreads(await joinSubjects(roots, slice), slice);
  if (options.byNewest) roots = await sortByNewest(roots, slice);
  return await toNodes(roots, slice);
}

/** Steps 1 and 2: every message below the one it answers; returns what has no parent, in order of appearance. */
async function linkMessages(messages: readonly ThreadMessage[], slice: Pausing): Promise<Container[]> {
  const byId = new Map<string, Container>();
  const all: Container[] = [];
  const containerOf = (id: string): Container => {
    let container = byId.get(id);
    if (container === undefined) {
      container = new Container();
      byId.set(id, container);
      all.push(container);
    }
    return container;
  };
  for (const [at, message] of messages.entries()) {
    if (at % pauseEvery === 0) await slice.pause();
    let own = message.messageId === '' ? undefined : containerOf(message.messageId);
    if (own === undefined || own.message !== undefined) {
      // Without an identifier, or with one that another message has: it stands for itself.
      own = new Container();
      all.push(own);
    }
    own.message = message;
    own.sentMs = message.sentMs;
    let previous: Container | undefined;
    for (const id of message.references) {
      const container = containerOf(id);
      if (previous !== undefined && container.parent === undefined && container !== own)
        link(previous, container);
      previous = container;
    }
    // The message's own word about its parent overrules what others said.
    if (own.parent !== undefined) unlink(own);
    if (previous !== undefined) link(previous, own);
  }
  return all.filter(({ parent }) => parent === undefined);
}

/** Makes `child` a child of `parent`, unless that would close a ring. */
function link(parent: Container, child: Container): void {
  if (parent === child) return;
  // Only something with children can be above anything.
  for (
    let above: Container | undefined = child.children.length > 0 ? parent : undefined;
    above !== undefined;
    above = above.parent
  ) {
    if (above === child) return;
  }
  child.parent = parent;
  parent.children.push(child);
}

function unlink(child: Container): void {
  const parent = child.parent;
  if (parent === undefined) return;
  parent.children.splice(parent.children.indexOf(child), 1);
  child.parent = undefined;
}

/** Step 3: places without a message go; their children move up, at the top only a single one does. */
async function prune(roots: readonly Container[], slice: Pausing): Promise<Container[]> {
  for (const [at, container] of (await postOrder(roots, slice)).entries()) {
    if (at % pauseEvery === 0) await slice.pause();
    container.children = container.children.flatMap((child) => {
      if (child.message !== undefined) return [child];
      for (const grandchild of child.children) grandchild.parent = container;
      return child.children;
    });
  }
  return roots.flatMap((root) => {
    if (root.message !== undefined) return [root];
    if (root.children.length > 1) return [root];
    for (const child of root.children) child.parent = undefined;
    return root.children;
  });
}

/** Children before parents. */
async function postOrder(roots: readonly Container[], slice: Pausing): Promise<Container[]> {
  const order: Container[] = [];
  const work = [...roots];
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    order.push(next);
    if (order.length % pauseEvery === 0) await slice.pause();
    for (const child of next.children) work.push(child);
  }
  return order.reverse();
}

const numberOf = (container: Container): number =>
  container.message?.number ?? (container.children[0] === undefined ? 0 : firstNumber(container));

function firstNumber(container: Container): number {
  let at: Container | undefined = container;
  while (at !== undefined && at.message === undefined) at = at.children[0];
  return at?.message?.number ?? 0;
}

/** RFC 5256 2.2: by sent date, equal ones in mailbox order. */
const byDate = (a: Container, b: Container): number => a.sentMs - b.sentMs || numberOf(a) - numberOf(b);

/** Steps 4 and 6: siblings and threads by date; a place without a message counts as its first child. */
async function sortThreads(roots: Container[], slice: Pausing): Promise<Container[]> {
  for (const [at, container] of (await postOrder(roots, slice)).entries()) {
    if (at % pauseEvery === 0) await slice.pause();
    if (container.children.length > 1) container.children.sort(byDate);
    if (container.message === undefined) container.sentMs = container.children[0]?.sentMs ?? 0;
  }
  return await sorted(roots, byDate, slice);
}

async function sorted(
  roots: readonly Container[],
  compare: (a: Container, b: Container) => number,
  slice: Pausing,
): Promise<Container[]> {
  const order = await sortInSlices(roots.length, (a, b) => compare(roots[a]!, roots[b]!) || a - b, slice);
  return Array.from(order, (at) => roots[at]!);
}

async function sortByNewest(roots: Container[], slice: Pausing): Promise<Container[]> {
  const newest = new Map<Container, number>();
  for (const [at, container] of (await postOrder(roots, slice)).entries()) {
    if (at % pauseEvery === 0) await slice.pause();
    const own = container.message?.sentMs ?? Number.NEGATIVE_INFINITY;
    newest.set(
      container,
      container.children.reduce((most, child) => Math.max(most, newest.get(child) ?? most), own),
    );
  }
  const compare = (a: Container, b: Container) =>
    newest.get(a)! - newest.get(b)! || numberOf(a) - numberOf(b);
  return await sorted(roots, compare, slice);
}

/** The message whose subject stands for a thread: the root's, or that of its first child. */
const speaker = (root: Container): ThreadMessage | undefined => root.message ?? root.children[0]?.message;

/** Step 5: threads with the same base subject become one. */
async function joinSubjects(roots: readonly Container[], slice: Pausing): Promise<Container[]> {
  const table = new Map<string, Container>();
  for (const [at, root] of roots.entries()) {
    if (at % pauseEvery === 0) await slice.pause();
    const said = speaker(root);
    if (said === undefined || said.baseSubject === '') continue;
    const known = table.get(said.baseSubject);
    const isBetter =
      known === undefined ||
      (root.message === undefined && known.message !== undefined) ||
      (speaker(known)?.isReplyOrForward === true && !said.isReplyOrForward && known.message !== undefined);
    if (isBetter) table.set(said.baseSubject, root);
  }
  const gone = new Set<Container>();
  const joined = new Map<Container, Container>();
  for (const [at, root] of roots.entries()) {
    if (at % pauseEvery === 0) await slice.pause();
    const said = speaker(root);
    if (said === undefined || said.baseSubject === '') continue;
    const found = table.get(said.baseSubject);
    const main = found === undefined ? undefined : (joined.get(found) ?? found);
    if (main === undefined || main === root || found === root) continue;
    gone.add(root);
    if (main.message === undefined && root.message === undefined) {
      for (const child of root.children) adopt(main, child);
    } else if (main.message === undefined) {
      adopt(main, root);
    } else if (said.isReplyOrForward && !main.message.isReplyOrForward) {
      adopt(main, root);
    } else {
      // Neither answers the other: both go below a new place without a message.
      const place = new Container();
      gone.add(main);
      adopt(place, main);
      adopt(place, root);
      table.set(said.baseSubject, place);
      joined.set(main, place);
    }
  }
  const places = new Set(joined.values());
  return [...roots.filter((root) => !gone.has(root)), ...places];
}

function adopt(parent: Container, child: Container): void {
  child.parent = parent;
  parent.children.push(child);
}

async function toNodes(roots: readonly Container[], slice: Pausing): Promise<ThreadNode[]> {
  const made = new Map<Container, ThreadNode>();
  for (const [at, container] of (await postOrder(roots, slice)).entries()) {
    if (at % pauseEvery === 0) await slice.pause();
    made.set(container, {
      number: container.message?.number ?? 0,
      children: container.children.map((child) => made.get(child)!),
    });
  }
  return roots.map((root) => made.get(root)!);
}
