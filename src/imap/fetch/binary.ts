// BINARY, BINARY.PEEK and BINARY.SIZE (RFC 3516): the body of a part with its transfer encoding taken off.

import { decodeTransfer, PartColumn } from '../../native/mime.ts';
import { refuse } from '../../proto/imap/fault.ts';
import type { BinaryItem } from '../../proto/imap/fetch-items.ts';
import type { Octets } from './answer.ts';
import { cutRange, inlineBytes, type MessageOctets } from './message-octets.ts';
import { binaryRange, partValue } from './part-path.ts';
import { base64, cutStream, decodeSlices, quotedPrintable } from './transfer-slices.ts';

const leaf = 0;

/** Octets of the decoded part, 0 when there is no such part. Throws NO [UNKNOWN-CTE]. */
export async function binarySize(source: MessageOctets, item: BinaryItem): Promise<number> {
  const { parts } = await source.structure();
  const range = binaryRange(parts, item.path);
  if (range === undefined) return 0;
  if (!isEncoded(parts, range.row, item.path)) return range.end - range.start;
  return decodedSize(parts, range.row);
}

/** The decoded part or the piece of it that was asked for; undefined when there is no such part. Throws NO [UNKNOWN-CTE]. */
export async function binaryOctets(source: MessageOctets, item: BinaryItem): Promise<Octets | undefined> {
  const { parts } = await source.structure();
  const range = binaryRange(parts, item.path);
  if (range === undefined) return undefined;
  if (!isEncoded(parts, range.row, item.path)) return source.load(cutRange(range, item.partial));
  const encoding = partValue(parts, range.row, PartColumn.encoding);
  const sizeBytes = decodedSize(parts, range.row);
  const cut = cutRange({ start: 0, end: sizeBytes }, item.partial);
  if (range.end - range.start <= inlineBytes) {
    const encoded = await source.loadSmall(range);
    const decoded = encoded === undefined ? null : decodeTransfer(encoded, encoding);
    if (decoded !== null) return decoded.subarray(cut.start, cut.end);
  }
  const length = cut.end - cut.start;
  return {
    sizeBytes: length,
    chunks: () => cutStream(decodeSlices(source.steps(range), encoding), cut.start, length),
  };
}

/** RFC 2045 6.4: only leaves are encoded; BINARY[] is the message as it is. */
function isEncoded(parts: Float64Array, row: number, path: readonly number[]): boolean {
  if (path.length === 0 || partValue(parts, row, PartColumn.kind) !== leaf) return false;
  return partValue(parts, row, PartColumn.encoding) >= quotedPrintable;
}

function decodedSize(parts: Float64Array, row: number): number {
  const encoding = partValue(parts, row, PartColumn.encoding);
  if (encoding > base64) {
    // RFC 3516 4.3: the whole request fails.
    throw refuse('imap.unknown_encoding', 'UNKNOWN-CTE', 'The transfer encoding of the part is not known');
  }
  return partValue(parts, row, PartColumn.decodedSize);
}
