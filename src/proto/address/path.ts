// Reverse-path and forward-path of MAIL and RCPT (RFC 5321 4.1.2): `<>`, `<Postmaster>`, `<user@domain>`, source routes.

import type { Localpart } from '../../base/brands.ts';
import { Fault } from '../../base/outcome.ts';
import { isAsciiDomain, normalDomain, type ToAscii } from './domain.ts';
import { maxPathBytes } from './limits.ts';
import { type Mailbox, type Parsed, parseMailboxAt, utf8Length } from './mailbox.ts';

/** The sender of the envelope; null for `<>`, the reverse-path of reports (RFC 5321 4.5.5). */
export type ReversePath = Mailbox | null;

/** Parses a reverse-path at `start`. Throws Fault('address.syntax' | 'address.too_long'). */
export function parseReversePath(text: string, start: number, toAscii: ToAscii): Parsed<ReversePath> {
  if (text.startsWith('<>', start)) return { value: null, end: start + 2 };
  return parsePath(text, start, toAscii);
}

/** Parses a forward-path at `start`; the bare `<Postmaster>` has an empty domain (RFC 5321 4.5.1). */
export function parseForwardPath(text: string, start: number, toAscii: ToAscii): Parsed<Mailbox> {
  const bare = /^<postmaster>/i.exec(text.slice(start, start + 12));
  if (bare !== null) {
    const localpart = text.slice(start + 1, start + 11) as Localpart;
    const value = { localpart, domain: undefined, literal: undefined, domainText: '', utf8: false };
    return { value, end: start + 12 };
  }
  return parsePath(text, start, toAscii);
}

/** "<" [ A-d-l ":" ] Mailbox ">" */
function parsePath(text: string, start: number, toAscii: ToAscii): Parsed<Mailbox> {
  if (text[start] !== '<') throw new Fault('address.syntax', 'an address stands in angle brackets');
  const mailbox = parseMailboxAt(text, skipSourceRoute(text, start + 1, toAscii), toAscii);
  if (text[mailbox.end] !== '>') throw new Fault('address.syntax', 'the closing angle bracket is missing');
  const end = mailbox.end + 1;
  if (utf8Length(text.slice(start, end)) > maxPathBytes) {
    throw new Fault('address.too_long', 'the path is too long');
  }
  return { value: mailbox.value, end };
}

/** RFC 5321 4.1.2 A-d-l: `@a,@b:` must be accepted and is ignored (RFC 5321 C). */
function skipSourceRoute(text: string, start: number, toAscii: ToAscii): number {
  if (text[start] !== '@') return start;
  const colon = text.indexOf(':', start);
  const route = colon === -1 ? [] : text.slice(start, colon).split(',');
  const isRoute = route.length > 0 && route.every((hop) => hop[0] === '@' && isDomain(hop.slice(1), toAscii));
  if (!isRoute) throw new Fault('address.syntax', 'the source route is malformed');
  return colon + 1;
}

function isDomain(text: string, toAscii: ToAscii): boolean {
  return isAsciiDomain(text) || normalDomain(text, toAscii) !== undefined;
}
