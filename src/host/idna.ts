// U-labels to A-labels (RFC 5891) by the tables Node carries. Injected into the address codec, which names no node: module.

import { domainToASCII } from 'node:url';

/** The domain as A-labels, '' when it cannot be converted. */
export function toAscii(domain: string): string {
  return domainToASCII(domain);
}
