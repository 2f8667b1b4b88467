// From the last octet of a message to its one reply: final checks, hand-over to delivery, and what the outcomes of several
// recipients mean for a protocol that has a single answer for all.
//
// 250 only when every recipient has the message durably. Without a queue there is nobody to report a failure later, so any
// failure is told now (S11): the sending server tries again, delivery remembers who has the message already and makes no
// second copy, and a recipient that fails for good is refused at its RCPT next time. Nothing is lost, nothing is doubled.

import { Fault, type Outcome, Permanent, Transient } from '../base/outcome.ts';
import { counter, histogram } from '../host/metrics.ts';
import { formatMailbox } from '../proto/address/mailbox.ts';
import type { MessageReception } from './message-reception.ts';
import type { RecipientOutcome } from './recipient-sink.ts';
import type { SmtpSession } from './session.ts';
import { missingFields } from './submission-fields.ts';
import type { Transaction } from './transaction.ts';

const messages = counter('tegu_smtp_messages_total', 'Messages received, by outcome', ['service', 'outcome']);
const octets = counter('tegu_smtp_message_octets_total', 'Octets of accepted messages', ['service']);
const seconds = histogram('tegu_smtp_delivery_seconds', 'From the last octet of a message to its reply', [
  'service',
]);

/** Ends the message and queues its reply, or throws the failure that becomes the reply. */
export async function submitMessage(
  session: SmtpSession,
  transaction: Transaction,
  reception: MessageReception,
): Promise<void> {
  const { services, mode } = session;
  const arrivedMs = services.clock.monotonicMs();
  try {
    const outcomes = await handOver(session, transaction, reception);
    const failure = judge(outcomes, services.settings.get('smtp.overQuota') === 'refuse');
    logOutcome(session, transaction, reception.sizeBytes, outcomes, failure);
    if (failure !== undefined) throw failure;
  } catch (error) {
    const outcome = error instanceof Transient ? 'deferred' : error instanceof Fault ? 'refused' : 'failed';
    messages.inc({ service: mode.kind, outcome });
    throw error;
  } finally {
    seconds.observe({ service: mode.kind }, (services.clock.monotonicMs() - arrivedMs) / 1000);
  }
  messages.inc({ service: mode.kind, outcome: 'accepted' });
  octets.inc({ service: mode.kind }, reception.sizeBytes);
  session.errors = 0;
  session.idleCommands = 0;
  session.reply(250, '2.0.0', `Ok, stored as ${transaction.id}`);
}

async function handOver(
  session: SmtpSession,
  transaction: Transaction,
  reception: MessageReception,
): Promise<readonly RecipientOutcome[]> {
  const { services, connection } = session;
  const { id, reversePath, parameters, recipients } = transaction;
  const body = await reception.finish();
  const receivedMs = services.clock.nowMs();
  let addedFields = '';
  try {
    if (session.isSubmission && services.settings.get('smtp.addMissingFields')) {
      const facts = { id, hostname: session.hostname, nowMs: receivedMs };
      addedFields = await missingFields(body, services.settings.get('mime.maxHeaderBytes'), facts);
    }
  } catch (error) {
    await body.release();
    throw error;
  }
  return await services.sink.deliver({
    id,
    reversePath,
    parameters,
    recipients,
    body,
    reception: {
      helo: session.helo ?? '',
      remoteAddress: connection.remoteAddress,
      hostname: session.hostname,
      protocol: session.protocolOf(transaction),
      tls: connection.tls,
      id,
      receivedMs,
    },
    addedFields,
  });
}

/** The failure that one reply must tell, undefined when all recipients have the message. */
function judge(outcomes: readonly RecipientOutcome[], refuseOverQuota: boolean): Outcome | undefined {
  const failed = outcomes.filter((outcome) => outcome.kind !== 'delivered');
  if (failed.length === 0) return undefined;
  const isPartial = failed.length < outcomes.length;
  const overQuota = failed.every((outcome) => outcome.code === 'store.over_quota');
  if (overQuota && (isPartial || !refuseOverQuota)) {
    return new Transient('smtp.over_quota_now', 'A mailbox is full, try again later');
  }
  if (overQuota) return new Permanent('smtp.over_quota', 'The mailbox is full');
  if (isPartial) {
    return new Transient('smtp.partial_delivery', 'Not stored for every recipient yet, try again later');
  }
  if (failed.some((outcome) => outcome.kind === 'temporary')) {
    return new Transient('smtp.delivery_failed', 'Cannot store the message now, try again later');
  }
  return new Permanent('smtp.delivery_refused', 'The message cannot be stored');
}

function logOutcome(
  session: SmtpSession,
  transaction: Transaction,
  sizeBytes: number,
  outcomes: readonly RecipientOutcome[],
  failure: Outcome | undefined,
): void {
  const fields = {
    message: transaction.id,
    from: transaction.reversePath === null ? '' : formatMailbox(transaction.reversePath),
    recipients: outcomes.length,
    sizeBytes,
    address: session.connection.remoteAddress,
    helo: session.helo,
    with: session.protocolOf(transaction),
    account: session.account?.address,
  };
  if (failure === undefined) session.log.info('smtp.accepted', fields);
  else {
    const delivered = outcomes.filter((outcome) => outcome.kind === 'delivered').length;
    session.log.warn('smtp.not_accepted', { ...fields, delivered, code: failure.code });
  }
}
