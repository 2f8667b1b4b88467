// Decoding base64 and quoted-printable of any size in slices: encoded steps in, decoded steps out, memory bounded.
//
// Each slice is cut where the decoder keeps no state, so decoding slices one by one gives what decoding the whole gives:
// base64 after a full group of four digits (a `=` begins a new group), quoted-printable after a line end, or inside a
// monstrous line behind three octets without `=` and blanks. Input that offers no such place for `maxHeldBytes` is cut
// anywhere: the size then differs from the one announced, and the sender ends the connection.

import { decodeTransfer } from '../../native/mime.ts';

/** Values of PartColumn.encoding that need decoding. */
export const quotedPrintable = 3;
export const base64 = 4;

/** Encoded octets held while no place to cut shows up: 2 000 times a legal line of either encoding. */
const maxHeldBytes = 2_097_152;

const lf = 0x0a;
const equals = 0x3d;

/** Which octets are digits of base64. */
const isDigit = new Uint8Array(256);
for (const digit of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/') {
  isDigit[digit.charCodeAt(0)] = 1;
}

/** Decoded octets of `encoded`, in steps of about the same size; `encoding` is quotedPrintable or base64. */
export async function* decodeSlices(
  encoded: AsyncIterable<Buffer>,
  encoding: number,
): AsyncGenerator<Buffer, void> {
  let held: Buffer = Buffer.alloc(0);
  for await (const step of encoded) {
    const octets = held.length === 0 ? step : Buffer.concat([held, step]);
    const found = encoding === base64 ? base64Cut(octets) : quotedPrintableCut(octets);
    const cut = found === 0 && octets.length >= maxHeldBytes ? octets.length : found;
    if (cut > 0) yield decodeTransfer(octets.subarray(0, cut), encoding) ?? Buffer.alloc(0);
    held = octets.subarray(cut);
  }
  if (held.length > 0) yield decodeTransfer(held, encoding) ?? Buffer.alloc(0);
}

/** `octets` of a stream without the first `origin` and after `length` of them. */
export async function* cutStream(
  octets: AsyncIterable<Buffer>,
  origin: number,
  length: number,
): AsyncGenerator<Buffer, void> {
  let skip = origin;
  let missing = length;
  for await (const step of octets) {
    const from = Math.min(skip, step.length);
    skip -= from;
    const wanted = step.subarray(from, from + missing);
    missing -= wanted.length;
    if (wanted.length > 0) yield wanted;
    if (missing === 0) return;
  }
}

/** Largest prefix that ends after a whole group; 0 when there is none. */
export function base64Cut(octets: Uint8Array): number {
  const groupsFrom = octets.lastIndexOf(equals) + 1;
  let digits = 0;
  for (let i = groupsFrom; i < octets.length; i++) digits += isDigit[octets[i]!]!;
  let over = digits % 4;
  let cut = octets.length;
  while (over > 0) over -= isDigit[octets[--cut]!]!;
  return cut;
}

/** Largest prefix after which the decoder holds nothing; 0 when there is none. */
export function quotedPrintableCut(octets: Uint8Array): number {
  const lineEnd = octets.lastIndexOf(lf);
  if (lineEnd >= 0) return lineEnd + 1;
  for (let cut = octets.length; cut >= 3; cut--) {
    const holdsNothing =
      octets[cut - 1]! > 0x20 &&
      octets[cut - 1] !== equals &&
      octets[cut - 2] !== equals &&
      octets[cut - 3] !== equals;
    if (holdsNothing) return cut;
  }
  return 0;
}
