// Compares an expected answer with a received one: variables, wildcards, and lists whose order does not matter.
//
// Text is compared without case. `$name` and `${name}` stand for a known value or take the received one; `$` alone is
// anything; `$3` is the present number of what was message 3 when the command began. `$!…` at the beginning of a list change
// how it is compared; LIST, LSUB, STATUS and FETCH have defaults where a list has none.

import type { Value } from './response-value.ts';

/** What variables mean now. Matching works on a copy and hands it back on success. */
export interface Bindings {
  readonly variables: ReadonlyMap<string, string>;
  /** Present number of the message that had number i+1 at the beginning; 0 when expunged. */
  readonly sequence: readonly number[];
}

interface ListRules {
  readonly ordered: boolean;
  readonly chain: number;
  readonly extra: boolean;
  readonly ignore: readonly string[];
  readonly ban: readonly string[];
}

const strict: ListRules = { ordered: true, chain: 1, extra: false, ignore: [], ban: [] };
const loose: ListRules = { ordered: false, chain: 1, extra: true, ignore: [], ban: [] };
const flagRules: ListRules = {
  ...loose,
  extra: false,
  ignore: ['\\recent', '$hasattachment', '$hasnoattachment'],
};

/** Variables after a match, or undefined when the answer is another. */
export function matchAnswer(
  expected: readonly Value[],
  received: readonly Value[],
  bindings: Bindings,
): ReadonlyMap<string, string> | undefined {
  const matcher = new Matcher(bindings);
  const name = answerName(expected);
  const prefix = ['ok', 'no', 'bad', 'bye', 'preauth'].includes(name);
  return matcher.sequenceOf(expected, received, prefix, (index) => topRules(name, index))
    ? matcher.variables
    : undefined;
}

const textOf = (value: Value | undefined): string =>
  value?.kind === 'atom' || value?.kind === 'string' ? value.text.toLowerCase() : '';

/** `fetch` for `1 FETCH (…)`, else the first word. */
const answerName = (expected: readonly Value[]): string =>
  textOf(expected[1]) === 'fetch' ? 'fetch' : textOf(expected[0]);

function topRules(name: string, index: number): ListRules {
  if ((name === 'list' || name === 'lsub') && index === 1) return loose;
  if ((name === 'status' || name === 'fetch') && index === 2) return { ...loose, chain: 2 };
  return strict;
}

class Matcher {
  variables: Map<string, string>;
  readonly #sequence: readonly number[];

  constructor(bindings: Bindings) {
    this.variables = new Map(bindings.variables);
    this.#sequence = bindings.sequence;
  }

  /** Values in order; with `prefix` the last expected word need only begin the received one, and more may follow. */
  sequenceOf(
    expected: readonly Value[],
    received: readonly Value[],
    prefix: boolean,
    rules: (index: number) => ListRules,
  ): boolean {
    let at = 0;
    for (const [index, value] of expected.entries()) {
      if (textOf(value) === '$]') {
        while (at < received.length && !textOf(received[at]).includes(']')) at++;
        at++;
        continue;
      }
      const actual = received[at++];
      if (actual === undefined) return false;
      const isPrefix = prefix && index === expected.length - 1;
      if (!this.#value(value, actual, isPrefix, rules(index), expected[index - 1])) return false;
    }
    return prefix || at === received.length;
  }

  #value(expected: Value, actual: Value, prefix: boolean, rules: ListRules, before?: Value): boolean {
    if (expected.kind === 'nil') return actual.kind === 'nil';
    if (expected.kind === 'list') {
      const isFlags = textOf(before) === 'flags';
      return actual.kind === 'list' && this.#list(expected.items, actual.items, isFlags ? flagRules : rules);
    }
    if (actual.kind === 'list') return expected.text === '$';
    const text = actual.kind === 'nil' ? 'NIL' : actual.text;
    // NIL where a string was expected is another answer than the string "NIL".
    if (actual.kind === 'nil' && expected.text !== '$' && expected.kind === 'string') return false;
    // imaptest compares C strings: what follows a NUL is not looked at. append-binary relies on it, its literal is one short.
    return this.#text(untilNul(expected.text), untilNul(text), prefix);
  }

