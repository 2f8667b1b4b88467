// RCPT (RFC 5321 4.1.1.3): decides about one recipient at once, so that what cannot be delivered is refused here and not after
// the message. Never relays: a foreign domain is refused for everybody until there is a queue.

import { Fault, Outcome, Permanent, Transient } from '../../base/outcome.ts';
import { toAscii } from '../../host/idna.ts';
import { counter } from '../../host/metrics.ts';
import { formatMailbox } from '../../proto/address/mailbox.ts';
import { parseRecipientCommand, type RecipientCommand } from '../../proto/smtp/command.ts';
import { resolveRoute } from '../../routing/resolve.ts';
import type { Route, RouteStep } from '../../routing/route.ts';
import type { Command } from '../command.ts';
import type { AcceptedRecipient } from '../recipient-sink.ts';
import type { SmtpSession } from '../session.ts';
import type { Transaction } from '../transaction.ts';

const recipients = counter('tegu_smtp_recipients_total', 'RCPT commands by outcome', ['service', 'outcome']);

export const rcpt: Command = {
  verb: 'RCPT',
  usage: 'RCPT TO:<address> [parameters]',
  isIdle: false,
  async run(session, argument) {
    const transaction = session.expectTransaction();
    if (transaction.chunks !== undefined)
      throw new Fault('smtp.out_of_order', 'The message has begun already');
    assertNoFlood(session, transaction);
    try {
      const recipient = await admit(session, transaction, argument);
      transaction.recipients.push(recipient);
      recipients.inc({ service: session.mode.kind, outcome: 'accepted' });
      session.reply(250, '2.1.5', 'Ok');
    } catch (error) {
      transaction.refusedRecipients += 1;
      recipients.inc({
        service: session.mode.kind,
        outcome: error instanceof Transient ? 'deferred' : 'refused',
      });
      throw error;
    }
  },
};

/**
 * Refusals that are not the client's mistake (451, 452) end no session by their number, and each writes a log line: a client
 * that ignores them is stopped here.
 */
function assertNoFlood(session: SmtpSession, transaction: Transaction): void {
  const seen = transaction.recipients.length + transaction.refusedRecipients;
  if (seen < 2 * session.services.settings.get('smtp.maxRecipients')) return;
  throw new Fault('smtp.recipient_flood', 'Too many recipients, closing the connection');
}

async function admit(
  session: SmtpSession,
  transaction: Transaction,
  argument: string,
): Promise<AcceptedRecipient> {
  const { settings, directory } = session.services;
  if (transaction.recipients.length >= settings.get('smtp.maxRecipients')) {
    // RFC 5321 4.5.3.1.10
    throw new Transient(
      'smtp.too_many_recipients',
      'Too many recipients, send the message again for the others',
    );
  }
  const command = parseRecipientCommand(argument, transaction.parameters.smtpUtf8, toAscii);
  const { route, steps } = await resolveRoute({ settings: settings.current, directory }, command.forwardPath);
  session.log.debug('smtp.rcpt', {
    message: transaction.id,
    to: formatMailbox(command.forwardPath),
    route: route.kind,
    steps: steps.map((step) => `${step.step}: ${step.result}`),
    forgiven: command.forgiven,
  });
  if (route.kind !== 'local') throw refusalOf(session, command, route, steps);
  await assertRoom(session, transaction, route.accounts);
  return {
    forwardPath: command.forwardPath,
    parameters: command.parameters,
    accounts: route.accounts,
    tag: route.tag,
  };
}

function refusalOf(
  session: SmtpSession,
  command: RecipientCommand,
  route: Exclude<Route, { kind: 'local' }>,
  steps: readonly RouteStep[],
): Outcome {
  const options = {
    detail: { recipient: formatMailbox(command.forwardPath), reason: steps.at(-1)?.result ?? '' },
  };
  switch (route.kind) {
    case 'unknown':
      return new Fault('smtp.user_unknown', 'No such user here', options);
    case 'loop':
      return new Permanent('smtp.alias_loop', 'The address leads back to itself', options);
    case 'unavailable':
      return new Transient(
        'smtp.directory_unavailable',
        'Cannot look up the address now, try again later',
        options,
      );
    case 'remote':
      return session.isSubmission
        ? new Permanent(
            'smtp.no_remote_delivery',
            'This server does not deliver to other domains yet; the message was not sent to this recipient',
            options,
          )
        : new Fault('smtp.relay_denied', 'Relaying denied', options);
  }
}

/** What the mailboxes cannot take is refused now, where the answer reaches this one recipient (RFC 5321 4.2.2: 552, 452). */
async function assertRoom(
  session: SmtpSession,
  transaction: Transaction,
  accounts: AcceptedRecipient['accounts'],
): Promise<void> {
  try {
    await session.services.sink.checkRoom(accounts, transaction.parameters.sizeBytes ?? 0);
  } catch (error) {
    if (!(error instanceof Outcome) || error.code !== 'store.over_quota') throw error;
    throw session.services.settings.get('smtp.overQuota') === 'refuse'
      ? new Permanent('smtp.over_quota', 'The mailbox is full', { cause: error })
      : new Transient('smtp.over_quota_now', 'The mailbox is full, try again later', { cause: error });
  }
}
