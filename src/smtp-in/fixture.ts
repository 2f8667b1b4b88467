// A whole SMTP service over an in-memory connection, for tests: settings and users of the routing fixture, a sink that records
// what it was given, a guard that counts, a clock that stands still.

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saslServices } from '../directory/sasl/fixture.ts';
import type { Account } from '../directory/user-source.ts';
import type { AuthGuard } from '../host/auth-guard.ts';
import { SpoolArea } from '../host/body-spool.ts';
import type { TlsFacts } from '../host/connection.ts';
import { type Log, type LogFields, silentLog } from '../host/log.ts';
import { MemoryConnection, memoryTls } from '../host/memory-connection.ts';
import { formatMailbox } from '../proto/address/mailbox.ts';
import { FixtureDirectory, FixtureSettings, fixtureAccount, fixtureDomain } from '../routing/fixture.ts';
import type { ParameterName } from '../settings/schema/index.ts';
import { serveSmtp } from './command-loop.ts';
import type { AcceptedMessage, RecipientOutcome, RecipientSink } from './recipient-sink.ts';
import type { SmtpMode, SmtpServices } from './services.ts';

/** A message as the sink got it. */
export interface TakenMessage {
  readonly message: AcceptedMessage;
  readonly from: string;
  readonly to: readonly string[];
  readonly octets: Buffer;
  /** Where it lay. */
  readonly spilled: boolean;
}

export class RecordingSink implements RecipientSink {
  readonly taken: TakenMessage[] = [];
  /** Outcomes of the next messages, by primary address of the first account; others are delivered. */
  readonly outcomes = new Map<string, RecipientOutcome>();
  /** What checkRoom() throws, by primary address. */
  readonly full = new Map<string, Error>();
  /** Sizes checkRoom() was asked about. */
  readonly sizes: number[] = [];

  async checkRoom(accounts: readonly Account[], sizeBytes: number): Promise<void> {
    this.sizes.push(sizeBytes);
    for (const account of accounts) {
      const error = this.full.get(account.address);
      if (error !== undefined) throw error;
    }
  }

  async deliver(message: AcceptedMessage): Promise<readonly RecipientOutcome[]> {
    const parts: Uint8Array[] = [];
    for await (const part of message.body.chunks()) parts.push(part);
    this.taken.push({
      message,
      from: message.reversePath === null ? '' : formatMailbox(message.reversePath),
      to: message.recipients.map((recipient) => formatMailbox(recipient.forwardPath)),
      octets: Buffer.concat(parts),
      spilled: message.body.path !== undefined,
    });
    await message.body.release();
    return message.recipients.map(
      ({ accounts }) => this.outcomes.get(accounts[0]?.address ?? '') ?? { kind: 'delivered' },
    );
  }
}

export class CountingGuard implements AuthGuard {
  banned = false;
  failures: string[] = [];
  successes: string[] = [];
  /** Ban from this failure on. */
  banAfter = Number.POSITIVE_INFINITY;

  isBanned(): boolean {
    return this.banned;
  }
  failed(_address: string, login: string): number {
    this.failures.push(login);
    if (this.failures.length >= this.banAfter) this.banned = true;
    return 1;
  }
  succeeded(_address: string, login: string): void {
    this.successes.push(login);
  }
  secretTag(login: string, password: string): string {
    return `${login} ${password.length}`;
  }
}

/** Accounts of the fixture; everybody's password is `secret`. */
export const fixtureAccounts: readonly Account[] = [
  fixtureAccount('alice@example.test', { aliases: ['al@example.test'] }),
  fixtureAccount('bob@example.test'),
  fixtureAccount('admin@example.test', { admin: true }),
  fixtureAccount('off@example.test', { enabled: false }),
  fixtureAccount('иван@xn--e1afmkfd.example'),
];

const spoolDirectory = mkdtempSync(join(tmpdir(), 'tegu-smtp-'));

