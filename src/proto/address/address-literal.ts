// Address literals (RFC 5321 4.1.3): [192.0.2.1] and [IPv6:2001:db8::1]. Also prints them for Received fields. Other tags would
// have to be registered, and none is, so a General-address-literal is refused.

/** What stands between the brackets. */
export interface AddressLiteral {
  readonly kind: 'ipv4' | 'ipv6';
  /** The address without tag, IPv6 in lower case. */
  readonly value: string;
}

/** Parses the text between the brackets; undefined when it is no literal of the grammar. */
export function parseAddressLiteral(text: string): AddressLiteral | undefined {
  if (isIpv4(text)) return { kind: 'ipv4', value: text };
  const content = /^ipv6:(.*)$/i.exec(text)?.[1];
  if (content === undefined || !isIpv6(content)) return undefined;
  return { kind: 'ipv6', value: content.toLowerCase() };
}

/** `[192.0.2.1]` or `[IPv6:…]` for an address as the system prints it; a zone (`%eth0`) is left out. */
export function formatAddressLiteral(address: string): string {
  const plain = address.split('%', 1)[0] as string;
  return plain.includes(':') ? `[IPv6:${plain}]` : `[${plain}]`;
}

/** Four decimal numbers 0..255 of one to three digits (Snum). */
export function isIpv4(text: string): boolean {
  const parts = text.split('.', 5);
  return parts.length === 4 && parts.every((part) => /^[0-9]{1,3}$/.test(part) && Number(part) <= 255);
}

/** RFC 4291 2.2; RFC 5321 4.1.3: IPv6-full, IPv6-comp, IPv6v4-full and IPv6v4-comp; `::` may also stand for a single group (RFC 5952 4.2.2 tolerance). */
export function isIpv6(text: string): boolean {
  if (text.length > 45) return false;
  const halves = text.split('::', 3);
  if (halves.length > 2) return false;
  const [head = '', tail] = halves;
  const left = countGroups(head, tail === undefined);
  const right = tail === undefined ? 0 : countGroups(tail, true);
  if (left === undefined || right === undefined) return false;
  return tail === undefined ? left === 8 : left + right <= 7;
}

/** Groups of a part without `::`; a trailing IPv4 address counts as two. */
function countGroups(text: string, mayEndInIpv4: boolean): number | undefined {
  if (text === '') return 0;
  const groups = text.split(':', 9);
  let count = 0;
  for (const [index, group] of groups.entries()) {
    if (/^[0-9A-Fa-f]{1,4}$/.test(group)) count += 1;
    else if (mayEndInIpv4 && index === groups.length - 1 && isIpv4(group)) count += 2;
    else return undefined;
  }
  return count;
}
