// A worker process for workers.test.ts: random operations on one account, each announced before it starts and reported
// when it has been acknowledged, so that the parent can kill this process at any instant and knows what must be true.

import type { MailboxName } from '../../base/brands.ts';
import { accountRef, append, bodyOf, nameOf, readAll, streamOf, uidsOf } from '../contract/fixture.ts';
import type { MailAccount, Mailbox } from '../mail-store.ts';
import { storeAt } from './fixture.ts';
import type { Instance, Operation, Report, WorkerOrder } from './worker-model.ts';

const flagNames = ['\\Seen', '\\Flagged', '\\Answered', 'Alpha', 'Beta'];
const boxes = ['INBOX', 'Sent', 'Archive'];

/** Small deterministic generator (mulberry32), so that a failing seed can be run again. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

class Worker {
  readonly #account: MailAccount;
  readonly #deliver: (body: string) => Promise<void>;
  readonly #random: () => number;
  readonly #prefix: string;
  readonly #own: Instance[];
  readonly #open = new Map<string, Mailbox>();
  #count = 0;

  constructor(account: MailAccount, deliver: (body: string) => Promise<void>, order: WorkerOrder) {
    this.#account = account;
    this.#deliver = deliver;
    this.#random = generator(order.seed);
    this.#prefix = `s${order.seed}`;
    this.#own = [...order.own];
  }

  #pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)] as T;
  }

  async #box(name: string): Promise<Mailbox> {
    const known = this.#open.get(name) ?? (await this.#account.open(nameOf(name)));
    this.#open.set(name, known);
    return known;
  }

  #newBody(): string {
    return `${this.#prefix}-${++this.#count}`;
  }

  #flags(): string[] {
    return flagNames.filter(() => this.#random() < 0.3);
  }

  /** One random operation. */
  async step(): Promise<void> {
    const kind = this.#random();
    const one = this.#own.length > 0 ? this.#pick(this.#own) : undefined;
    if (kind < 0.2 || one === undefined) await this.#append();
    else if (kind < 0.3) await this.#multiAppend();
    else if (kind < 0.45) await this.#delivery();
    else if (kind < 0.7) await this.#changeFlags(one);
    else if (kind < 0.78) await this.#copy(one);
    else if (kind < 0.88) await this.#move(one);
    else if (kind < 0.95) await this.#expunge(one);
    else await this.#look();
  }

  async #append(): Promise<void> {
    const operation: Operation = {
      kind: 'append',
      box: this.#pick(boxes),
      bodies: [this.#newBody()],
      flags: this.#flags(),
    };
    report({ event: 'begin', operation });
    const body = operation.bodies[0] as string;
    const uid = await append(this.#account, nameOf(operation.box), body, operation.flags);
    this.#own.push({ box: operation.box, uid, body, flags: operation.flags });
    report({ event: 'done', operation, uids: [uid] });
  }

  async #multiAppend(): Promise<void> {
    const bodies = [this.#newBody(), this.#newBody(), this.#newBody()];
    const operation: Operation = { kind: 'append', box: this.#pick(boxes), bodies, flags: this.#flags() };
    report({ event: 'begin', operation });
    const pending = await this.#account.append(nameOf(operation.box));
    for (const body of bodies) {
      const message = { flags: operation.flags, internalDateMs: undefined, sizeBytes: body.length };
      await pending.add(message, streamOf(Buffer.from(body)));
    }
    const uids = [...(await pending.commit()).uids];
    for (const [at, body] of bodies.entries()) {
      this.#own.push({ box: operation.box, uid: uids[at] as number, body, flags: operation.flags });
    }
    report({ event: 'done', operation, uids });
  }

  async #delivery(): Promise<void> {
    const operation: Operation = { kind: 'deliver', body: this.#newBody() };
    report({ event: 'begin', operation });
    await this.#deliver(operation.body);
    report({ event: 'done', operation, uids: [] });
  }

  async #changeFlags(instance: Instance): Promise<void> {
    const add = this.#random() < 0.6;
    const flag = this.#pick(flagNames);
    const flags = add
      ? [...new Set([...instance.flags, flag])]
      : instance.flags.filter((name) => name !== flag);
    const operation: Operation = { kind: 'flags', instance: { ...instance }, flags };
    report({ event: 'begin', operation });
    const box = await this.#box(instance.box);
    await box.storeFlags(uidsOf(instance.uid), add ? 'add' : 'remove', [flag]);
    instance.flags = flags;
    report({ event: 'done', operation, uids: [] });
  }

  async #copy(instance: Instance): Promise<void> {
    const to = this.#pick(boxes);
    const operation: Operation = { kind: 'copy', instance: { ...instance }, to };
    report({ event: 'begin', operation });
    const box = await this.#box(instance.box);
    const { destinationUids } = await box.copyTo(uidsOf(instance.uid), nameOf(to));
    const uids = [...destinationUids];
    this.#own.push({ ...instance, box: to, uid: uids[0] as number });
    report({ event: 'done', operation, uids });
  }

  async #move(instance: Instance): Promise<void> {
    const to = this.#pick(boxes.filter((name) => name !== instance.box));
    const operation: Operation = { kind: 'move', instance: { ...instance }, to };
    report({ event: 'begin', operation });
    const box = await this.#box(instance.box);
    const { destinationUids } = await box.moveTo(uidsOf(instance.uid), nameOf(to));
    const uids = [...destinationUids];
    instance.box = to;
    instance.uid = uids[0] as number;
    report({ event: 'done', operation, uids });
  }

  async #expunge(instance: Instance): Promise<void> {
    const operation: Operation = { kind: 'expunge', instance: { ...instance } };
    report({ event: 'begin', operation });
    const box = await this.#box(instance.box);
    await box.storeFlags(uidsOf(instance.uid), 'add', ['\\Deleted']);
    await box.expunge(uidsOf(instance.uid));
    this.#own.splice(this.#own.indexOf(instance), 1);
    report({ event: 'done', operation, uids: [] });
  }

  /** What a session does between commands. */
  async #look(): Promise<void> {
    const box = await this.#box(this.#pick(boxes));
    if (this.#random() < 0.5) await box.claimRecent();
    await box.sync();
    const { uids } = await box.view();
    for (let at = 1; at < uids.length; at++) {
      if ((uids[at - 1] as number) >= (uids[at] as number)) throw new Error('UIDs do not ascend');
    }
    for (const uid of uids.slice(-3)) {
      // The other worker may expunge or move it meanwhile.
      const body = await readAll(box, uid).catch(() => undefined);
      if (body !== undefined) report({ event: 'seen', box: box.name, uid, body: String(body) });
    }
  }
}

function report(message: Report): void {
  process.send?.(message);
}

async function run(order: WorkerOrder): Promise<void> {
  // A look must see the other worker's renames at once, or nothing would be raced for.
  const store = storeAt(order.root, { 'store.rescanMinMs': 0, 'store.rescanCostFactor': 0 });
  const ref = accountRef('alice@example.test');
  const account = await store.openAccount(ref);
  const deliver = (body: string): Promise<void> =>
    store.deliver({
      account: ref,
      mailbox: 'INBOX' as MailboxName,
      prefix: Buffer.alloc(0),
      body: bodyOf(body),
      flags: [],
    });
  const worker = new Worker(account, deliver, order);
  report({ event: 'ready' });
  for (let step = 0; step < order.steps; step++) await worker.step();
  account.close();
  await store.close();
  report({ event: 'end' });
  process.disconnect();
}

process.once('message', (order: WorkerOrder) => {
  run(order).catch((error: unknown) => {
    report({
      event: 'failed',
      text: error instanceof Error ? `${error.message}\n${error.stack}` : String(error),
    });
    process.exit(1);
  });
});
