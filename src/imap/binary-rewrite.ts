// Makes a message that was appended as literal8 fit for IMAP: text and binary parts that hold NUL are re-encoded in base64.
//
// RFC 3516 4.4 lets a client append octets that no other part of IMAP can carry (RFC 9051 4.3.1: no literal may hold NUL).
// Only leaf parts with an identity encoding are touched: their body and their Content-Transfer-Encoding field; all other
// octets stay. Pure functions over streams of chunks; memory is that of the headers concerned.

import { type MimeDescription, PartColumn, partColumns } from '../native/mime.ts';

/** One replacement of octets [start, end) of a message; patches are in ascending order and do not overlap. */
export type Patch =
  | { readonly kind: 'text'; readonly start: number; readonly end: number; readonly octets: Buffer }
  /** The octets in base64 lines of 76 characters; `endsLine` adds CRLF after the last. */
  | { readonly kind: 'base64'; readonly start: number; readonly end: number; readonly endsLine: boolean };

/** Rows of a part table with identity encodings: 7bit, 8bit, binary. */
const identityEncodings: ReadonlySet<number> = new Set([0, 1, 2]);
/** Octets of one base64 line. */
const octetsPerLine = 57;
const field = 'Content-Transfer-Encoding: base64\r\n';
const fieldPattern = /^content-transfer-encoding[ \t]*:.*(?:\r?\n[ \t].*)*(?:\r?\n|$)/im;

interface Leaf {
  readonly row: number;
  readonly headerStart: number;
  readonly bodyStart: number;
  readonly bodyEnd: number;
}

/** True when a literal may not carry the octets. */
export const holdsNul = (octets: Uint8Array): boolean => octets.includes(0);

/** The patches that take NUL out of a message, by its structure and its octets, which are read twice. */
export async function planRewrite(
  description: Pick<MimeDescription, 'parts'>,
  read: () => AsyncIterable<Uint8Array>,
): Promise<Patch[]> {
  const leaves = leavesOf(description.parts);
  const concerned = await leavesWithNul(leaves, read());
  if (concerned.length === 0) return [];
  const headers = await rangesOf(
    concerned.map((leaf) => [leaf.headerStart, leaf.bodyStart] as const),
    read(),
  );
  return concerned.flatMap((leaf, index): Patch[] => [
    headerPatch(headers[index]!, leaf.headerStart),
    { kind: 'base64', start: leaf.bodyStart, end: leaf.bodyEnd, endsLine: leaf.row === 0 },
  ]);
}

function leavesOf(parts: Float64Array): Leaf[] {
  const leaves: Leaf[] = [];
  for (let row = 0; row * partColumns < parts.length; row++) {
    const column = (index: number): number => parts[row * partColumns + index]!;
    if (column(PartColumn.kind) !== 0 || !identityEncodings.has(column(PartColumn.encoding))) continue;
    const [headerStart, bodyStart, bodyEnd] = [
      column(PartColumn.headerStart),
      column(PartColumn.bodyStart),
      column(PartColumn.bodyEnd),
    ];
    leaves.push({ row, headerStart, bodyStart, bodyEnd });
  }
  return leaves.sort((a, b) => a.bodyStart - b.bodyStart);
}

async function leavesWithNul(leaves: readonly Leaf[], chunks: AsyncIterable<Uint8Array>): Promise<Leaf[]> {
  const found = new Set<Leaf>();
  let at = 0;
  let next = 0;
  for await (const chunk of chunks) {
    for (let nul = chunk.indexOf(0); nul >= 0 && next < leaves.length; ) {
      const offset = at + nul;
      while (next < leaves.length && leaves[next]!.bodyEnd <= offset) next++;
      const leaf = leaves[next];
      if (leaf === undefined) break;
      // One NUL settles a part: the search goes on behind it.
      if (leaf.bodyStart <= offset) found.add(leaf);
      const from = leaf.bodyStart <= offset ? leaf.bodyEnd : leaf.bodyStart;
      if (from - at >= chunk.length) break;
      nul = chunk.indexOf(0, from - at);
    }
    at += chunk.length;
  }
  return [...found];
}

