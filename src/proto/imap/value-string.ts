// Values of answers that may hold anything: as a quoted string where that is possible, else as a literal.

/** Longest value sent as a quoted string; longer ones are literals, which clients read in one piece. */
const maxQuotedBytes = 1000;

/** Text that is known to hold no control characters, quoted. */
export const quotedText = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

/**
 * Octets as a `string`, or as a literal8 when there is a NUL in them (RFC 5464 5, value; RFC 3516 4.4). 8-bit octets go as
 * a literal, so that clients without UTF8=ACCEPT read them.
 */
export function formatValue(octets: Buffer): Buffer {
  const isPlain = octets.length <= maxQuotedBytes && octets.every((octet) => octet >= 0x20 && octet < 0x7f);
  if (isPlain) return Buffer.from(quotedText(octets.toString('latin1')), 'latin1');
  const sign = octets.includes(0) ? '~' : '';
  return Buffer.concat([Buffer.from(`${sign}{${octets.length}}\r\n`), octets]);
}
