// Mailbox names on the wire: modified UTF-7 (RFC 3501 5.1.3), or UTF-8 once the client enabled UTF8=ACCEPT (RFC 6855).
//
// Inside the server a name is Unicode with `/` between levels and INBOX in capitals. Decoding is strict: one name has one
// spelling, so shifts that encode printable ASCII, needless shifts, non-zero pad bits, lone surrogates, controls and raw
// 8-bit octets are refused instead of being stored as a second folder that looks alike.

import type { MailboxName } from '../../base/brands.ts';
import { type ImapFault, refuse } from './fault.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,';
const values = new Map([...alphabet].map((character, index) => [character, index]));

/** Octets of a name after decoding, all levels; a path component of a file system holds 255. */
export const maxMailboxNameBytes = 1000;
/** Levels of a name; deeper trees are an attack on walkers, not mail. */
export const maxMailboxLevels = 32;

/** Unicode for modified UTF-7 text; undefined when it is not the one canonical spelling. */
export function decodeModifiedUtf7(text: string): string | undefined {
  let out = '';
  let at = 0;
  let afterShift = false;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code > 0x7e) return undefined;
    if (code !== 0x26) {
      out += text[at];
      at++;
      afterShift = false;
      continue;
    }
    const end = text.indexOf('-', at + 1);
    if (end < 0) return undefined;
    if (end === at + 1) {
      out += '&';
      afterShift = false;
    } else {
      // RFC 3501 5.1.3: no superfluous shifts, so two shifted runs never touch.
      const run = afterShift ? undefined : decodeShifted(text.slice(at + 1, end));
      if (run === undefined) return undefined;
      out += run;
      afterShift = true;
    }
    at = end + 1;
  }
  return out;
}

/** One run between `&` and `-`: whole UTF-16 units, at most five zero pad bits, nothing that ASCII could say. */
function decodeShifted(run: string): string | undefined {
  let bits = 0;
  let bitCount = 0;
  let out = '';
  for (const character of run) {
    const value = values.get(character);
    if (value === undefined) return undefined;
    bits = (bits << 6) | value;
    bitCount += 6;
    if (bitCount < 16) continue;
    bitCount -= 16;
    const unit = (bits >> bitCount) & 0xffff;
    if (unit >= 0x20 && unit <= 0x7e) return undefined;
    out += String.fromCharCode(unit);
    bits &= (1 << bitCount) - 1;
  }
  if (bits !== 0 || bitCount >= 6 || out === '') return undefined;
  return out.isWellFormed() ? out : undefined;
}

/** Modified UTF-7 of a Unicode name. */
export function encodeModifiedUtf7(name: string): string {
  return name.replace(/&|[^\x20-\x7e]+/g, (run) => (run === '&' ? '&-' : `&${encodeShifted(run)}-`));
}

function encodeShifted(run: string): string {
  let out = '';
  let bits = 0;
  let bitCount = 0;
  for (let i = 0; i < run.length; i++) {
    bits = (bits << 16) | run.charCodeAt(i);
    bitCount += 16;
    while (bitCount >= 6) {
      bitCount -= 6;
      out += alphabet[(bits >> bitCount) & 63];
    }
    bits &= (1 << bitCount) - 1;
  }
  return bitCount === 0 ? out : out + alphabet[(bits << (6 - bitCount)) & 63];
}

/** RFC 9051 5.1: INBOX is one name in any case, also as the first level of others. */
export function normaliseInbox(name: string): string {
  const slash = name.indexOf('/');
  const first = slash < 0 ? name : name.slice(0, slash);
  return first.length === 5 && first.toUpperCase() === 'INBOX' ? `INBOX${name.slice(first.length)}` : name;
}

/**
 * Wire octets to the server's name. Throws NO [CANNOT] for what is no name or could never be created: a client that asks for
 * such a mailbox made no syntax error. Does not ask whether the mailbox exists.
 */
export function decodeMailboxName(octets: Uint8Array, utf8: boolean): MailboxName {
  const buffer = Buffer.from(octets.buffer, octets.byteOffset, octets.length);
  if (buffer.length > maxMailboxNameBytes * 4) throw impossible('is too long');
  const text = utf8 ? decodeUtf8(buffer) : decodeModifiedUtf7(buffer.toString('latin1'));
  if (text === undefined) throw impossible(utf8 ? 'is not valid UTF-8' : 'is not valid modified UTF-7');
  if (Buffer.byteLength(text) > maxMailboxNameBytes) throw impossible('is too long');
  // Controls cannot be shown or typed; U+2028/2029 are refused by RFC 6855 3.
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text)) throw impossible('has control characters');
  const name = normaliseInbox(text);
  const levels = name.split('/');
  if (levels.length > maxMailboxLevels) throw impossible('has too many levels');
  if (levels.includes('')) throw impossible('has an empty level');
  return name as MailboxName;
}

const impossible = (why: string): ImapFault =>
  refuse('imap.mailbox_name', 'CANNOT', `The mailbox name ${why}`);

/** The name as its wire octets in latin1 text: what LIST patterns are compared with. */
export function wireMailboxName(name: string, utf8: boolean): string {
  return utf8 ? Buffer.from(name).toString('latin1') : encodeModifiedUtf7(name);
}

/** The name as a quoted string, ready for LIST, STATUS and NAMESPACE answers. */
export function formatMailboxName(name: string, utf8: boolean): string {
  return `"${wireMailboxName(name, utf8).replace(/["\\]/g, '\\$&')}"`;
}

function decodeUtf8(buffer: Buffer): string | undefined {
  const text = buffer.toString('utf8');
  return Buffer.from(text).equals(buffer) ? text : undefined;
}
