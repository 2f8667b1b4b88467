// State of one SMTP session and the few things every command does: reply, begin and end a transaction, wait for input.
//
// Owns the connection's dialogue and the transaction's spool. Replies are queued and leave together when the input runs
// empty (RFC 2920 3.2, S09): Connection.read() sends what waits.

import { hostname } from 'node:os';
import { Fault } from '../base/outcome.ts';
import { createTraceId } from '../base/trace-id.ts';
import { saslChannel } from '../directory/sasl/channel.ts';
import type { Offer } from '../directory/sasl/negotiation.ts';
import type { Account } from '../directory/user-source.ts';
import type { Connection } from '../host/connection.ts';
import type { Log } from '../host/log.ts';
import type { ReversePath } from '../proto/address/path.ts';
import type { MailParameters } from '../proto/smtp/mail-parameters.ts';
import { formatReply } from '../proto/smtp/reply.ts';
import { withProtocol } from '../proto/smtp/trace-fields.ts';
import { LineInput } from './line-input.ts';
import { MessageReception } from './message-reception.ts';
import type { SmtpMode, SmtpServices } from './services.ts';
import type { Transaction } from './transaction.ts';

export class SmtpSession {
  readonly connection: Connection;
  readonly services: SmtpServices;
  readonly mode: SmtpMode;
  readonly input = new LineInput();
  readonly log: Log;
  /** What the client called itself with EHLO or HELO; undefined before. */
  helo: string | undefined;
  /** EHLO was used. */
  extended = false;
  account: Account | undefined;
  transaction: Transaction | undefined;
  /** Refused commands since the last accepted message. */
  errors = 0;
  /** Commands without effect since the last accepted message. */
  idleCommands = 0;
  authFailures = 0;
  /** Until when the command line being waited for must be complete, monotonic ms; 0 = the wait has not begun. */
  lineDeadlineMs = 0;
  /** A read for a command is pending: the dialogue is at a command boundary or in the middle of a line. */
  isWaiting = false;
  /** The session closes before the next command. */
  isOver = false;

  constructor(connection: Connection, services: SmtpServices, mode: SmtpMode) {
    this.connection = connection;
    this.services = services;
    this.mode = mode;
    this.log = services.log.with({ session: connection.id, service: mode.kind });
  }

  /** Our name in greetings and Received fields. */
  get hostname(): string {
    return this.services.settings.get('server.hostname') || hostname();
  }

  /** True when the client is one of our users, or must become one before it sends. */
  get isSubmission(): boolean {
    return this.mode.kind === 'submission' || this.account !== undefined;
  }

  /** Is AUTH part of this port's offer at all? */
  get hasAuth(): boolean {
    return this.mode.kind === 'submission' || this.services.settings.get('smtp.authOnReceivingPort');
  }

  /** May credentials be sent now? RFC 4954 4, RFC 3207: only under TLS unless the operator says otherwise. */
  get mayAuth(): boolean {
    return this.connection.tls !== undefined || this.services.settings.get('smtp.authWithoutTls');
  }

  /** What decides which mechanisms AUTH takes and EHLO announces. */
  get saslOffer(): Offer {
    const { sasl, settings } = this.services;
    const channel = saslChannel(this.connection.tls, settings);
    return { services: sasl, channel, mayAuth: this.hasAuth && this.mayAuth };
  }

  /** Queues one reply line. */
  reply(status: number, enhanced: string, text: string): void {
    this.connection.write(formatReply({ status, enhanced, text }));
  }

  begin(reversePath: ReversePath, parameters: MailParameters): Transaction {
    const { clock, random } = this.services;
    const id = createTraceId(clock, random);
    const startedMs = clock.nowMs();
    const recipients: Transaction['recipients'] = [];
    const transaction = {
      id,
      startedMs,
      reversePath,
      parameters,
      recipients,
      refusedRecipients: 0,
      chunks: undefined,
    };
    this.transaction = transaction;
    return transaction;
  }

  /** The transaction in progress; Fault when there is none. */
  expectTransaction(): Transaction {
    if (this.transaction === undefined) throw new Fault('smtp.out_of_order', 'Send MAIL first');
    return this.transaction;
  }

  /** Forgets the transaction and its octets (RFC 5321 4.1.1.5). Returns a promise only when there is a spool to drop. */
  endTransaction(): Promise<void> | undefined {
    const chunks = this.transaction?.chunks;
    this.transaction = undefined;
    return chunks?.discard();
  }

  /** A reception for the transaction's message. */
  receive(transaction: Transaction, dotted: boolean): MessageReception {
    const { settings, spools, clock } = this.services;
    const limits = {
      maxBytes: settings.get('smtp.maxMessageBytes'),
      bareLineEnds: settings.get('smtp.bareLineEnds'),
      maxReceivedFields: settings.get('smtp.maxReceivedFields'),
      binary: transaction.parameters.body === 'binarymime',
    };
    return new MessageReception(spools, transaction.id, dotted, limits, clock.monotonicMs());
  }

  /** Name for the `with` clause of Received. */
  protocolOf(transaction: Transaction): string {
    return withProtocol({
      extended: this.extended,
      tls: this.connection.tls !== undefined,
      authenticated: this.account !== undefined,
      smtpUtf8: transaction.parameters.smtpUtf8,
    });
  }
}
