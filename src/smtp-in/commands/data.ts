// DATA (RFC 5321 4.1.1.4): the message with dots, ended by CRLF.CRLF and by nothing else (S01).

import { Fault, Permanent } from '../../base/outcome.ts';
import type { Command } from '../command.ts';
import { readOctets } from '../line-wait.ts';
import type { MessageReception } from '../message-reception.ts';
import { submitMessage } from '../message-verdict.ts';
import type { SmtpSession } from '../session.ts';
import type { Transaction } from '../transaction.ts';

export const data: Command = {
  verb: 'DATA',
  usage: 'DATA',
  isIdle: false,
  async run(session, argument) {
    if (argument !== '') throw new Fault('smtp.bad_argument', 'DATA takes no argument');
    const transaction = session.expectTransaction();
    assertHasRecipients(transaction);
    // RFC 3030 2: DATA and BDAT are not mixed; RFC 3030 3: BINARYMIME needs BDAT.
    if (transaction.chunks !== undefined) throw new Fault('smtp.out_of_order', 'The message came by BDAT');
    if (transaction.parameters.body === 'binarymime') {
      throw new Fault('smtp.out_of_order', 'BODY=BINARYMIME needs BDAT');
    }
    session.connection.write('354 End with <CRLF>.<CRLF>\r\n');
    // Whatever happens now ends the transaction.
    session.transaction = undefined;
    const reception = session.receive(transaction, true);
    try {
      await readToFinalDot(session, reception);
      await submitMessage(session, transaction, reception);
    } finally {
      await reception.discard();
    }
  },
};

/** S08: "none valid" is another answer than "none given" (RFC 5321 3.3, RFC 2920 3.1). */
export function assertHasRecipients(transaction: Transaction): void {
  if (transaction.recipients.length > 0) return;
  if (transaction.refusedRecipients > 0)
    throw new Permanent('smtp.no_valid_recipients', 'No valid recipients');
  throw new Fault('smtp.out_of_order', 'Send RCPT first');
}

async function readToFinalDot(session: SmtpSession, reception: MessageReception): Promise<void> {
  let chunk = session.input.take(Number.MAX_SAFE_INTEGER);
  for (;;) {
    chunk ??= await readOctets(session, reception.startedMs);
    const { used, done, ready } = reception.push(chunk);
    if (ready !== undefined) await ready;
    if (done) {
      session.input.append(chunk.subarray(used));
      return;
    }
    chunk = undefined;
  }
}
