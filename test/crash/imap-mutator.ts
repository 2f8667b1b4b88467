// Changes one IMAP folder for as long as it is told to (APPEND, STORE, EXPUNGE) and keeps a model of what was acknowledged.
//
// It is the folder's only client, so after every reconnection the folder must equal the model, but for the one operation
// that was under way: that may have happened or not, never partly for a message. What was found becomes the model.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImapClient } from '../fixture/imap-client.ts';
import type { SeededRandom } from './random.ts';

interface Message {
  readonly id: string;
  flags: string;
}

/** Operation whose answer did not come. */
type Pending =
  | { readonly kind: 'append'; readonly id: string; readonly flags: string }
  | { readonly kind: 'store'; readonly uid: number; readonly flags: string }
  | { readonly kind: 'expunge'; readonly uids: readonly number[] };

const flagSets = ['', '\\Seen', '\\Flagged \\Seen', '\\Answered', '$Work \\Seen', '\\Draft'];

export interface MutatorLogin {
  readonly port: () => number;
  readonly user: string;
  readonly password: string;
}

export class ImapMutator {
  readonly #folder: string;
  readonly #login: MutatorLogin;
  readonly #random: SeededRandom;
  readonly #model = new Map<number, Message>();
  /** Every UID that was ever seen, with the message it names. */
  readonly #names = new Map<number, string>();
  #uidValidity = '';
  #pending: Pending | undefined;
  #count = 0;
  #stopped = false;
  #running: Promise<void> | undefined;
  /** A contradiction was found; stop() tells it. */
  hasFailed = false;
  /** Operations that were acknowledged. */
  operations = 0;
  /** Times the folder was compared with the model. */
  comparisons = 0;

  constructor(folder: string, login: MutatorLogin, random: SeededRandom) {
    this.#folder = folder;
    this.#login = login;
    this.#random = random;
  }

