// Final delivery: one accepted message into the mailboxes of its local recipients, several at a time.
//
// An account that several recipients lead to gets one copy, with the trace fields of the first. One account's failure stays
// alone. 'delivered' is said only of what the store has made durable. What is still under way at the deadline is reported as
// temporary, goes on, and is remembered if it succeeds. Owns the body and releases it when the last write has settled.

import type { MailboxName } from '../base/brands.ts';
import { Outcome, Permanent, Transient } from '../base/outcome.ts';
import type { Account } from '../directory/user-source.ts';
import { errorFields } from '../host/log.ts';
import { counter } from '../host/metrics.ts';
import { formatMailbox } from '../proto/address/mailbox.ts';
import { formatReceived, formatReturnPath } from '../proto/smtp/trace-fields.ts';
import { accountRef } from '../routing/account-ref.ts';
import { PartialLedger } from './partial-ledger.ts';
import type { DeliveryMessage, DeliveryOutcome, DeliveryServices } from './services.ts';

const deliveries = counter('tegu_delivery_total', 'Deliveries into mailboxes by outcome', ['outcome']);
const inbox = 'INBOX' as MailboxName;
const delivered: DeliveryOutcome = { kind: 'delivered' };

/** One mailbox the message goes to. */
interface Target {
  readonly account: Account;
  readonly prefix: Uint8Array;
  /** undefined while under way. */
  outcome: DeliveryOutcome | undefined;
}

export class Delivery {
  readonly #services: DeliveryServices;
  readonly #ledger: PartialLedger;
  /** Messages whose writes go on behind the reply. */
  readonly #late = new Set<Promise<void>>();

  constructor(services: DeliveryServices) {
    this.#services = services;
    this.#ledger = new PartialLedger(services.bus, services.clock, services.settings);
  }

  /** Checks that `sizeBytes` more fit now. Throws Permanent('store.over_quota') or Transient for the first that cannot take it. */
  async checkRoom(accounts: readonly Account[], sizeBytes: number): Promise<void> {
    for (const account of accounts) {
      const ref = accountRef(account, this.#services.settings.current);
      if (ref.quotaBytes === 0 && ref.quotaMessages === 0) continue;
      await this.#services.stores(account.domain).checkQuota(ref, sizeBytes);
    }
  }

  /** Delivers; one outcome a recipient, in their order. Does not throw for what happens to a recipient. */
  async deliver(message: DeliveryMessage): Promise<readonly DeliveryOutcome[]> {
    const targets = makeTargets(message);
    try {
      for (const address of await this.#ledger.findDelivered(message.reversePath, message.body)) {
        const target = targets.get(address);
        if (target === undefined) continue;
        target.outcome = delivered;
        this.#services.log.info('delivery.already_delivered', { message: message.id, account: address });
      }
    } catch (error) {
      await message.body.release();
      throw error;
    }
    const settled = this.#deliverAll(message, [...targets.values()]);
    const inTime = await this.#untilDeadline(settled);
    const outcomes = message.recipients.map((recipient) => summarise(recipient.accounts, targets));
    const isPartial = outcomes.some((outcome) => outcome.kind !== 'delivered');
    const finish = (): Promise<void> => this.#finish(message, [...targets.values()], isPartial);
    if (inTime) await finish();
    else {
      this.#services.log.warn('delivery.deadline', { message: message.id });
      const late = settled.then(finish);
      this.#late.add(late);
      void late.then(() => this.#late.delete(late));
    }
    return outcomes;
  }

  /** Waits for what goes on behind a reply; call it before the stores are closed. */
  async close(): Promise<void> {
    await Promise.all(this.#late);
    this.#ledger.close();
  }

  /** Works off the targets with a bounded number in flight; never rejects. */
  async #deliverAll(message: DeliveryMessage, targets: readonly Target[]): Promise<void> {
    const open = targets.filter((target) => target.outcome === undefined);
    let next = 0;
    const work = async (): Promise<void> => {
      for (let target = open[next++]; target !== undefined; target = open[next++]) {
        target.outcome = await this.#deliverOne(message, target);
        deliveries.inc({ outcome: target.outcome.kind });
      }
    };
    const lanes = Math.min(open.length, this.#services.settings.get('delivery.parallel'));
    await Promise.all(Array.from({ length: lanes }, work));
  }

  async #deliverOne(message: DeliveryMessage, { account, prefix }: Target): Promise<DeliveryOutcome> {
    const { settings, stores, log, clock } = this.#services;
    const startedMs = clock.monotonicMs();
    const fields = { message: message.id, account: account.address };
    try {
      const ref = accountRef(account, settings.current);
      await stores(account.domain).deliver({
        account: ref,
        mailbox: inbox,
        prefix,
        body: message.body,
        flags: [],
      });
      const sizeBytes = prefix.length + message.body.sizeBytes;
      log.info('delivery.delivered', {
        ...fields,
        sizeBytes,
        ms: Math.round(clock.monotonicMs() - startedMs),
      });
      return delivered;
    } catch (error) {
      const isKnown = error instanceof Transient || error instanceof Permanent;
      log[isKnown ? 'warn' : 'error']('delivery.failed', { ...fields, ...errorFields(error) });
      const code = error instanceof Outcome ? error.code : 'internal.bug';
      return { kind: error instanceof Permanent ? 'permanent' : 'temporary', code };
    }
  }

  /** RFC 5321 4.5.3.2.6: clients wait ten minutes for the reply; a later one would make them send again (S18). */
  async #untilDeadline(settled: Promise<void>): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, this.#services.settings.get('delivery.timeoutSeconds') * 1000, false);
    });
    const inTime = await Promise.race([settled.then(() => true), deadline]);
    clearTimeout(timer);
    return inTime;
  }

  /** All writes have settled: note who has what the client was told to send again, give up the body. */
  async #finish(message: DeliveryMessage, targets: readonly Target[], isPartial: boolean): Promise<void> {
    const done = targets.filter((target) => target.outcome?.kind === 'delivered');
    try {
      if (isPartial) {
        await this.#ledger.remember(
          message.reversePath,
          message.body,
          done.map((target) => target.account.address),
        );
      }
    } catch (error) {
      this.#services.log.error('delivery.ledger', { message: message.id, ...errorFields(error) });
    } finally {
      await message.body.release();
    }
  }
}

/** One target an account, however many recipients lead to it. */
function makeTargets(message: DeliveryMessage): Map<string, Target> {
  const targets = new Map<string, Target>();
  const returnPath = formatReturnPath(message.reversePath);
  for (const { forwardPath, accounts } of message.recipients) {
    let prefix: Uint8Array | undefined;
    for (const account of accounts) {
      if (targets.has(account.address)) continue;
      prefix ??= Buffer.from(
        `${returnPath}${formatReceived(message.reception, formatMailbox(forwardPath))}${message.addedFields}`,
      );
      targets.set(account.address, { account, prefix, outcome: undefined });
    }
  }
  return targets;
}

/** A recipient is delivered when all its accounts are; else the failure that may pass counts before the one that will not. */
function summarise(accounts: readonly Account[], targets: ReadonlyMap<string, Target>): DeliveryOutcome {
  let worst = delivered;
  for (const account of accounts) {
    const outcome = targets.get(account.address)?.outcome ?? { kind: 'temporary', code: 'delivery.timeout' };
    if (outcome.kind === 'temporary') return outcome;
    if (outcome.kind === 'permanent') worst = outcome;
  }
  return worst;
}