export class SmtpFixture {
  readonly settings: FixtureSettings;
  readonly directory = new FixtureDirectory(fixtureAccounts);
  readonly sink = new RecordingSink();
  readonly guard = new CountingGuard();
  readonly spools: SpoolArea;
  readonly services: SmtpServices;
  /** Events logged so far. */
  readonly events: { event: string; fields: LogFields }[] = [];
  /** Monotonic and wall time, ms. */
  nowMs = Date.UTC(2026, 10, 25, 11, 7, 20);

  constructor(values: Partial<Record<ParameterName, unknown>> = {}) {
    const domains = [
      fixtureDomain('example.test', {
        aliases: {
          info: ['alice@example.test', 'bob@example.test'],
          round: ['about@example.test'],
          about: ['round@example.test'],
          out: ['someone@elsewhere.example'],
        },
      }),
      fixtureDomain('xn--e1afmkfd.example'),
    ];
    this.settings = new FixtureSettings(domains, { 'server.hostname': 'mx.example.test', ...values });
    this.spools = new SpoolArea(spoolDirectory, () => ({
      memoryBytes: this.settings.get('smtp.spoolMemoryBytes'),
      totalMemoryBytes: this.settings.get('smtp.spoolTotalMemoryBytes'),
    }));
    const clock = { nowMs: () => this.nowMs, monotonicMs: () => this.nowMs };
    let drawn = 0;
    const random = { bytes: (count: number) => Uint8Array.from({ length: count }, () => drawn++) };
    this.services = {
      settings: this.settings,
      directory: this.directory,
      sasl: {
        ...saslServices({}, this.directory),
        settings: this.settings,
        tokens: { isConfigured: false, verify: async () => ({ kind: 'invalid', reason: 'none' }) },
      },
      sink: this.sink,
      spools: this.spools,
      guard: this.guard,
      log: this.#recordingLog(),
      clock,
      random,
    };
  }

  #recordingLog(): Log {
    const record = (event: string, fields: LogFields = {}): void => {
      this.events.push({ event, fields });
    };
    const log: Log = {
      ...silentLog,
      debug: record,
      info: record,
      warn: record,
      error: record,
      with: () => log,
    };
    return log;
  }

  /** A connection whose greeting was read. */
  async connect(mode: Partial<SmtpMode> = {}, tls?: TlsFacts): Promise<MemoryConnection> {
    const connection = new MemoryConnection(tls === undefined ? {} : { tls });
    await connection.serve(serveSmtp(this.services, { kind: 'mx', implicitTls: false, ...mode }));
    return connection;
  }

  /** A receiving session behind EHLO, nothing left to take(). */
  async open(): Promise<MemoryConnection> {
    const connection = await this.connect();
    await connection.send('EHLO client.example\r\n');
    connection.take();
    return connection;
  }

  /** A submission session logged in as alice over TLS. */
  async submission(): Promise<MemoryConnection> {
    const connection = await this.connect({ kind: 'submission' }, memoryTls);
    await connection.send('EHLO client.example\r\n');
    await connection.send(`AUTH PLAIN ${plain('alice@example.test', 'secret')}\r\n`);
    connection.take();
    return connection;
  }

  /** Where large messages lie while they arrive. */
  get spoolDirectory(): string {
    return spoolDirectory;
  }
}

/** Initial response of PLAIN. */
export function plain(login: string, password: string, authorization = ''): string {
  return Buffer.from(`${authorization}\0${login}\0${password}`).toString('base64');
}

/** Sends each text and returns its replies, one string a text. */
export async function talk(
  connection: MemoryConnection,
  ...texts: readonly (string | Buffer)[]
): Promise<string[]> {
  const replies: string[] = [];
  for (const text of texts) {
    await connection.send(text);
    replies.push(connection.take());
  }
  return replies;
}

/** Sends a dialogue in pieces of `step` octets; everything that came back. */
export async function feed(connection: MemoryConnection, octets: Buffer, step: number): Promise<string> {
  for (let at = 0; at < octets.length && !connection.closed.aborted; at += step) {
    await connection.send(octets.subarray(at, at + step));
  }
  await connection.finish();
  return connection.received;
}
