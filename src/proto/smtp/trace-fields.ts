// Return-Path and Received (RFC 5321 4.4): what the receiving server puts in front of a message.
//
// Nothing that the peer chose reaches the header unchecked: a HELO name that is no domain is left out.

import { formatAddressLiteral, parseAddressLiteral } from '../address/address-literal.ts';
import { isAsciiDomain } from '../address/domain.ts';
import { formatMailbox } from '../address/mailbox.ts';
import type { ReversePath } from '../address/path.ts';
import { formatMessageDate } from './message-date.ts';

/** How the message came. */
export interface ReceptionFacts {
  /** What the client called itself. */
  readonly helo: string;
  /** Client address as the system prints it. */
  readonly remoteAddress: string;
  /** Our name. */
  readonly hostname: string;
  /** Name of RFC 3848 and RFC 6531 4.3, see withProtocol(). */
  readonly protocol: string;
  /** Version and cipher; undefined without TLS. */
  readonly tls: { readonly protocol: string; readonly cipher: string } | undefined;
  /** Trace id of the message. */
  readonly id: string;
  /** Unix ms. */
  readonly receivedMs: number;
}

/** RFC 3848: SMTP, ESMTP, ESMTPA, ESMTPS, ESMTPSA; RFC 6531 4.3: UTF8SMTP… for a message sent with SMTPUTF8. */
export function withProtocol(use: {
  readonly extended: boolean;
  readonly tls: boolean;
  readonly authenticated: boolean;
  readonly smtpUtf8: boolean;
}): string {
  if (!use.extended) return 'SMTP';
  return `${use.smtpUtf8 ? 'UTF8SMTP' : 'ESMTP'}${use.tls ? 'S' : ''}${use.authenticated ? 'A' : ''}`;
}

/** One Return-Path field with CRLF; only the server that makes final delivery adds it. */
export function formatReturnPath(path: ReversePath): string {
  return `Return-Path: <${path === null ? '' : formatMailbox(path)}>\r\n`;
}

/** One Received field, folded, with CRLF; `recipient` is the forward-path this copy is for. */
export function formatReceived(facts: ReceptionFacts, recipient: string): string {
  const literal = formatAddressLiteral(facts.remoteAddress);
  const tls = facts.tls === undefined ? '' : ` (using ${facts.tls.protocol} with cipher ${facts.tls.cipher})`;
  return (
    `Received: from ${clientName(facts.helo, literal)} (${literal})\r\n` +
    `\tby ${facts.hostname} with ${facts.protocol}${tls}\r\n` +
    `\tid ${facts.id} for <${recipient}>;\r\n` +
    `\t${formatMessageDate(facts.receivedMs)}\r\n`
  );
}

/** RFC 5321 4.4: Extended-Domain begins with a domain or an address literal. */
function clientName(helo: string, literal: string): string {
  if (isAsciiDomain(helo)) return helo;
  const content = /^\[(.*)\]$/.exec(helo)?.[1];
  return content !== undefined && parseAddressLiteral(content) !== undefined ? helo : literal;
}
