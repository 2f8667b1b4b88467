// What SEARCH, SORT and THREAD want to know of a message's header, worked out once when the message is parsed.
//
// Texts are decoded and folded as search compares them (native/mime). Fields that occur several times stand one after the
// other with `fieldEnd` between and around, so that no match spans two; null means that the field does not occur.

import { decodeHeader, foldForSearch, headerValues } from '../../native/mime.ts';
import { EnvelopeField, firstAddress, parseEnvelope } from '../../proto/imap/envelope-value.ts';
import { addressText } from '../../proto/mime/address-text.ts';
import { baseSubject } from '../../proto/mime/base-subject.ts';
import { messageIds } from '../../proto/mime/message-id.ts';

/** Ends each value of a field; folded texts that hold it themselves are kept without it. */
export const fieldEnd = '\u0001';

/** Fields whose texts are kept for SEARCH, in the order of the columns. */
export const indexedFields = ['subject', 'from', 'to', 'cc', 'bcc', 'message-id'] as const;
export type IndexedField = (typeof indexedFields)[number];

const addressFields: ReadonlySet<string> = new Set(['from', 'to', 'cc', 'bcc']);

export interface HeaderFacts {
  /** Text of each of `indexedFields`. */
  readonly texts: readonly (string | null)[];
  /** Base subject, folded (RFC 5256 2.1), and whether the subject marked a reply or a forwarded message. */
  readonly baseSubject: string;
  readonly isReplyOrForward: boolean;
  /** Folded local part of the first address (RFC 5256 3). */
  readonly sortFrom: string;
  readonly sortTo: string;
  readonly sortCc: string;
  /** Folded display name of the first address, else its address (RFC 5957 3). */
  readonly displayFrom: string;
  readonly displayTo: string;
  /** Normalised Message-ID, '' when there is none. */
  readonly messageId: string;
  /** Normalised identifiers of References, or the first of In-Reply-To (RFC 5256 3). */
  readonly references: readonly string[];
}

/** The facts of a message from its header octets and its ENVELOPE. */
export function headerFacts(header: Uint8Array, envelopeOctets: Buffer): HeaderFacts {
  const envelope = parseEnvelope(envelopeOctets);
  const subject = headerValues(header, 'subject').at(-1) ?? '';
  const base = baseSubject(subject);
  const address = (field: number) => firstAddress(envelope[field]);
  const from = address(EnvelopeField.from);
  const to = address(EnvelopeField.to);
  const references = messageIds(headerValues(header, 'references').join(' '));
  const inReplyTo = messageIds(headerValues(header, 'in-reply-to').join(' '));
  return {
    texts: indexedFields.map((field) => fieldText(header, field)),
    baseSubject: sortable(base.text),
    isReplyOrForward: base.isReplyOrForward,
    sortFrom: fold(from?.mailbox),
    sortTo: fold(to?.mailbox),
    sortCc: fold(address(EnvelopeField.cc)?.mailbox),
    displayFrom: displayName(from),
    displayTo: displayName(to),
    messageId: messageIds(headerValues(header, 'message-id').join(' '))[0] ?? '',
    references: references.length > 0 ? references : inReplyTo.slice(0, 1),
  };
}

/** All values of a field as they are searched; null when the field does not occur. */
export function fieldText(header: Uint8Array, field: string): string | null {
  const values = headerValues(header, field);
  if (values.length === 0) return null;
  const withAddresses = addressFields.has(field) ? values.flatMap(withAddressText) : values;
  return `${fieldEnd}${withAddresses.map((value) => searchable(value)).join(fieldEnd)}${fieldEnd}`;
}

/** A text as it is compared. */
export const searchable = (text: string): string => foldForSearch(text).replaceAll(fieldEnd, '');

function withAddressText(value: string): string[] {
  const bare = addressText(value);
  return bare === value ? [value] : [value, bare];
}

/**
 * Capitals after folding: RFC 5051 compares title case, so that `[` and `_` come behind letters and not before them. The
 * store's words end here; clients see only the order.
 */
const sortable = (text: string): string => foldForSearch(text).toUpperCase();

const fold = (octets: Buffer | undefined): string =>
  octets === undefined ? '' : sortable(octets.toString('utf8'));

function displayName(address: ReturnType<typeof firstAddress>): string {
  if (address === undefined) return '';
  const name = address.name === undefined ? '' : decodeHeader(address.name).trim();
  if (name !== '') return sortable(name);
  const { mailbox, host } = address;
  return fold(host === undefined ? mailbox : Buffer.concat([mailbox, Buffer.from('@'), host]));
}
