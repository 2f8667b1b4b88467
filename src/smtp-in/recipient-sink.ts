// What smtp-in needs from whoever takes accepted mail. The delivery service satisfies it; the composition root joins them.

import type { TraceId } from '../base/brands.ts';
import type { MessageBody } from '../base/message-body.ts';
import type { Account } from '../directory/user-source.ts';
import type { Mailbox } from '../proto/address/mailbox.ts';
import type { ReversePath } from '../proto/address/path.ts';
import type { MailParameters } from '../proto/smtp/mail-parameters.ts';
import type { RecipientParameters } from '../proto/smtp/recipient-parameters.ts';
import type { ReceptionFacts } from '../proto/smtp/trace-fields.ts';

/** A forward-path that was answered 250, with the accounts it was routed to. */
export interface AcceptedRecipient {
  readonly forwardPath: Mailbox;
  readonly parameters: RecipientParameters;
  readonly accounts: readonly Account[];
  /** Behind the recipient delimiter; '' without. */
  readonly tag: string;
}

/** One message with its envelope. */
export interface AcceptedMessage {
  readonly id: TraceId;
  readonly reversePath: ReversePath;
  readonly parameters: MailParameters;
  readonly recipients: readonly AcceptedRecipient[];
  readonly body: MessageBody;
  readonly reception: ReceptionFacts;
  /** Header fields to put between Received and the message (Date, Message-ID of a submission); '' or lines with CRLF. */
  readonly addedFields: string;
}

/** What became of one recipient, in the order of `recipients`. */
export type RecipientOutcome =
  | { readonly kind: 'delivered' }
  /** Another attempt may succeed. `code` is that of the failure (`store.full` …). */
  | { readonly kind: 'temporary'; readonly code: string }
  | { readonly kind: 'permanent'; readonly code: string };

export interface RecipientSink {
  /**
   * Checks that `sizeBytes` more would fit into the accounts' mailboxes now. Throws Permanent('store.over_quota') or Transient.
   */
  checkRoom(accounts: readonly Account[], sizeBytes: number): Promise<void>;
  /**
   * Delivers; 'delivered' means durable. Takes over the body and releases it. Resolves within its own deadline; does not throw
   * for what happens to a recipient. The same message sent again is not delivered twice to whom it reached before.
   */
  deliver(message: AcceptedMessage): Promise<readonly RecipientOutcome[]>;
}
