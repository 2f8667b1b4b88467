// ENVELOPE read back: the lists and strings that our own serialiser made, for sort keys (RFC 5256 3, RFC 5957).
//
// Total over any octets and without recursion; what does not parse ends the value early.

export type EnvelopeValue = Buffer | undefined | EnvelopeValue[];

/** Position of each field in the envelope (RFC 9051 7.5.2). */
export const EnvelopeField = {
  subject: 1,
  from: 2,
  to: 5,
  cc: 6,
  bcc: 7,
  inReplyTo: 8,
  messageId: 9,
} as const;

const open = 0x28;
const close = 0x29;
const quote = 0x22;
const backslash = 0x5c;
const brace = 0x7b;

/** The outer list of an ENVELOPE as FETCH sends it; NIL is undefined. */
export function parseEnvelope(octets: Buffer): EnvelopeValue[] {
  const root: EnvelopeValue[] = [];
  const stack: EnvelopeValue[][] = [root];
  let at = 0;
  while (at < octets.length) {
    const top = stack[stack.length - 1]!;
    const octet = octets[at]!;
    if (octet === open) {
      const list: EnvelopeValue[] = [];
      top.push(list);
      stack.push(list);
      at++;
    } else if (octet === close) {
      if (stack.length === 1) break;
      stack.pop();
      at++;
    } else if (octet === quote) {
      const end = endOfQuoted(octets, at + 1);
      top.push(unquote(octets.subarray(at + 1, end)));
      at = end + 1;
    } else if (octet === brace) {
      const line = octets.indexOf('\r\n', at);
      const size = line < 0 ? Number.NaN : Number.parseInt(octets.toString('latin1', at + 1, line), 10);
      if (!(size >= 0)) break;
      top.push(octets.subarray(line + 2, line + 2 + size));
      at = line + 2 + size;
    } else if (octet === 0x20) {
      at++;
    } else {
      // NIL, the only atom of an envelope.
      top.push(undefined);
      at += 3;
    }
  }
  const [envelope] = root;
  return Array.isArray(envelope) ? envelope : [];
}

/**
 * First address of an address list field, or its first group: the name of a group stands as mailbox, without a host (RFC
 * 9051 7.5.2). Undefined when the list has none.
 */
export function firstAddress(
  value: EnvelopeValue,
):
  | { readonly name: Buffer | undefined; readonly mailbox: Buffer; readonly host: Buffer | undefined }
  | undefined {
  if (!Array.isArray(value)) return undefined;
  for (const address of value) {
    if (!Array.isArray(address)) continue;
    const [name, , mailbox, host] = address;
    if (!Buffer.isBuffer(mailbox)) continue;
    const orNothing = (value: EnvelopeValue): Buffer | undefined =>
      Buffer.isBuffer(value) ? value : undefined;
    return { name: orNothing(name), mailbox, host: orNothing(host) };
  }
  return undefined;
}

function endOfQuoted(octets: Buffer, from: number): number {
  for (let at = from; at < octets.length; at++) {
    if (octets[at] === backslash) at++;
    else if (octets[at] === quote) return at;
  }
  return octets.length;
}

function unquote(octets: Buffer): Buffer {
  if (!octets.includes(backslash)) return octets;
  return Buffer.from(octets.toString('latin1').replace(/\\(.)/gs, '$1'), 'latin1');
}
