// Finds aliases that lead back to themselves. Pure; iterative, because chains come from imported files.
//
// An alias that names itself among others is no loop: `alice → alice, archive` keeps a copy, the user behind the alias
// gets the first part.

import { formatLocalpart } from '../proto/address/mailbox.ts';
import type { DomainSettings } from './settings.ts';

/** Each loop as the addresses along it, the first one repeated at the end; every loop is reported once. */
export function findAliasLoops(domains: readonly DomainSettings[]): string[][] {
  const edges = aliasEdges(domains);
  const state = new Map<string, 'open' | 'done'>();
  const loops: string[][] = [];
  for (const start of edges.keys()) {
    if (state.has(start)) continue;
    // The path from `start` with the position in each node's targets.
    const path: { readonly address: string; next: number }[] = [{ address: start, next: 0 }];
    state.set(start, 'open');
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const target = edges.get(top.address)?.[top.next++];
      if (target === undefined) {
        state.set(top.address, 'done');
        path.pop();
      } else if (target !== top.address && edges.has(target)) {
        const seen = state.get(target);
        if (seen === 'open') {
          const from = path.findIndex((node) => node.address === target);
          loops.push([...path.slice(from).map((node) => node.address), target]);
        } else if (seen === undefined) {
          state.set(target, 'open');
          path.push({ address: target, next: 0 });
        }
      }
    }
  }
  return loops;
}

/** Alias address → the addresses it leads to, tags cut off where only the base is an alias. */
function aliasEdges(domains: readonly DomainSettings[]): Map<string, readonly string[]> {
  const edges = new Map<string, readonly string[]>();
  const delimiters = new Map<string, string>();
  for (const domain of domains) {
    delimiters.set(domain.name, domain.recipientDelimiter);
    for (const [localpart, targets] of Object.entries(domain.aliases))
      edges.set(`${formatLocalpart(localpart)}@${domain.name}`, targets);
  }
  const resolve = (target: string): string => {
    if (edges.has(target)) return target;
    const at = target.lastIndexOf('@');
    const delimiter = delimiters.get(target.slice(at + 1)) ?? '';
    const cut = delimiter === '' ? -1 : target.indexOf(delimiter);
    return cut > 0 && cut < at ? target.slice(0, cut) + target.slice(at) : target;
  };
  return new Map([...edges].map(([address, targets]) => [address, targets.map(resolve)]));
}
