// Mailbox of the envelope: Local-part "@" ( Domain / address-literal ), RFC 5321 4.1.2 with RFC 6531 3.3 (UTF-8).
//
// One pass over text that was already decoded strictly; comments, folding and the obsolete forms of message headers do not
// exist here. The value keeps what was received, and `normalAddress` gives the form by which accounts are found.

import type { DomainName, Localpart } from '../../base/brands.ts';
import { Fault } from '../../base/outcome.ts';
import { type AddressLiteral, parseAddressLiteral } from './address-literal.ts';
import { isAsciiOnly, normalDomain, type ToAscii } from './domain.ts';
import { maxLocalpartBytes } from './limits.ts';

export interface Mailbox {
  /** Unquoted, case as received. */
  readonly localpart: Localpart;
  /** Normal form; undefined for an address literal and for the bare `postmaster`. */
  readonly domain: DomainName | undefined;
  readonly literal: AddressLiteral | undefined;
  /** As received, with the brackets of a literal; '' for the bare `postmaster`. */
  readonly domainText: string;
  /** True when the address needs SMTPUTF8: a character outside ASCII in either part. */
  readonly utf8: boolean;
}

/** A value and the offset behind it. */
export interface Parsed<T> {
  readonly value: T;
  readonly end: number;
}

// RFC 5322 3.2.3 atext, RFC 6531 3.3 adds UTF8-non-ascii; C1 controls are left out, nobody has such a name.
const atext = /[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u00a0-\uffff]/;
const dotString =
  /[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u00a0-\uffff]+(?:\.[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u00a0-\uffff]+)*/y;
const quotedContent = /(?:[ !#-[\]-~\u00a0-\uffff]|\\[ -~])*/y;
const domainCharacters = /[A-Za-z0-9._\-\u0080-\uffff]+/y;

/** Parses a mailbox at `start`; what follows it is the caller's business. Throws Fault('address.syntax' | 'address.too_long'). */
export function parseMailboxAt(text: string, start: number, toAscii: ToAscii): Parsed<Mailbox> {
  const local = parseLocalpart(text, start);
  if (text[local.end] !== '@') throw syntax('an @ and a domain must follow the local part');
  const at = local.end + 1;
  if (text[at] === '[') return parseLiteralMailbox(text, at, local.value);
  domainCharacters.lastIndex = at;
  const domainText = domainCharacters.exec(text)?.[0];
  if (domainText === undefined) throw syntax('a domain must follow the @');
  const domain = normalDomain(domainText, toAscii);
  if (domain === undefined) throw syntax('the domain is malformed');
  const utf8 = !isAsciiOnly(domainText) || !isAsciiOnly(local.value);
  const value = { localpart: local.value, domain, literal: undefined, domainText, utf8 };
  return { value, end: at + domainText.length };
}

/** The whole text is one mailbox (`user@example.test`), or Fault. For settings, user lists and command lines. */
export function parseMailbox(text: string, toAscii: ToAscii): Mailbox {
  const { value, end } = parseMailboxAt(text, 0, toAscii);
  if (end !== text.length) throw syntax('something follows the address');
  return value;
}

function parseLiteralMailbox(text: string, open: number, localpart: Localpart): Parsed<Mailbox> {
  const close = text.indexOf(']', open);
  const literal = close === -1 ? undefined : parseAddressLiteral(text.slice(open + 1, close));
  if (literal === undefined) throw syntax('the address literal is malformed');
  const domainText = text.slice(open, close + 1);
  const value = { localpart, domain: undefined, literal, domainText, utf8: !isAsciiOnly(localpart) };
  return { value, end: close + 1 };
}

/** Dot-string or Quoted-string at `start`, unquoted. */
export function parseLocalpart(text: string, start: number): Parsed<Localpart> {
  if (text[start] === '"') return parseQuoted(text, start + 1);
  dotString.lastIndex = start;
  const found = dotString.exec(text)?.[0];
  if (found === undefined) throw syntax('the local part is malformed');
  const end = start + found.length;
  if (text[end] === '.') throw syntax('the local part has an empty element');
  return { value: limited(found), end };
}

function parseQuoted(text: string, start: number): Parsed<Localpart> {
  quotedContent.lastIndex = start;
  const content = quotedContent.exec(text)?.[0] ?? '';
  const end = start + content.length;
  if (text[end] !== '"') throw syntax('the quoted local part is malformed');
  // RFC 5321 4.1.2: quoted-pairSMTP; "a" and "\a" name the same mailbox.
  return { value: limited(content.replace(/\\(.)/g, '$1')), end: end + 1 };
}

function limited(localpart: string): Localpart {
  if (utf8Length(localpart) > maxLocalpartBytes)
    throw new Fault('address.too_long', 'the local part is too long');
  return localpart as Localpart;
}

/** Octets of the text in UTF-8. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // A surrogate pair is two units and four octets.
    if (unit > 0x7f) length += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return length;
}

/** The address as the envelope writes it, the local part quoted only where it must be (RFC 5321 4.1.2). */
export function formatMailbox(mailbox: Mailbox): string {
  const local = formatLocalpart(mailbox.localpart);
  return mailbox.domainText === '' ? local : `${local}@${mailbox.domainText}`;
}

/** Quotes what is no dot-string. */
export function formatLocalpart(localpart: string): string {
  const isDotString = localpart !== '' && localpart.split('.').every((atom) => isAtom(atom));
  return isDotString ? localpart : `"${localpart.replace(/["\\]/g, '\\$&')}"`;
}

function isAtom(text: string): boolean {
  if (text === '') return false;
  for (const character of text) if (!atext.test(character)) return false;
  return true;
}

/** Localpart in the form accounts are kept by: NFC, lower case (case-sensitive localparts are not offered). */
export function normalLocalpart(localpart: string): string {
  return localpart.normalize('NFC').toLowerCase();
}

/** The address in normal form (`alice@example.test`); literals keep their brackets. */
export function normalAddress(mailbox: Mailbox): string {
  const local = formatLocalpart(normalLocalpart(mailbox.localpart));
  const domain = mailbox.domain ?? mailbox.domainText.toLowerCase();
  return domain === '' ? local : `${local}@${domain}`;
}

function syntax(message: string): Fault {
  return new Fault('address.syntax', message);
}
