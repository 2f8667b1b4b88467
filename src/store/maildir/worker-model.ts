// The other side of test-worker.ts: starts workers, keeps the model of what they were promised, and compares it with what
// a store shows afterwards. Used by workers.test.ts and power-cut.test.ts.

import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { allUids, flagsOf, nameOf, openSynced, readAll } from '../contract/fixture.ts';
import type { MailAccount } from '../mail-store.ts';

/** One message as the model expects it. */
export interface Instance {
  box: string;
  /** 0: delivered, UID not known yet. */
  uid: number;
  readonly body: string;
  flags: readonly string[];
}

/** What a worker does in one step. */
export type Operation =
  | {
      readonly kind: 'append';
      readonly box: string;
      readonly bodies: readonly string[];
      readonly flags: readonly string[];
    }
  | { readonly kind: 'deliver'; readonly body: string }
  | { readonly kind: 'flags'; readonly instance: Instance; readonly flags: readonly string[] }
  | { readonly kind: 'copy' | 'move'; readonly instance: Instance; readonly to: string }
  | { readonly kind: 'expunge'; readonly instance: Instance };

export type Report =
  | { readonly event: 'ready' | 'end' }
  | { readonly event: 'failed'; readonly text: string }
  /** What a session could have shown to its client. */
  | { readonly event: 'seen'; readonly box: string; readonly uid: number; readonly body: string }
  | { readonly event: 'begin'; readonly operation: Operation }
  | { readonly event: 'done'; readonly operation: Operation; readonly uids: readonly number[] };

export interface WorkerOrder {
  readonly root: string;
  readonly seed: number;
  readonly steps: number;
  /** Messages that only this worker changes. */
  readonly own: readonly Instance[];
  /** Where compiled modules are kept; default: below `root`. */
  readonly cache?: string;
}

export const boxNames = ['INBOX', 'Sent', 'Archive'];

