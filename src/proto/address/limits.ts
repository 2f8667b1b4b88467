// Bounds of the address codec, in octets of UTF-8, with the reason for each number.

/**
 * Localpart. RFC 5321 4.5.3.1.1 asks for at least 64; forwarding schemes (SRS, VERP) make longer ones in real mail, and
 * refusing those would lose mail that other servers carry.
 */
export const maxLocalpartBytes = 255;
/** RFC 5321 4.5.3.1.2: a domain name or number has at most 255 octets; as A-labels the DNS leaves 253. */
export const maxDomainBytes = 253;
/** RFC 1035 2.3.4: a label has at most 63 octets. */
export const maxLabelBytes = 63;
/** Path with angle brackets: both parts above, `@`, brackets. A source route counts too and may not be longer. */
export const maxPathBytes = 515;