  start(): void {
    this.#running = this.#run();
    // stop() throws it; until then the test goes on in order, so that it can clean up.
    this.#running.catch(() => {
      this.hasFailed = true;
    });
  }

  /** Ends the work and compares once more; throws the first contradiction that was found. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    const client = await this.#open();
    await this.#compare(client);
    client.close();
  }

  /** Ends the work without a look at the folder, for a test that has failed. */
  abandon(): void {
    this.#stopped = true;
    this.#running?.catch(() => {});
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      let client: ImapClient | undefined;
      try {
        client = await this.#open();
        await this.#compare(client);
        while (!this.#stopped) await this.#step(client);
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        await sleep(20);
      } finally {
        client?.close();
      }
    }
  }

  async #open(): Promise<ImapClient> {
    const client = await ImapClient.connect(this.#login.port());
    await client.ok(`LOGIN ${this.#login.user} ${this.#login.password}`);
    await client.command(`CREATE ${this.#folder}`);
    const { untagged } = await client.ok(`SELECT ${this.#folder}`);
    const validity = untagged
      .map(({ raw }) => /UIDVALIDITY (\d+)/.exec(raw)?.[1])
      .find((value) => value !== undefined);
    if (this.#uidValidity === '') this.#uidValidity = validity ?? '';
    assert.equal(validity, this.#uidValidity, `${this.#folder}: UIDVALIDITY changed`);
    return client;
  }

  async #compare(client: ImapClient): Promise<void> {
    const found = new Map<number, Message>();
    const answers = await client.fetch('UID FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (X-CRASH-ID)])');
    for (const items of answers.values()) {
      const uid = Number(items.get('UID'));
      const header = [...items].find(([name]) => name.startsWith('BODY['))?.[1];
      const id = /X-Crash-Id: (\S+)/.exec(String(header))?.[1] ?? 'unknown';
      found.set(uid, { id, flags: normal(items.get('FLAGS') as string[]) });
      const known = this.#names.get(uid);
      assert.equal(known ?? id, id, `${this.#folder}: UID ${uid} names another message`);
      this.#names.set(uid, id);
    }
    const pending = this.#pending;
    this.#pending = undefined;
    for (const [uid, message] of this.#model) this.#compareOne(uid, message, found.get(uid), pending);
    for (const [uid, message] of found) {
      if (this.#model.has(uid)) continue;
      const expected =
        pending?.kind === 'append' && pending.id === message.id && pending.flags === message.flags;
      assert.ok(expected, `${this.#folder}: UID ${uid} (${message.id}) came from nowhere`);
    }
    this.#model.clear();
    for (const [uid, message] of found) this.#model.set(uid, message);
    this.comparisons += 1;
  }

  #compareOne(
    uid: number,
    expected: Message,
    found: Message | undefined,
    pending: Pending | undefined,
  ): void {
    const where = `${this.#folder}: UID ${uid} (${expected.id})`;
    if (found === undefined) {
      assert.ok(pending?.kind === 'expunge' && pending.uids.includes(uid), `${where} is lost`);
      return;
    }
    const isPending = pending?.kind === 'store' && pending.uid === uid && pending.flags === found.flags;
    assert.ok(
      found.flags === expected.flags || isPending,
      `${where} has flags ${found.flags}, acknowledged ${expected.flags}`,
    );
  }

  async #step(client: ImapClient): Promise<void> {
    const choice = this.#random.next();
    if (this.#model.size < 5 || (choice < 0.45 && this.#model.size < 60)) await this.#append(client);
    else if (choice < 0.8) await this.#store(client);
    else await this.#expunge(client);
    this.#pending = undefined;
    this.operations += 1;
  }

  async #append(client: ImapClient): Promise<void> {
    const id = `${this.#folder}-${++this.#count}`;
    const flags = this.#random.pick(flagSets);
    const message = Buffer.from(
      `Subject: ${id}\r\nX-Crash-Id: ${id}\r\n\r\n${'line\r\n'.repeat(this.#random.below(400))}`,
    );
    this.#pending = { kind: 'append', id, flags: normal(flags.split(' ')) };
    const { text } = await client.append(this.#folder, message, flags === '' ? '' : `(${flags}) `);
    const uid = Number(/APPENDUID \d+ (\d+)/.exec(text)?.[1]);
    assert.equal(this.#names.has(uid), false, `${this.#folder}: UID ${uid} was given twice`);
    this.#names.set(uid, id);
    this.#model.set(uid, { id, flags: normal(flags.split(' ')) });
  }

  async #store(client: ImapClient): Promise<void> {
    const [uid, message] = this.#random.pick([...this.#model]);
    const flags = this.#random.pick(flagSets);
    this.#pending = { kind: 'store', uid, flags: normal(flags.split(' ')) };
    await client.ok(`UID STORE ${uid} FLAGS.SILENT (${flags})`);
    message.flags = normal(flags.split(' '));
  }

  async #expunge(client: ImapClient): Promise<void> {
    const uids = [...this.#model.keys()].filter(() => this.#random.next() < 0.1);
    if (uids.length === 0) return;
    const set = uids.join(',');
    for (const uid of uids) {
      const message = this.#model.get(uid) as Message;
      this.#pending = { kind: 'store', uid, flags: normal([...message.flags.split(' '), '\\Deleted']) };
      await client.ok(`UID STORE ${uid} +FLAGS.SILENT (\\Deleted)`);
      message.flags = normal([...message.flags.split(' '), '\\Deleted']);
    }
    this.#pending = { kind: 'expunge', uids };
    await client.ok(`UID EXPUNGE ${set}`);
    for (const uid of uids) this.#model.delete(uid);
  }
}

/** Flags in one spelling and order, each once, without \Recent. */
function normal(flags: readonly string[]): string {
  const names = flags.map((flag) => flag.toLowerCase()).filter((flag) => flag !== '' && flag !== '\\recent');
  return [...new Set(names)].sort().join(' ');
}
