// Test fixture: a POP3 service over a real Maildir store in a temporary directory, without sockets; everybody's password is
// `secret`. Not used by the server.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MailboxName } from '../base/brands.ts';
import { systemClock } from '../base/clock.ts';
import type { Bus } from '../cluster/bus.ts';
import { saslServices } from '../directory/sasl/fixture.ts';
import type { AuthGuard } from '../host/auth-guard.ts';
import type { TlsFacts } from '../host/connection.ts';
import { holdName } from '../host/exclusive-name.ts';
import { silentLog } from '../host/log.ts';
import { MemoryConnection, memoryTls } from '../host/memory-connection.ts';
import { FixtureDirectory, FixtureSettings, fixtureAccount, fixtureDomain } from '../routing/fixture.ts';
import type { ParameterName } from '../settings/schema/index.ts';
import type { MailStore } from '../store/mail-store.ts';
import { servePop3 } from './command-loop.ts';
import type { Pop3Services } from './services.ts';

export const alice = 'alice@example.test';
export const inbox = 'INBOX' as MailboxName;

/** Counts failures; bans when told to. */
class CountingGuard implements AuthGuard {
  failures = 0;
  banned = false;
  isBanned(): boolean {
    return this.banned;
  }
  failed(): number {
    this.failures += 1;
    return 0;
  }
  succeeded(): void {}
  secretTag(login: string, password: string): string {
    return `${login}/${password.length}`;
  }
}

export interface Pop3FixtureOptions {
  /** Opens the store below `root`; it is the adapter's, so a test names it. */
  readonly openStore: (root: string, bus: Bus, settings: FixtureSettings) => MailStore;
  readonly settings?: Partial<Record<ParameterName, unknown>>;
  /** Wraps the store, for faults that a real one does not produce on request. */
  readonly wrap?: (store: MailStore) => MailStore;
}

let opened = 0;

export class Pop3Fixture {
  readonly root: string;
  readonly settings: FixtureSettings;
  readonly directory: FixtureDirectory;
  readonly guard = new CountingGuard();
  readonly store: MailStore;
  #onLoad: () => void = () => {};
  readonly #serve: ReturnType<typeof servePop3>;

  private constructor(root: string, options: Pop3FixtureOptions) {
    this.root = root;
    this.settings = new FixtureSettings([fixtureDomain('example.test')], {
      'store.rescanMinMs': 0,
      'pop3.plaintextAuth': true,
      ...options.settings,
    });
    this.directory = new FixtureDirectory([
      fixtureAccount(alice),
      fixtureAccount('bob@example.test'),
      fixtureAccount('off@example.test', { enabled: false }),
    ]);
    const bus: Bus = {
      publish: () => {},
      subscribe: (topic, handler) => {
        if (topic === 'directory.loaded') this.#onLoad = () => handler({ source: 'fixture' } as never);
        return () => {};
      },
    };
    const store = options.openStore(root, bus, this.settings);
    this.store = options.wrap?.(store) ?? store;
    const locks = `tegu-pop3-test-${process.pid}-${++opened}`;
    const services: Pop3Services = {
      settings: this.settings,
      sasl: {
        ...saslServices({}, this.directory),
        settings: this.settings,
        tokens: { isConfigured: false, verify: async () => ({ kind: 'invalid', reason: 'none' }) },
      },
      stores: () => this.store,
      bus,
      guard: this.guard,
      lockMaildrop: (address) => holdName(`${locks}-${address}`),
      log: silentLog,
      clock: systemClock,
    };
    this.#serve = servePop3(services);
  }

  static async open(options: Pop3FixtureOptions): Promise<Pop3Fixture> {
    return new Pop3Fixture(await mkdtemp(join(tmpdir(), 'tegu-pop3-')), options);
  }

  async close(): Promise<void> {
    await this.store.close();
    await rm(this.root, { recursive: true, force: true });
  }

  async deliver(message: string | Buffer): Promise<void> {
    const octets = Buffer.from(message as string, 'latin1');
    const body = {
      sizeBytes: octets.length,
      memory: [octets],
      path: undefined,
      async *chunks() {
        yield octets;
      },
      release: async () => {},
    };
    const account = { address: alice, quotaBytes: 0, quotaMessages: 0 };
    await this.store.deliver({ account, mailbox: inbox, prefix: new Uint8Array(0), body, flags: [] });
  }

  /** The users were read anew. */
  async reloadUsers(): Promise<void> {
    this.#onLoad();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }

  /** A connection whose greeting was read. */
  async connect(tls?: TlsFacts): Promise<MemoryConnection> {
    const connection = new MemoryConnection(tls === undefined ? {} : { tls });
    await connection.serve(this.#serve);
    return connection;
  }

  /** Logged in as alice, nothing left to take(). */
  async login(): Promise<MemoryConnection> {
    const connection = await this.connect(memoryTls);
    await connection.send(`USER ${alice}\r\n`);
    await connection.send('PASS secret\r\n');
    if (!connection.take().endsWith('octets)\r\n')) throw new Error(`no log-in: ${connection.received}`);
    return connection;
  }
}

/** Sends each line and returns its replies, one string a line. */
export async function talk(connection: MemoryConnection, ...lines: readonly string[]): Promise<string[]> {
  const replies: string[] = [];
  for (const line of lines) {
    await connection.send(`${line}\r\n`);
    replies.push(connection.take());
  }
  return replies;
}
