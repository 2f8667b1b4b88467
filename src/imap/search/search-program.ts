// A search as a flat program over columns: one value a node and message, so that many messages are judged at once and
// expensive keys are only looked at for messages that cheap keys have not decided.
//
// Values are three-valued (Kleene): no, unknown, yes. A leaf starts unknown and is filled in by whoever can; AND is the
// minimum, OR the maximum, NOT the mirror. Nodes stand in post-order: no recursion, cost = nodes × messages.

import type { SearchKey } from '../../proto/imap/search-key.ts';

export const Verdict = { no: 0, unknown: 1, yes: 2 } as const;

/** A key without inferiors. */
export type LeafKey = Exclude<SearchKey, { kind: 'and' | 'or' | 'not' }>;

interface Leaf {
  readonly kind: 'leaf';
  readonly key: LeafKey;
}
interface Gate {
  readonly kind: 'and' | 'or' | 'not';
  /** Indexes of earlier nodes. */
  readonly inputs: readonly number[];
}

export interface SearchProgram {
  readonly nodes: readonly (Leaf | Gate)[];
  /** Leaves with their node index, in the order of the command. */
  readonly leaves: readonly { readonly node: number; readonly key: LeafKey }[];
}

/** Flattens a tree. The parser has bounded the number of keys; the walk keeps its own stack. */
export function compileSearch(root: SearchKey): SearchProgram {
  const nodes: (Leaf | Gate)[] = [];
  const leaves: { node: number; key: LeafKey }[] = [];
  const outputs: number[] = [];
  const work: { key: SearchKey; entered: boolean }[] = [{ key: root, entered: false }];
  for (let item = work.pop(); item !== undefined; item = work.pop()) {
    const inferiors = inferiorsOf(item.key);
    if (inferiors === undefined) {
      const key = item.key as LeafKey;
      leaves.push({ node: nodes.length, key });
      outputs.push(nodes.length);
      nodes.push({ kind: 'leaf', key });
    } else if (item.entered) {
      const inputs = outputs.splice(outputs.length - inferiors.length);
      outputs.push(nodes.length);
      nodes.push({ kind: item.key.kind as Gate['kind'], inputs });
    } else {
      work.push({ key: item.key, entered: true });
      for (let i = inferiors.length - 1; i >= 0; i--) work.push({ key: inferiors[i]!, entered: false });
    }
  }
  return { nodes, leaves };
}

function inferiorsOf(key: SearchKey): readonly SearchKey[] | undefined {
  if (key.kind === 'and' || key.kind === 'or') return key.keys;
  return key.kind === 'not' ? [key.key] : undefined;
}

/** The verdicts of a program over one batch of messages. */
export class SearchVerdicts {
  readonly #program: SearchProgram;
  readonly #count: number;
  readonly #columns: Uint8Array[];

  constructor(program: SearchProgram, count: number) {
    this.#program = program;
    this.#count = count;
    this.#columns = program.nodes.map(() => new Uint8Array(count).fill(Verdict.unknown));
  }

  /** Verdicts of one leaf, to be filled in; one value a message of the batch. */
  leafColumn(node: number): Uint8Array {
    return this.#columns[node]!;
  }

  /** Computes every gate and returns the verdicts of the whole search. */
  evaluate(): Uint8Array {
    for (let node = 0; node < this.#program.nodes.length; node++) {
      const gate = this.#program.nodes[node]!;
      if (gate.kind !== 'leaf') this.#evaluateGate(gate, this.#columns[node]!);
    }
    return this.#columns[this.#columns.length - 1]!;
  }

  #evaluateGate(gate: Gate, output: Uint8Array): void {
    if (gate.kind === 'not') {
      const input = this.#columns[gate.inputs[0]!]!;
      for (let i = 0; i < this.#count; i++) output[i] = Verdict.yes - input[i]!;
      return;
    }
    const isAnd = gate.kind === 'and';
    output.fill(isAnd ? Verdict.yes : Verdict.no);
    for (const index of gate.inputs) {
      const input = this.#columns[index]!;
      for (let i = 0; i < this.#count; i++) {
        const value = input[i]!;
        if (isAnd ? value < output[i]! : value > output[i]!) output[i] = value;
      }
    }
  }
}