/** A running worker and what it has reported. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #model: Model;
  readonly #ended: Promise<unknown>;
  /** Begun and not acknowledged. */
  pending: Operation | undefined;
  failure: string | undefined;

  constructor(model: Model, order: WorkerOrder, backend: string) {
    this.#model = model;
    this.#child = fork(new URL('./test-worker.ts', import.meta.url), {
      execArgv: [],
      // Compiled modules are shared by all workers of a test: most of a worker's life would else be its start.
      env: {
        ...process.env,
        TEGU_IO: backend,
        NODE_COMPILE_CACHE: order.cache ?? join(order.root, 'compile-cache'),
      },
    });
    this.#ended = once(this.#child, 'exit');
    this.#child.on('message', (report: Report) => this.#take(report));
    this.#child.send(order);
  }

  #take(report: Report): void {
    if (report.event === 'begin') this.pending = report.operation;
    else if (report.event === 'failed') this.failure = report.text;
    else if (report.event === 'seen') this.#model.see(report.box, report.uid, report.body);
    else if (report.event === 'done') {
      this.pending = undefined;
      this.#model.apply(report.operation, report.uids);
    }
  }

  /** Resolves when the worker has opened its store. */
  async ready(): Promise<void> {
    await once(this.#child, 'message');
  }

  /** Says and hears nothing from now on, until it is killed; what it has in the kernel goes on. */
  stop(): void {
    this.#child.kill('SIGSTOP');
  }

  /** kill -9; what the worker had reported before is still taken. `mayHaveFailed`: the disk was taken away before. */
  async kill(mayHaveFailed = false): Promise<void> {
    const isRunning = this.#child.exitCode === null && this.#child.signalCode === null;
    const closed = isRunning ? once(this.#child, 'close') : undefined;
    this.#child.kill('SIGKILL');
    await closed;
    if (!mayHaveFailed) assert.equal(this.failure, undefined);
  }

  /** Waits for the worker to do all its steps. */
  async end(): Promise<void> {
    await this.#ended;
    assert.equal(this.failure, undefined);
    assert.equal(this.pending, undefined);
  }
}

/** A message found in a mailbox. */
interface Found {
  readonly box: string;
  readonly uid: number;
  readonly body: string;
  readonly flags: readonly string[];
}

const keyOf = ({ box, uid }: { readonly box: string; readonly uid: number }): string => `${box}:${uid}`;

/** What all acknowledgements together promise. */
export class Model {
  readonly instances: Instance[] = [];
  /** Every (mailbox, UID) ever seen with its content: UIDs never change and never repeat. */
  readonly #history = new Map<string, string>();
  readonly #uidValidity = new Map<string, number>();

  /** Takes what a session was shown: from then on this UID is that message or nothing. */
  see(box: string, uid: number, body: string): void {
    const key = keyOf({ box, uid });
    assert.equal(body, this.#history.get(key) ?? body, `UID ${key} names the same message as ever`);
    this.#history.set(key, body);
  }

  /** Takes an acknowledged operation. */
  apply(operation: Operation, uids: readonly number[]): void {
    if (operation.kind === 'append') {
      for (const [at, body] of operation.bodies.entries()) {
        this.instances.push({ box: operation.box, uid: uids[at] as number, body, flags: operation.flags });
      }
      return;
    }
    if (operation.kind === 'deliver') {
      this.instances.push({ box: 'INBOX', uid: 0, body: operation.body, flags: [] });
      return;
    }
    const known = this.#find(operation.instance);
    if (operation.kind === 'flags') known.flags = operation.flags;
    else if (operation.kind === 'expunge') this.instances.splice(this.instances.indexOf(known), 1);
    else if (operation.kind === 'copy')
      this.instances.push({ ...known, box: operation.to, uid: uids[0] as number });
    else Object.assign(known, { box: operation.to, uid: uids[0] });
  }

  #find(instance: Instance): Instance {
    const found = this.instances.find((known) => keyOf(known) === keyOf(instance));
    assert.ok(found, `the model knows ${keyOf(instance)}`);
    return found;
  }

  /**
   * Compares with what the store shows now. Operations in `pending` were interrupted: each may have happened wholly or
   * not at all, and the model takes over what is found.
   */
  async check(account: MailAccount, pending: readonly Operation[]): Promise<void> {
    const found = await this.#look(account);
    for (const operation of pending) this.#settle(operation, found);
    for (const instance of this.instances) this.#take(instance, found);
    assert.deepEqual([...found.values()], [], 'nothing is there that nobody put there');
  }

  async #look(account: MailAccount): Promise<Map<string, Found>> {
    const found = new Map<string, Found>();
    for (const box of boxNames) {
      const mailbox = await openSynced(account, nameOf(box));
      const before = this.#uidValidity.get(box) ?? mailbox.uidValidity;
      assert.equal(mailbox.uidValidity, before, `UIDVALIDITY of ${box} stays`);
      this.#uidValidity.set(box, before);
      for (const uid of await allUids(mailbox)) {
        const body = String(await readAll(mailbox, uid));
        this.see(box, uid, body);
        found.set(keyOf({ box, uid }), { box, uid, body, flags: await flagsOf(mailbox, uid) });
      }
    }
    return found;
  }

  /** The model's message must be there with its flags; it is taken out of `found`. */
  #take(instance: Instance, found: Map<string, Found>): void {
    if (instance.uid === 0) {
      const delivered = [...found.values()].find(
        ({ box, body }) => box === 'INBOX' && body === instance.body,
      );
      assert.ok(delivered, `acknowledged delivery ${instance.body} is there`);
      instance.uid = delivered.uid;
    }
    const match = found.get(keyOf(instance));
    const elsewhere = [...found.values()].filter(({ body }) => body === instance.body).map(keyOf);
    assert.ok(match, `acknowledged ${instance.body} is there as ${keyOf(instance)}; found: ${elsewhere}`);
    assert.equal(match.body, instance.body);
    assert.deepEqual(match.flags, [...instance.flags].sort(), `flags of ${keyOf(instance)}`);
    found.delete(keyOf(instance));
  }

  #settle(operation: Operation, found: Map<string, Found>): void {
    const known = new Set(this.instances.map(keyOf));
    const extra = [...found.values()].filter((message) => !known.has(keyOf(message)));
    const adopt = (body: string, box: string, flags: readonly string[]): boolean => {
      // Deliveries without a UID yet have bodies of their own, so an extra message of this body is this operation's.
      const match = extra.find((message) => message.body === body && message.box === box);
      if (match === undefined) return false;
      this.instances.push({ box, uid: match.uid, body, flags });
      return true;
    };
    if (operation.kind === 'append') {
      const done = operation.bodies.map((body) => adopt(body, operation.box, operation.flags));
      assert.equal(
        new Set(done).size,
        1,
        `an interrupted APPEND of ${operation.bodies.length} is whole or absent`,
      );
    } else if (operation.kind === 'deliver') adopt(operation.body, 'INBOX', []);
    else if (operation.kind === 'copy')
      adopt(operation.instance.body, operation.to, operation.instance.flags);
    else this.#settleOne(operation, found, adopt);
  }

  #settleOne(
    operation: Extract<Operation, { kind: 'flags' | 'copy' | 'move' | 'expunge' }>,
    found: Map<string, Found>,
    adopt: (body: string, box: string, flags: readonly string[]) => boolean,
  ): void {
    const known = this.#find(operation.instance);
    const here = found.get(keyOf(known));
    if (operation.kind === 'flags') {
      const after = [...operation.flags].sort();
      if (here !== undefined && String(here.flags) === String(after)) known.flags = after;
    } else if (operation.kind === 'expunge') {
      if (here === undefined) this.instances.splice(this.instances.indexOf(known), 1);
      else if (here.flags.includes('\\Deleted')) known.flags = [...known.flags, '\\Deleted'];
    } else if (operation.kind === 'move' && here === undefined) {
      assert.ok(adopt(known.body, operation.to, known.flags), `${known.body} is lost between two mailboxes`);
      this.instances.splice(this.instances.indexOf(known), 1);
    }
  }
}
