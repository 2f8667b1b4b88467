// Replies of SMTP (RFC 5321 4.2) with enhanced status codes (RFC 2034, RFC 3463). Text is printable ASCII.

import { Bug } from '../../base/outcome.ts';

/** A reply as a value: what a session answers or a log records. */
export interface Reply {
  /** Three digits. */
  readonly status: number;
  /** `5.1.1`; '' where RFC 2034 4 forbids one (greeting, EHLO, 3xx). */
  readonly enhanced: string;
  readonly text: string;
}

/** One line, with CRLF. */
export function formatReply({ status, enhanced, text }: Reply): string {
  return enhanced === '' ? `${status} ${clean(text)}\r\n` : `${status} ${enhanced} ${clean(text)}\r\n`;
}

/** Several lines under one code, without enhanced codes: EHLO and the greeting (RFC 5321 4.2.1). */
export function formatLines(status: number, lines: readonly string[]): string {
  if (lines.length === 0) throw new Bug('a reply has at least one line');
  const last = lines.length - 1;
  return lines.map((line, index) => `${status}${index === last ? ' ' : '-'}${clean(line)}\r\n`).join('');
}

/** A text may quote what the peer sent; nothing in it may end the line or confuse a terminal. */
function clean(text: string): string {
  return /[^ -~]/.test(text) ? text.replace(/[^ -~]+/g, '?') : text;
}
