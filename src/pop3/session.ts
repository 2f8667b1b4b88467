// One POP3 session (RFC 1939): its state, and what every command replies with. The loop that feeds it is command-loop.ts.
//
// Owns the opened account, the maildrop and its lock, and gives all of them back in `release`. Without QUIT nothing is
// removed, whatever was marked (RFC 1939 6).

import { Transient } from '../base/outcome.ts';
import { saslChannel } from '../directory/sasl/channel.ts';
import type { Offer } from '../directory/sasl/negotiation.ts';
import type { Account } from '../directory/user-source.ts';
import type { Connection } from '../host/connection.ts';
import type { HeldName } from '../host/exclusive-name.ts';
import type { Log } from '../host/log.ts';
import type { MailAccount } from '../store/mail-store.ts';
import { LineReader } from './line-reader.ts';
import type { Maildrop } from './maildrop.ts';
import type { Pop3Services } from './services.ts';

export type SessionState = 'authorization' | 'transaction';

/** What log-in opened. */
export interface OpenDrop {
  readonly account: Account;
  readonly mail: MailAccount;
  readonly drop: Maildrop;
  readonly lock: HeldName | undefined;
}

export class Pop3Session {
  readonly services: Pop3Services;
  readonly connection: Connection;
  readonly lines: LineReader;
  /** Start of the time for log-in, monotonic ms. */
  readonly startedMs: number;
  log: Log;
  open: OpenDrop | undefined;
  /** What USER said, until PASS. */
  userName: string | undefined;
  authFailures = 0;
  /** The loop reads no more commands. */
  isOver = false;
  /** A read for a command is pending. */
  isWaiting = false;

  constructor(services: Pop3Services, connection: Connection) {
    this.services = services;
    this.connection = connection;
    this.lines = new LineReader(connection);
    this.log = services.log.with({ session: connection.id, service: 'pop3' });
    this.startedMs = services.clock.monotonicMs();
  }

  get state(): SessionState {
    return this.open === undefined ? 'authorization' : 'transaction';
  }

  /** What decides which mechanisms are offered. Nothing in clear unless the operator says so (RFC 2595 2.1). */
  get saslOffer(): Offer {
    const { sasl, settings } = this.services;
    return {
      services: sasl,
      channel: saslChannel(this.connection.tls, settings),
      mayAuth: this.connection.tls !== undefined || settings.get('pop3.plaintextAuth'),
    };
  }

  /** Queues `+OK text`. */
  ok(text: string): void {
    this.connection.write(`+OK ${text}\r\n`);
  }

  /** Queues `-ERR`, a response code (RFC 2449 8) if there is one, and the text. */
  fail(text: string, code?: string): void {
    this.connection.write(`-ERR ${code === undefined ? '' : `[${code}] `}${text}\r\n`);
  }

  /** A line of the client's, within its time. Undefined at end of input. */
  readLine(): Promise<Buffer | undefined> {
    const { settings, clock } = this.services;
    const begunMs = clock.monotonicMs();
    const endMs =
      this.state === 'authorization'
        ? this.startedMs + settings.get('pop3.loginTimeoutMs')
        : begunMs + settings.get('pop3.idleTimeoutMs');
    // Counted per line, so that a client that drips does not stay for ever.
    const leftMs = (): number => Math.max(1, endMs - clock.monotonicMs());
    return this.lines.readLine(settings.get('pop3.maxLineBytes'), leftMs);
  }

  /** Sends `+ challenge` (RFC 5034 4) and reads the answer. */
  async prompt(challenge: string): Promise<string> {
    this.connection.write(`+ ${challenge}\r\n`);
    const line = await this.readLine();
    if (line === undefined) throw new Transient('host.closed', 'the client left while logging in');
    return line.toString('latin1');
  }

  /** Ends the session without a word: POP3 has none. At once when it waits, else behind the command that runs. */
  stop(): void {
    this.isOver = true;
    if (this.isWaiting) this.connection.end().catch(() => this.connection.destroy());
  }

  /** Gives back everything; first remembers what was read. Never throws. */
  async release(): Promise<void> {
    const { open } = this;
    this.open = undefined;
    if (open === undefined) return;
    try {
      if (this.services.settings.get('pop3.setSeen')) await open.drop.rememberFetched();
    } catch (error) {
      this.log.warn('pop3.seen_failed', { error: String(error) });
    }
    open.drop.close();
    open.mail.close();
    open.lock?.release();
  }
}
