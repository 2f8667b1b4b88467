// What EHLO announces, one row an extension (RFC 5321 4.1.1.1). A new extension is one row here and its command or parameter.
//
// DSN (RFC 3461) is not announced although its parameters are understood and kept: whoever announces it owes the reports.

import { offeredMechanisms } from '../directory/sasl/negotiation.ts';
import type { SmtpSession } from './session.ts';

/** Returns the keyword with its parameters, or undefined when it is not on offer now. */
type Capability = (session: SmtpSession) => string | undefined;

const capabilities: readonly Capability[] = [
  // RFC 2920
  () => 'PIPELINING',
  // RFC 1870
  (session) => `SIZE ${session.services.settings.get('smtp.maxMessageBytes')}`,
  // RFC 6152
  () => '8BITMIME',
  // RFC 2034
  () => 'ENHANCEDSTATUSCODES',
  // RFC 3207 4.2: not offered once TLS runs.
  (session) => (session.connection.tls === undefined ? 'STARTTLS' : undefined),
  // RFC 4954 3: only where credentials may be sent now.
  (session) => {
    const names = offeredMechanisms(session.saslOffer).map(({ name }) => name);
    return names.length === 0 ? undefined : `AUTH ${names.join(' ')}`;
  },
  // RFC 6531
  () => 'SMTPUTF8',
  // RFC 3030
  () => 'CHUNKING',
  () => 'BINARYMIME',
];

/** Keyword lines in the order of the table. */
export function capabilityLines(session: SmtpSession): string[] {
  const lines: string[] = [];
  for (const capability of capabilities) {
    const line = capability(session);
    if (line !== undefined) lines.push(line);
  }
  return lines;
}
