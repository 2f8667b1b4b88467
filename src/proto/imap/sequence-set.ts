// Sequence sets of RFC 9051 9: `1:3,7,9:*`. Parsing keeps what was written; resolving turns it into ascending, merged ranges.
//
// Refuses 0, numbers above 2^32-1, empty elements and sets of more than `maxRanges` elements, whose number bounds the work of
// whoever walks the result. A set never holds single numbers of a range: `1:4294967295` costs two integers.

/** Value that stands for `*` in a parsed set. */
const star = 0;
const maxNumber = 4_294_967_295;
const elementPattern = /^(?:[1-9]\d{0,9}|\*)(?::(?:[1-9]\d{0,9}|\*))?$/;

/** A set as written: pairs of bounds in the order of the text, 0 standing for `*`. */
export interface SequenceSet {
  /** `$`: the result that the last SEARCH or SORT saved (RFC 5182); there are no bounds then. */
  readonly saved?: true;
  readonly bounds: readonly number[];
}

/** Ascending, disjoint, non-adjacent ranges [low, high] as pairs. */
export type Ranges = readonly number[];

/** The set written `$` (RFC 5182 2.1). */
export const savedSet: SequenceSet = { saved: true, bounds: [] };

/** Reads a set; undefined when it is malformed or has more than `maxRanges` elements. */
export function parseSequenceSet(text: string, maxRanges: number): SequenceSet | undefined {
  if (text === '$') return savedSet;
  const bounds: number[] = [];
  let from = 0;
  while (from <= text.length) {
    const comma = text.indexOf(',', from);
    const element = text.slice(from, comma < 0 ? text.length : comma);
    if (bounds.length >= maxRanges * 2 || !elementPattern.test(element)) return undefined;
    const colon = element.indexOf(':');
    const first = parseBound(colon < 0 ? element : element.slice(0, colon));
    const last = colon < 0 ? first : parseBound(element.slice(colon + 1));
    if (first > maxNumber || last > maxNumber) return undefined;
    bounds.push(first, last);
    if (comma < 0) break;
    from = comma + 1;
  }
  return { bounds };
}

/**
 * Ascending merged ranges. `*` becomes `largest`, the largest number in use (RFC 9051 9, seq-number); with nothing in use
 * (`largest` = 0) elements that name `*` select nothing. `5:2` is `2:5`.
 */
export function resolveSequenceSet(set: SequenceSet, largest: number): Ranges {
  const pairs: [number, number][] = [];
  for (let i = 0; i < set.bounds.length; i += 2) {
    const first = set.bounds[i]!;
    const last = set.bounds[i + 1]!;
    if (largest === 0 && (first === star || last === star)) continue;
    const a = first === star ? largest : first;
    const b = last === star ? largest : last;
    pairs.push(a <= b ? [a, b] : [b, a]);
  }
  pairs.sort((x, y) => x[0] - y[0]);
  const merged: number[] = [];
  for (const [low, high] of pairs) {
    const end = merged.length - 1;
    if (end > 0 && low <= merged[end]! + 1) merged[end] = Math.max(merged[end]!, high);
    else merged.push(low, high);
  }
  return merged;
}

/** True when `value` lies in one of the ranges. Logarithmic. */
export function rangesContain(ranges: Ranges, value: number): boolean {
  let low = 0;
  let high = ranges.length >> 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle * 2 + 1]! < value) low = middle + 1;
    else high = middle;
  }
  return low * 2 < ranges.length && ranges[low * 2]! <= value;
}

/**
 * True when an element without `*` names a number above `largest`. RFC 9051 9: such a sequence number is an error of the
 * client; `5:*` in a mailbox of three is not, it means 3:5 cut to what exists.
 */
export function namesBeyond(set: SequenceSet, largest: number): boolean {
  for (let i = 0; i < set.bounds.length; i += 2) {
    const first = set.bounds[i]!;
    const last = set.bounds[i + 1]!;
    if (first !== star && last !== star && Math.max(first, last) > largest) return true;
  }
  return false;
}

function parseBound(text: string): number {
  return text === '*' ? star : Number(text);
}