/** Octets of ascending, disjoint ranges. */
async function rangesOf(
  ranges: readonly (readonly [number, number])[],
  chunks: AsyncIterable<Uint8Array>,
): Promise<Buffer[]> {
  const pieces: Buffer[][] = ranges.map(() => []);
  let at = 0;
  for await (const chunk of chunks) {
    for (const [index, [start, end]] of ranges.entries()) {
      if (end <= at || start >= at + chunk.length) continue;
      pieces[index]!.push(Buffer.from(chunk.subarray(Math.max(0, start - at), end - at)));
    }
    at += chunk.length;
  }
  return pieces.map((piece) => Buffer.concat(piece));
}

/** Sets the field in a part's header, or puts it before the empty line when the part has none. */
function headerPatch(header: Buffer, headerStart: number): Patch {
  const text = header.toString('latin1');
  const match = fieldPattern.exec(text);
  if (match !== null) {
    const start = headerStart + match.index;
    return { kind: 'text', start, end: start + match[0].length, octets: Buffer.from(field) };
  }
  const emptyLine = /(?:^|\n)(\r?\n)$/.exec(text);
  const start = headerStart + text.length - (emptyLine?.[1]?.length ?? 0);
  const octets = Buffer.from(emptyLine === null ? `${field}\r\n` : field);
  return { kind: 'text', start, end: start, octets };
}

/** Size of the message after the patches, in octets. */
export function rewrittenSize(sizeBytes: number, patches: readonly Patch[]): number {
  return patches.reduce((size, patch) => {
    const removed = patch.end - patch.start;
    return (
      size - removed + (patch.kind === 'text' ? patch.octets.length : base64Size(removed, patch.endsLine))
    );
  }, sizeBytes);
}

function base64Size(octets: number, endsLine: boolean): number {
  const lines = Math.ceil(octets / octetsPerLine);
  return Math.ceil(octets / 3) * 4 + Math.max(0, lines - 1) * 2 + (endsLine && lines > 0 ? 2 : 0);
}

/** The octets of the message after the patches. */
export async function* rewrite(
  chunks: AsyncIterable<Uint8Array>,
  patches: readonly Patch[],
): AsyncGenerator<Uint8Array> {
  const queue = [...patches];
  let encoder = new Base64Lines();
  let at = 0;
  for await (const chunk of chunks) {
    const end = at + chunk.length;
    while (at < end) {
      const patch = queue[0];
      const piece = chunk.subarray(chunk.length - (end - at));
      if (patch === undefined || patch.start >= end) {
        yield piece;
        at = end;
        continue;
      }
      if (patch.start > at) {
        yield piece.subarray(0, patch.start - at);
        at = patch.start;
        continue;
      }
      const taken = piece.subarray(0, patch.end - at);
      at += taken.length;
      if (patch.kind === 'base64') yield encoder.push(taken);
      if (at < patch.end) continue;
      queue.shift();
      if (patch.kind === 'text') yield patch.octets;
      else {
        yield encoder.finish(patch.endsLine);
        encoder = new Base64Lines();
      }
    }
  }
}

/** Base64 in lines, fed in pieces of any size. */
class Base64Lines {
  #rest: Buffer = Buffer.alloc(0);
  #isFirst = true;

  /** Whole lines of what came so far. */
  push(octets: Uint8Array): Buffer {
    const all = Buffer.concat([this.#rest, octets]);
    // The last line waits: whether a line end follows it is decided by finish().
    const whole = all.length - (all.length % octetsPerLine || octetsPerLine);
    if (whole <= 0) {
      this.#rest = all;
      return Buffer.alloc(0);
    }
    this.#rest = all.subarray(whole);
    return this.#lines(all.subarray(0, whole));
  }

  finish(endsLine: boolean): Buffer {
    if (this.#rest.length === 0) return Buffer.alloc(0);
    return Buffer.concat([this.#lines(this.#rest), Buffer.from(endsLine ? '\r\n' : '')]);
  }

  #lines(octets: Buffer): Buffer {
    const text = octets.toString('base64').replace(/(.{76})(?=.)/g, '$1\r\n');
    const separator = this.#isFirst ? '' : '\r\n';
    this.#isFirst = false;
    return Buffer.from(separator + text, 'latin1');
  }
}
