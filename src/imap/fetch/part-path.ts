// From a section number to a row of the part table (RFC 9051 6.4.5.1): which part BODY[2.1.3] is, and where its octets lie.
//
// Pure arithmetic over the flat table of native/mime; the table is ours, the path is the client's: a path that leads nowhere
// is an answer (undefined), never an error. Cost is bounded by path length times the number of siblings.

import { PartColumn, partColumns } from '../../native/mime.ts';
import type { Section } from '../../proto/imap/fetch-items.ts';

/** Octets [start, end) of the message. */
export interface OctetRange {
  readonly start: number;
  readonly end: number;
}

const kindMultipart = 1;
const kindMessage = 2;
const none = -1;
/**
 * Stands for the row of a part that is only in BODYSTRUCTURE: a multipart without parts is described with one empty text, since
 * RFC 9051 9 (body-type-mpart) asks for at least one. Its sections are empty, not NIL.
 */
const emptyPart = -2;
const emptyRange: OctetRange = { start: 0, end: 0 };

/** One value of the table. */
export function partValue(parts: Float64Array, row: number, column: number): number {
  return parts[row * partColumns + column] ?? none;
}

/**
 * Row of the part that `path` names; undefined when there is none. The empty path is row 0, the message. RFC 9051 6.4.5.1:
 * a message that is not multipart has exactly part 1, and below message/rfc822 the inner message's parts are numbered (I08).
 */
export function findPart(parts: Float64Array, path: readonly number[]): number | undefined {
  let row = 0;
  // What the next number counts in: the parts of a message (`inMessage`), or of the part `row` itself.
  let inMessage = true;
  for (const number of path) {
    if (row === emptyPart) return undefined;
    if (!inMessage && partValue(parts, row, PartColumn.kind) === kindMessage) {
      row = partValue(parts, row, PartColumn.firstChild);
      if (row === none) return undefined;
      inMessage = true;
    }
    if (partValue(parts, row, PartColumn.kind) === kindMultipart) {
      const child = nthChild(parts, row, number);
      if (child === undefined) return undefined;
      row = child;
    } else if (!inMessage || number !== 1) {
      return undefined;
    }
    inMessage = false;
  }
  return row;
}

/** Where the octets of `section` lie before field selection and partial; undefined when there is no such part or text. */
export function sectionRange(parts: Float64Array, section: Section): OctetRange | undefined {
  const row = findPart(parts, section.path);
  if (row === undefined) return undefined;
  if (row === emptyPart) return section.text === 'whole' || section.text === 'mime' ? emptyRange : undefined;
  const top = section.path.length === 0;
  switch (section.text) {
    case 'whole':
      return top ? rangeOf(parts, row, PartColumn.headerStart, PartColumn.bodyEnd) : bodyOf(parts, row);
    case 'mime':
      return headerOf(parts, row);
    default: {
      // RFC 9051 6.4.5.1: HEADER and TEXT after a number need a message/rfc822 part and speak of the message inside.
      const message = top ? row : innerMessage(parts, row);
      if (message === undefined) return undefined;
      return section.text === 'text' ? bodyOf(parts, message) : headerOf(parts, message);
    }
  }
}

/** Body octets of the part that `path` names (BINARY[path]); the whole message for the empty path (RFC 3516 4.3). */
export function binaryRange(
  parts: Float64Array,
  path: readonly number[],
): (OctetRange & { readonly row: number }) | undefined {
  const row = findPart(parts, path);
  if (row === undefined) return undefined;
  if (row === emptyPart) return { ...emptyRange, row };
  const range =
    path.length === 0 ? rangeOf(parts, row, PartColumn.headerStart, PartColumn.bodyEnd) : bodyOf(parts, row);
  return { ...range, row };
}

function nthChild(parts: Float64Array, row: number, number: number): number | undefined {
  let child = partValue(parts, row, PartColumn.firstChild);
  if (child === none && number === 1) return emptyPart;
  for (let i = 1; i < number && child !== none; i++) child = partValue(parts, child, PartColumn.nextSibling);
  return child === none ? undefined : child;
}

function innerMessage(parts: Float64Array, row: number): number | undefined {
  if (partValue(parts, row, PartColumn.kind) !== kindMessage) return undefined;
  const child = partValue(parts, row, PartColumn.firstChild);
  return child === none ? undefined : child;
}

const headerOf = (parts: Float64Array, row: number): OctetRange =>
  rangeOf(parts, row, PartColumn.headerStart, PartColumn.bodyStart);

const bodyOf = (parts: Float64Array, row: number): OctetRange =>
  rangeOf(parts, row, PartColumn.bodyStart, PartColumn.bodyEnd);

function rangeOf(parts: Float64Array, row: number, from: number, to: number): OctetRange {
  return { start: partValue(parts, row, from), end: partValue(parts, row, to) };
}
