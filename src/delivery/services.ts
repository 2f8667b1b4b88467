// What the delivery service is given by the composition root, and what it is asked to deliver.

import type { DomainName, TraceId } from '../base/brands.ts';
import type { Clock } from '../base/clock.ts';
import type { MessageBody } from '../base/message-body.ts';
import type { Bus } from '../cluster/bus.ts';
import type { Account } from '../directory/user-source.ts';
import type { Log } from '../host/log.ts';
import type { Mailbox } from '../proto/address/mailbox.ts';
import type { ReversePath } from '../proto/address/path.ts';
import type { ReceptionFacts } from '../proto/smtp/trace-fields.ts';
import type { Settings } from '../settings/settings.ts';
import type { MailStore } from '../store/mail-store.ts';

export interface DeliveryServices {
  readonly settings: Settings;
  /** The store that holds a domain's mail. Throws Transient when it cannot be opened now. */
  readonly stores: (domain: DomainName) => MailStore;
  readonly bus: Bus;
  readonly log: Log;
  readonly clock: Clock;
}

/** A recipient with the accounts it was routed to. */
export interface RoutedRecipient {
  readonly forwardPath: Mailbox;
  readonly accounts: readonly Account[];
}

/** A message to be delivered; the service owns the body from the call on. */
export interface DeliveryMessage {
  readonly id: TraceId;
  readonly reversePath: ReversePath;
  readonly recipients: readonly RoutedRecipient[];
  readonly body: MessageBody;
  readonly reception: ReceptionFacts;
  /** Header lines between Received and the message, '' or with CRLF. */
  readonly addedFields: string;
}

/** What became of one recipient or one account. */
export type DeliveryOutcome =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'temporary'; readonly code: string }
  | { readonly kind: 'permanent'; readonly code: string };
