// What a failure means on the wire: the tagged answer for everything that a command may throw (RFC 5530 codes).
//
// Store and directory codes are translated here and nowhere else. What is not an Outcome of ours, and a Bug, ends the
// session: the answer says SERVERBUG and the stack goes to the log.

import { Bug, Fault, Outcome, Permanent, Transient } from '../base/outcome.ts';
import { ImapFault } from '../proto/imap/fault.ts';
import { type Completion, no } from './command.ts';

interface Answer {
  readonly code: string;
  readonly text: string;
}

const permanentAnswers: Readonly<Record<string, Answer>> = {
  'store.no_mailbox': { code: 'NONEXISTENT', text: 'No such mailbox' },
  'store.mailbox_exists': { code: 'ALREADYEXISTS', text: 'Mailbox exists already' },
  'store.has_children': { code: 'HASCHILDREN', text: 'Only its inferior mailboxes exist' },
  'store.bad_mailbox_name': { code: 'CANNOT', text: 'The store cannot hold a mailbox of that name' },
  'store.over_quota': { code: 'OVERQUOTA', text: 'Quota exceeded' },
  'store.too_many_keywords': { code: 'LIMIT', text: 'The mailbox cannot hold more keywords' },
  'store.no_right': { code: 'NOPERM', text: 'The access list does not allow that' },
  'store.owner_rights': { code: 'CANNOT', text: 'The owner of a mailbox has all rights' },
  'store.acl_too_long': { code: 'LIMIT', text: 'The access list is full' },
  'store.acl_unreadable': { code: 'CANNOT', text: 'The access list holds entries of another server' },
  // RFC 9208 4.3.1: the same code for all resources.
  'store.too_many_mailboxes': { code: 'OVERQUOTA', text: 'Too many mailboxes' },
  'store.annotation_too_many': { code: 'METADATA TOOMANY', text: 'Too many annotations' },
  'store.expunged': { code: 'EXPUNGEISSUED', text: 'Some of the messages no longer exist' },
};

const transientAnswers: Readonly<Record<string, Answer>> = {
  'store.busy': { code: 'INUSE', text: 'The mailbox is busy, try again' },
  'store.full': { code: 'UNAVAILABLE', text: 'The server has no room now, try again later' },
};

/** A failure that cannot be answered: the connection is gone or the position in the input is lost. */
export const isConnectionFailure = (error: unknown): boolean =>
  error instanceof Outcome && error.code.startsWith('host.');

/** Failures after which the session must not go on. */
export const endsSession = (error: unknown): boolean => !(error instanceof Outcome) || error instanceof Bug;

/**
 * The tagged answer. `tryCreate`: a missing mailbox is the command's destination, so the client may create it and try again
 * (RFC 9051 6.3.12, 6.4.7).
 */
export function failureCompletion(error: unknown, tryCreate: boolean): Completion {
  if (error instanceof ImapFault) {
    return { status: error.status, code: error.responseCode, text: error.message };
  }
  // Faults of shared codecs (sasl.base64): the client sent something that cannot be read.
  if (error instanceof Fault) return { status: 'BAD', text: error.message };
  if (error instanceof Permanent) {
    const answer = permanentAnswers[error.code];
    if (answer === undefined) return no('The server refuses this', 'CANNOT');
    return no(answer.text, tryCreate && error.code === 'store.no_mailbox' ? 'TRYCREATE' : answer.code);
  }
  if (error instanceof Transient) {
    const answer = transientAnswers[error.code];
    return no(answer?.text ?? 'Temporary failure, try again later', answer?.code ?? 'UNAVAILABLE');
  }
  return no('Internal error, this session ends', 'SERVERBUG');
}
