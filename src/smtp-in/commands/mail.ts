// MAIL (RFC 5321 4.1.1.2): begins a transaction. In submission it asks for a log-in first (RFC 6409 4.3) and checks that the
// sender address is the user's (RFC 6409 6.1).

import { Fault } from '../../base/outcome.ts';
import type { Account } from '../../directory/user-source.ts';
import { toAscii } from '../../host/idna.ts';
import { formatMailbox, type Mailbox } from '../../proto/address/mailbox.ts';
import type { ReversePath } from '../../proto/address/path.ts';
import { type MailCommand, parseMailCommand } from '../../proto/smtp/command.ts';
import { ownsAddress } from '../../routing/sender.ts';
import type { Command } from '../command.ts';
import type { SmtpSession } from '../session.ts';

export const mail: Command = {
  verb: 'MAIL',
  usage: 'MAIL FROM:<address> [parameters]',
  isIdle: false,
  run(session, argument) {
    // RFC 5321 4.1.4
    if (session.helo === undefined) throw new Fault('smtp.out_of_order', 'Send EHLO first');
    if (session.transaction !== undefined)
      throw new Fault('smtp.out_of_order', 'A transaction is open already');
    if (session.isSubmission && session.account === undefined) throw authRequired(session);
    const command = parse(argument);
    const maxBytes = session.services.settings.get('smtp.maxMessageBytes');
    if ((command.parameters.sizeBytes ?? 0) > maxBytes) {
      // RFC 1870 6.1
      throw new Fault('smtp.message_too_large', `Message is larger than ${maxBytes} octets`);
    }
    const sender = command.reversePath;
    // RFC 6409 allows <> in submission: disposition notifications are sent so (RFC 8098 2.1).
    if (session.account === undefined) return begin(session, command);
    return checkUser(session, session.account, sender).then(() => begin(session, command));
  },
};

function authRequired(session: SmtpSession): Fault {
  const text = session.mayAuth ? 'Log in first' : 'Use STARTTLS and log in first';
  return new Fault('smtp.auth_required', text);
}

function parse(argument: string): MailCommand {
  try {
    return parseMailCommand(argument, toAscii);
  } catch (error) {
    if (!(error instanceof Fault) || !error.code.startsWith('address.')) throw error;
    // RFC 3463 3.2: X.1.7 is for the sender, X.1.3 for recipients.
    throw new Fault('smtp.bad_sender', `Bad sender address: ${error.message}`, { cause: error });
  }
}

/** Whoever was disabled or removed since the log-in sends no more: the session may last for days. */
async function checkUser(session: SmtpSession, account: Account, sender: ReversePath): Promise<void> {
  const { settings, directory } = session.services;
  const now = await directory.resolve(account.domain, account.localpart);
  if (now?.enabled !== true || now.address !== account.address) {
    throw new Fault('smtp.account_ended', 'Your account was disabled or removed, closing the connection');
  }
  if (sender === null || !settings.get('smtp.checkSubmissionSender')) return;
  await checkSender(session, account, sender);
}

async function checkSender(session: SmtpSession, account: Account, sender: Mailbox): Promise<void> {
  const { settings, directory } = session.services;
  if (await ownsAddress({ settings: settings.current, directory }, account, sender)) return;
  throw new Fault('smtp.sender_not_owned', 'The sender address does not belong to you', {
    detail: { sender: formatMailbox(sender), account: account.address },
  });
}

function begin(session: SmtpSession, command: MailCommand): undefined {
  const transaction = session.begin(command.reversePath, command.parameters);
  session.log.debug('smtp.mail', {
    message: transaction.id,
    from: command.reversePath === null ? '' : formatMailbox(command.reversePath),
    sizeBytes: command.parameters.sizeBytes,
    forgiven: command.forgiven,
  });
  session.reply(250, '2.1.0', 'Ok');
}
