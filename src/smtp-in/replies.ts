// Which reply a failure becomes: one row a code. The text is the failure's own sentence.
//
// RFC 5321 4.2.2 and 4.3.2 for the three digits, RFC 3463 and its registry for the enhanced code. `end`: the session closes
// behind the reply. `free`: does not count towards smtp.maxErrors, because it is not the client's mistake.

import { Outcome, Permanent, Transient } from '../base/outcome.ts';
import type { Reply } from '../proto/smtp/reply.ts';

interface ReplyRow {
  readonly status: number;
  readonly enhanced: string;
  readonly end?: true;
  readonly free?: true;
}

const rows: Readonly<Record<string, ReplyRow>> = {
  'address.syntax': { status: 501, enhanced: '5.1.3' },
  'address.too_long': { status: 501, enhanced: '5.1.3' },
  'host.spool': { status: 452, enhanced: '4.3.1', free: true },
  'sasl.base64': { status: 501, enhanced: '5.5.2' },
  'sasl.malformed': { status: 501, enhanced: '5.5.2' },
  'smtp.account_ended': { status: 421, enhanced: '4.7.0', end: true },
  'smtp.alias_loop': { status: 550, enhanced: '5.4.6' },
  'smtp.auth_cancelled': { status: 501, enhanced: '5.7.0' },
  'smtp.auth_failed': { status: 535, enhanced: '5.7.8' },
  'smtp.auth_mechanism': { status: 504, enhanced: '5.5.4' },
  'smtp.auth_required': { status: 530, enhanced: '5.7.0' },
  'smtp.auth_unavailable': { status: 454, enhanced: '4.7.0', free: true },
  'smtp.bad_argument': { status: 501, enhanced: '5.5.4' },
  'smtp.bad_line_ends': { status: 550, enhanced: '5.6.11' },
  'smtp.bad_octets': { status: 500, enhanced: '5.5.2' },
  'smtp.bad_parameter': { status: 501, enhanced: '5.5.4' },
  'smtp.bad_sender': { status: 501, enhanced: '5.1.7' },
  'smtp.banned': { status: 421, enhanced: '4.7.0', end: true },
  'smtp.bare_line_end': { status: 500, enhanced: '5.5.2' },
  'smtp.chunk_size': { status: 501, enhanced: '5.5.4', end: true },
  'smtp.delivery_failed': { status: 451, enhanced: '4.3.0', free: true },
  'smtp.delivery_refused': { status: 554, enhanced: '5.3.0', free: true },
  'smtp.directory_unavailable': { status: 451, enhanced: '4.3.0', free: true },
  'smtp.draining': { status: 421, enhanced: '4.3.2', end: true },
  'smtp.early_talker': { status: 554, enhanced: '5.7.0', end: true },
  'smtp.endless_message': { status: 552, enhanced: '5.3.4', end: true },
  'smtp.foreign_protocol': { status: 421, enhanced: '4.7.0', end: true },
  'smtp.line_lost': { status: 421, enhanced: '4.5.2', end: true },
  'smtp.line_too_long': { status: 500, enhanced: '5.5.2' },
  'smtp.mail_loop': { status: 554, enhanced: '5.4.6' },
  'smtp.message_too_large': { status: 552, enhanced: '5.3.4' },
  'smtp.no_remote_delivery': { status: 550, enhanced: '5.7.1', free: true },
  'smtp.no_valid_recipients': { status: 554, enhanced: '5.5.1', free: true },
  'smtp.not_offered': { status: 502, enhanced: '5.5.1' },
  'smtp.out_of_order': { status: 503, enhanced: '5.5.1' },
  'smtp.over_quota': { status: 552, enhanced: '5.2.2', free: true },
  'smtp.over_quota_now': { status: 452, enhanced: '4.2.2', free: true },
  'smtp.partial_delivery': { status: 451, enhanced: '4.3.0', free: true },
  'smtp.recipient_flood': { status: 421, enhanced: '4.5.3', end: true },
  'smtp.relay_denied': { status: 550, enhanced: '5.7.1' },
  'smtp.sender_not_owned': { status: 553, enhanced: '5.7.1' },
  'smtp.syntax': { status: 500, enhanced: '5.5.2' },
  'smtp.timeout': { status: 421, enhanced: '4.4.2', end: true, free: true },
  'smtp.tls_required': { status: 538, enhanced: '5.7.11' },
  'smtp.too_many_errors': { status: 421, enhanced: '4.7.0', end: true, free: true },
  'smtp.too_many_recipients': { status: 452, enhanced: '4.5.3', free: true },
  'smtp.unknown_command': { status: 500, enhanced: '5.5.1' },
  'smtp.unknown_parameter': { status: 555, enhanced: '5.5.4' },
  'smtp.user_unknown': { status: 550, enhanced: '5.1.1' },
  'smtp.utf8_not_announced': { status: 553, enhanced: '5.6.7' },
};

/** What to answer to a failure. */
export interface FailureReply {
  readonly reply: Reply;
  /** Close behind the reply. */
  readonly ends: boolean;
  /** Counts towards smtp.maxErrors. */
  readonly counts: boolean;
  /** Nothing of ours knows the failure: log it with its stack. */
  readonly unexpected: boolean;
}

/** The reply to any error that reached the session. */
export function replyTo(error: unknown): FailureReply {
  const row = error instanceof Outcome ? rows[error.code] : undefined;
  if (error instanceof Outcome && row !== undefined) {
    const reply = { status: row.status, enhanced: row.enhanced, text: error.message };
    return { reply, ends: row.end === true, counts: row.free !== true, unexpected: false };
  }
  if (error instanceof Transient) {
    return { reply: localError(451, '4.3.0'), ends: false, counts: false, unexpected: false };
  }
  if (error instanceof Permanent) {
    return { reply: localError(554, '5.3.0'), ends: false, counts: false, unexpected: false };
  }
  // STYLE: a bug of ours ends this session only, and nothing is lost: the client tries again.
  return { reply: localError(421, '4.3.0'), ends: true, counts: false, unexpected: true };
}

function localError(status: number, enhanced: string): Reply {
  return { status, enhanced, text: status < 500 ? 'Local error, try again later' : 'Local error' };
}
