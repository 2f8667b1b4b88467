// Result options of SEARCH, SORT and ESEARCH: what the answer holds and what is kept of it.
//
// RFC 4731 (MIN MAX ALL COUNT), RFC 5182 (SAVE), RFC 5267 (CONTEXT, UPDATE, PARTIAL), RFC 9394 (PARTIAL from the end),
// RFC 6203 (RELEVANCY). Refuses options twice with different meaning and PARTIAL beside ALL.

import { bad } from './fault.ts';
import type { TokenReader } from './token-reader.ts';

/** A window of the result: positions from 1; negative ones count from the end (RFC 9394 3.1). */
export interface PartialRange {
  /** Positions as the answer repeats them, smaller distance first. */
  readonly first: number;
  readonly last: number;
}

export interface SearchReturns {
  readonly min: boolean;
  readonly max: boolean;
  readonly all: boolean;
  readonly count: boolean;
  readonly save: boolean;
  readonly relevancy: boolean;
  /** The client wants to be told of changes (RFC 5267 4.3). */
  readonly update: boolean;
  readonly context: boolean;
  readonly partial: PartialRange | undefined;
}

const nothing = {
  min: false,
  max: false,
  all: false,
  count: false,
  save: false,
  relevancy: false,
  update: false,
  context: false,
};

/** What revision 2 answers when no option was named (RFC 9051 6.4.4). */
export const returnAll: SearchReturns = { ...nothing, all: true, partial: undefined };

const flags: ReadonlyMap<string, keyof typeof nothing> = new Map([
  ['MIN', 'min'],
  ['MAX', 'max'],
  ['ALL', 'all'],
  ['COUNT', 'count'],
  ['SAVE', 'save'],
  ['RELEVANCY', 'relevancy'],
  ['UPDATE', 'update'],
  ['CONTEXT', 'context'],
]);

/** `RETURN (…)` when it is there. */
export function takeReturns(tokens: TokenReader): SearchReturns | undefined {
  if (!tokens.takeWord('RETURN')) return undefined;
  tokens.expectSpace('result options');
  const named = { ...nothing };
  let partial: PartialRange | undefined;
  tokens.expectList(
    'result options',
    () => {
      const word = tokens.expectKeyword('result option');
      const flag = flags.get(word);
      if (flag !== undefined) named[flag] = true;
      else if (word === 'PARTIAL' && partial === undefined) partial = expectPartial(tokens);
      else throw bad('Unknown result option');
    },
    true,
  );
  // RFC 9394 3.1.
  if (named.all && partial !== undefined) throw bad('PARTIAL and ALL exclude each other');
  const asksForResult = named.min || named.max || named.all || named.count || partial !== undefined;
  // RFC 4731 3.1: an empty list means ALL; RFC 5182 2.4: SAVE alone asks for no answer, RFC 5267 4.3: nor does UPDATE.
  const isEmpty = !asksForResult && !named.save && !named.update && !named.context;
  return { ...named, all: named.all || isEmpty, partial };
}

/** `1:500` or `-1:-500` behind the word PARTIAL (RFC 9394 4). */
export function expectPartial(tokens: TokenReader): PartialRange {
  tokens.expectSpace('range');
  const match = /^(-?)([1-9]\d{0,9}):(-?)([1-9]\d{0,9})$/.exec(tokens.expectRawAtom('range'));
  if (match === null || match[1] !== match[3]) throw bad('Invalid range');
  const [a, b] = [Number(match[2]), Number(match[4])];
  if (a > 4_294_967_295 || b > 4_294_967_295) throw bad('Invalid range');
  const sign = match[1] === '-' ? -1 : 1;
  return { first: sign * Math.min(a, b), last: sign * Math.max(a, b) };
}

/** The positions [from, to) of a result of `count` that the range means. */
export function partialBounds({ first, last }: PartialRange, count: number): { from: number; to: number } {
  if (first > 0) return { from: Math.min(first - 1, count), to: Math.min(last, count) };
  return { from: Math.max(0, count + last), to: Math.max(0, count + first + 1) };
}
