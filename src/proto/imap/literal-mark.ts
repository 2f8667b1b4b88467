// The literal marker at the end of a line, found without tokenising it: framing survives any nonsense before it.
//
// Used only after a line was refused, to know which octets the client sends anyway. Invalid forms (`{-1}`, `{}`, `{+10}`,
// `{10++}`) are no markers. Sizes saturate at 2^31-1, which is above every limit.

import { maxLiteralNumber } from './token.ts';
import type { LiteralMark } from './token-reader.ts';

// Longer runs of digits are no size anybody means; the bound keeps the match short.
const markPattern = /(~?)\{(\d{1,40})(\+?)\}$/;
const longestMark = 44;

/** The marker that ends `line`, or undefined. */
export function findLiteralMark(line: Buffer): LiteralMark | undefined {
  if (line.length === 0 || line[line.length - 1] !== 0x7d) return undefined;
  const match = markPattern.exec(line.toString('latin1', Math.max(0, line.length - longestMark)));
  if (match === null) return undefined;
  return {
    sizeBytes: Math.min(Number(match[2]), maxLiteralNumber),
    nonSync: match[3] === '+',
    binary: match[1] === '~',
  };
}
