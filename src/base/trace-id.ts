// Trace ids: 16 characters that name one connection or one message in logs, Received fields and replies.
//
// Lower-case base 32 without look-alikes: 8 characters of time (ms, so ids sort by age) and 8 of randomness.

import type { TraceId } from './brands.ts';
import type { Clock, Random } from './clock.ts';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** A new id; 2^40 values per millisecond, so clashes do not matter for tracing. */
export function createTraceId(clock: Clock, random: Random): TraceId {
  let time = clock.nowMs();
  const characters: string[] = [];
  for (let i = 0; i < 8; i++) {
    characters[7 - i] = alphabet[time % 32] as string;
    time = Math.floor(time / 32);
  }
  for (const byte of random.bytes(8)) characters.push(alphabet[byte & 31] as string);
  return characters.join('') as TraceId;
}
