// BODYSTRUCTURE of one part, cut out of that of the whole message (RFC 5524 BODYPARTSTRUCTURE).
//
// Walks our own serialisation: lists, quoted strings, literals, atoms. No recursion, cost linear in the text.

const open = 0x28;
const close = 0x29;
const quote = 0x22;
const backslash = 0x5c;
const brace = 0x7b;
const space = 0x20;

/** Position of the enclosed message's structure in that of a message/rfc822 part (RFC 9051 7.5.2). */
const innerStructure = 8;
/** Position of the transfer encoding; size and lines follow. */
const encodingAt = 5;

/** The structure of the part with these numbers; undefined when there is none. `path` [] is the whole. */
export function partStructure(structure: Buffer, path: readonly number[]): Buffer | undefined {
  let at: Buffer = structure;
  for (const [level, number] of path.entries()) {
    const body = level === 0 ? at : enclosedBody(at);
    const children = multipartChildren(body);
    if (children === undefined) {
      // RFC 9051 6.4.5: a message that is no multipart has one part, number 1.
      if (number !== 1 || (level > 0 && body === at)) return undefined;
      at = body;
    } else {
      const child = children[number - 1];
      if (child === undefined) return undefined;
      at = child;
    }
  }
  return at;
}

/**
 * The structure of a leaf as it is with its transfer encoding taken off (RFC 5524 4): another encoding and size. Lines of the
 * decoded text are not counted and told as 0. Anything that is no leaf comes back as it is.
 */
export function decodedStructure(part: Buffer, encoding: string, sizeBytes: number): Buffer {
  const values = [...valuesOf(part)];
  if (part[1] === open || values[encodingAt] === undefined || values[innerStructure]?.[0] === open)
    return part;
  const isText = values[0]?.toString('latin1').toLowerCase() === '"text"';
  const changed = values.map((value, at) => {
    if (at === encodingAt) return `"${encoding}"`;
    if (at === encodingAt + 1) return String(sizeBytes);
    return isText && at === encodingAt + 2 ? '0' : value.toString('latin1');
  });
  return Buffer.from(`(${changed.join(' ')})`, 'latin1');
}

/** The structure inside a message/rfc822 part; other parts are their own. */
function enclosedBody(part: Buffer): Buffer {
  if (part[1] === open) return part;
  const values = [...valuesOf(part)];
  const isMessage =
    values[0]?.toString('latin1').toLowerCase() === '"message"' && values[innerStructure]?.[0] === open;
  return isMessage ? values[innerStructure]! : part;
}

/** The parts of a multipart; undefined for anything else. */
function multipartChildren(body: Buffer): Buffer[] | undefined {
  if (body[1] !== open) return undefined;
  const children: Buffer[] = [];
  for (const value of valuesOf(body)) {
    if (value[0] !== open) break;
    children.push(value);
  }
  return children;
}

/** The values directly inside a list. */
function* valuesOf(list: Buffer): Generator<Buffer> {
  let depth = 0;
  let start = 1;
  for (let at = 1; at < list.length; at++) {
    const octet = list[at]!;
    if (depth === 0 && (octet === space || octet === close)) {
      if (at > start) yield list.subarray(start, at);
      start = at + 1;
      if (octet === close) return;
    } else if (octet === open) {
      // Neighbouring lists of a multipart have no space between them.
      if (depth === 0 && at > start) {
        yield list.subarray(start, at);
        start = at;
      }
      depth++;
    } else if (octet === close) {
      depth--;
      if (depth === 0) {
        yield list.subarray(start, at + 1);
        start = at + 1;
      }
    } else if (octet === quote) {
      for (at++; at < list.length && list[at] !== quote; at++) if (list[at] === backslash) at++;
    } else if (octet === brace) {
      const line = list.indexOf('\r\n', at);
      const size = Number.parseInt(list.toString('latin1', at + 1, Math.max(line, at + 1)), 10);
      if (line < 0 || !(size >= 0)) return;
      at = line + 1 + size;
    }
  }
}
