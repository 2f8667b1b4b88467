// One mail transaction: from MAIL to the reply behind the message, or to whatever ends it earlier (RFC 5321 3.3, 4.1.4).

import type { TraceId } from '../base/brands.ts';
import type { ReversePath } from '../proto/address/path.ts';
import type { MailParameters } from '../proto/smtp/mail-parameters.ts';
import type { MessageReception } from './message-reception.ts';
import type { AcceptedRecipient } from './recipient-sink.ts';

export interface Transaction {
  /** Trace id of the message; also its queue id in the 250 reply. */
  readonly id: TraceId;
  /** Unix ms. */
  readonly startedMs: number;
  readonly reversePath: ReversePath;
  readonly parameters: MailParameters;
  readonly recipients: AcceptedRecipient[];
  /** RCPTs answered with a refusal: tells "none valid" from "none given" (S08). */
  refusedRecipients: number;
  /** The message so far, from the first BDAT on. */
  chunks: MessageReception | undefined;
}