  #list(expected: readonly Value[], actual: readonly Value[], defaults: ListRules): boolean {
    const { rules, values } = takeDirectives(expected, defaults);
    if (rules.ordered) return this.sequenceOf(values, actual, false, () => strict);
    if (actual.length % rules.chain !== 0) return false;
    const used = new Set<number>();
    for (let i = 0; i < values.length; i += rules.chain) {
      const found = this.#findChain(values.slice(i, i + rules.chain), actual, rules.chain);
      if (found === undefined) return false;
      used.add(found);
    }
    for (let i = 0; i < actual.length; i += rules.chain) {
      if (used.has(i)) continue;
      const extra = textOf(actual[i]);
      if (rules.extra ? rules.ban.includes(extra) : !rules.ignore.includes(extra)) return false;
    }
    return true;
  }

  #findChain(chain: readonly Value[], actual: readonly Value[], length: number): number | undefined {
    for (let i = 0; i < actual.length; i += length) {
      const saved = new Map(this.variables);
      if (this.sequenceOf(chain, actual.slice(i, i + length), false, () => strict)) return i;
      this.variables = saved;
    }
    return undefined;
  }

  #text(expected: string, actual: string, prefix: boolean): boolean {
    const names: string[] = [];
    let sensitive = false;
    const source = expected.replace(
      /\$\$|\$\{([^}]*)\}|\$(\w*)|[\s\S]/g,
      (piece: string, braced: string | undefined, bare: string | undefined) => {
        if (piece === '$$') return '\\$';
        if (!piece.startsWith('$')) return escapeRegExp(piece);
        const name = braced ?? bare ?? '';
        if (name.startsWith('case:')) {
          sensitive = true;
          return escapeRegExp(name.slice(5));
        }
        if (/^\d+$/.test(name)) return String(this.#sequence[Number(name) - 1] || '<expunged>');
        const known = name === '' ? undefined : this.variables.get(name);
        if (known !== undefined) return escapeRegExp(known);
        if (name === '') return '[\\s\\S]*?';
        names.push(name);
        return '([\\s\\S]*?)';
      },
    );
    const match = new RegExp(`^${source}${prefix ? '' : '$'}`, sensitive ? '' : 'i').exec(actual);
    if (match === null) return false;
    return names.every((name, index) => this.#bind(name, match[index + 1] ?? ''));
  }

  #bind(name: string, value: string): boolean {
    const modSeq = /^modseq(\d+)$/.exec(name);
    if (modSeq !== null && !this.#isLaterModSeq(Number(modSeq[1]), Number(value))) return false;
    this.variables.set(name, value);
    return true;
  }

  /** `$modseqN` must lie at least N-M above the highest `$modseqM` seen. */
  #isLaterModSeq(index: number, value: number): boolean {
    let [highestIndex, highest] = [0, 0];
    for (const [name, known] of this.variables) {
      const match = /^modseq(\d+)$/.exec(name);
      if (match === null || Number(match[1]) < highestIndex) continue;
      [highestIndex, highest] = [Number(match[1]), Number(known)];
    }
    return value >= highest + (index - highestIndex);
  }
}

function takeDirectives(
  values: readonly Value[],
  defaults: ListRules,
): { rules: ListRules; values: readonly Value[] } {
  let count = 0;
  let rules: ListRules = strict;
  for (const value of values) {
    if (value.kind !== 'atom' || !value.text.startsWith('$!')) break;
    rules = withDirective(rules, value.text.slice(2));
    count++;
  }
  return count === 0 ? { rules: defaults, values } : { rules, values: values.slice(count) };
}

function withDirective(rules: ListRules, directive: string): ListRules {
  const [name, argument = ''] = directive.split('=', 2) as [string, string?];
  switch (name) {
    case 'unordered':
      return { ...rules, ordered: false, extra: true, chain: argument === '' ? 1 : Number(argument) };
    case 'ordered':
      return { ...rules, ordered: true };
    case 'extra':
      return { ...rules, extra: true };
    case 'noextra':
      return { ...rules, extra: false };
    case 'ignore':
      return { ...rules, ignore: [...rules.ignore, argument.toLowerCase()] };
    case 'ban':
      return { ...rules, ban: [...rules.ban, argument.toLowerCase()] };
    default:
      throw new Error(`unknown directive $!${directive}`);
  }
}

const untilNul = (text: string): string => text.split('\0', 1)[0]!;
const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
