// Domain names as SMTP writes them (RFC 5321 4.1.2) and their one normal form: lower-case A-labels without trailing dot.
//
// Underscores inside labels are accepted although the grammar has none: hosts with such names send real mail, and nothing
// here is looked up under another spelling. The conversion of U-labels (RFC 5890) is injected: it needs Unicode tables.

import type { DomainName } from '../../base/brands.ts';
import { Fault } from '../../base/outcome.ts';
import { maxDomainBytes, maxLabelBytes } from './limits.ts';

/** Converts a domain with U-labels to A-labels; '' when it cannot be converted (RFC 5891 5). */
export type ToAscii = (domain: string) => string;

const asciiDomain =
  /^[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9])?)*$/;
const dottedNumbers = /^[0-9.]+$/;

/** True for text that is a domain by grammar and length; U-labels are not. */
export function isAsciiDomain(text: string): boolean {
  if (text.length > maxDomainBytes) return false;
  if (!asciiDomain.test(text)) return false;
  let start = 0;
  for (let dot = text.indexOf('.'); dot !== -1; dot = text.indexOf('.', start)) {
    if (dot - start > maxLabelBytes) return false;
    start = dot + 1;
  }
  return text.length - start <= maxLabelBytes;
}

/** Normal form of a domain; undefined when it is none. U-labels go through `toAscii`. */
export function normalDomain(text: string, toAscii: ToAscii): DomainName | undefined {
  if (isAsciiOnly(text)) return isAsciiDomain(text) ? (text.toLowerCase() as DomainName) : undefined;
  // Octets, not characters: longer than any domain whose A-labels could still fit.
  if (text.length > maxDomainBytes) return undefined;
  const converted = toAscii(text.normalize('NFC')).toLowerCase();
  // Converters made for URLs read numbers as IPv4 addresses; a domain of that shape was none.
  if (converted === '' || dottedNumbers.test(converted) || !isAsciiDomain(converted)) return undefined;
  return converted as DomainName;
}

/** Normal form, or Fault('address.syntax'). For settings, user lists and command lines. */
export function parseDomain(text: string, toAscii: ToAscii): DomainName {
  const domain = normalDomain(text, toAscii);
  if (domain === undefined) throw new Fault('address.syntax', 'not a domain name');
  return domain;
}

/** True when no character is outside US-ASCII. */
export function isAsciiOnly(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}
