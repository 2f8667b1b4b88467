// What the contract cases share: a store to test, accounts, messages, and short ways to say common things.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { MailboxName, ModSeq, Uid } from '../../base/brands.ts';
import type { MessageBody } from '../../base/message-body.ts';
import { Outcome } from '../../base/outcome.ts';
import type { AccountRef, MailAccount, Mailbox, MailStore } from '../mail-store.ts';

/** One empty store for one case. */
export interface OpenedStore {
  readonly store: MailStore;
  /** Another MailStore on the same data, as a second worker would have; closed by the fixture. */
  second(): Promise<MailStore>;
}

/** Gives an empty store; whatever it made is removed in `t.after`. */
export type OpenStore = (t: TestContext) => Promise<OpenedStore>;

/** What a case works with. */
export interface CaseFixture extends OpenedStore {
  readonly ref: AccountRef;
  readonly account: MailAccount;
}

/** One row of the contract. */
export interface StoreCase {
  readonly title: string;
  readonly run: (fixture: CaseFixture, t: TestContext) => Promise<void>;
}

export const storeCase = (title: string, run: StoreCase['run']): StoreCase => ({ title, run });

/** Registers one case, which gets a store and an account of its own. */
export function registerCase({ title, run }: StoreCase, openStore: OpenStore): void {
  test(title, async (t) => {
    const opened = await openStore(t);
    const ref = accountRef('alice@example.test');
    const account = await opened.store.openAccount(ref);
    try {
      await run({ ...opened, ref, account }, t);
    } finally {
      account.close();
    }
  });
}

export const accountRef = (address: string, quotaBytes = 0, quotaMessages = 0): AccountRef => ({
  address,
  quotaBytes,
  quotaMessages,
});

export const nameOf = (text: string): MailboxName => text as MailboxName;
export const uidOf = (value: number): Uid => value as Uid;
export const modSeqOf = (value: number): ModSeq => value as ModSeq;
export const uidsOf = (...values: number[]): Uint32Array => Uint32Array.from(values);
export const inbox = nameOf('INBOX');

/** Bounds that no test message comes near. */
export const mimeLimits = { maxParts: 1000, maxDepth: 60, maxHeaderBytes: 1_048_576 };

/** A body in memory, in two pieces, so that nobody relies on one. */
export function bodyOf(octets: Uint8Array | string): MessageBody {
  const all = Buffer.from(octets as string);
  const half = all.length >>> 1;
  const pieces = [all.subarray(0, half), all.subarray(half)];
  return {
    sizeBytes: all.length,
    memory: pieces,
    path: undefined,
    async *chunks() {
      yield* pieces;
    },
    async release() {},
  };
}

/** Delivers a message without prefix. */
export async function deliver(
  { store, ref }: { readonly store: MailStore; readonly ref: AccountRef },
  octets: Uint8Array | string,
  mailbox: MailboxName = inbox,
  flags: readonly string[] = [],
): Promise<void> {
  await store.deliver({ account: ref, mailbox, prefix: Buffer.alloc(0), body: bodyOf(octets), flags });
}

/** Appends one message; returns its UID. */
export async function append(
  account: MailAccount,
  mailbox: MailboxName,
  octets: Uint8Array | string,
  flags: readonly string[] = [],
  internalDateMs?: number,
): Promise<number> {
  const operation = await account.append(mailbox);
  const all = Buffer.from(octets as string);
  await operation.add({ flags, internalDateMs, sizeBytes: all.length }, streamOf(all));
  const { uids } = await operation.commit();
  return uids[0] as number;
}

/** The octets in small pieces. */
export async function* streamOf(octets: Uint8Array, pieceBytes = 1000): AsyncIterable<Uint8Array> {
  for (let at = 0; at < octets.length; at += pieceBytes) yield octets.subarray(at, at + pieceBytes);
}

/** Opens and synchronises a mailbox. */
export async function openSynced(account: MailAccount, mailbox: MailboxName = inbox): Promise<Mailbox> {
  const opened = await account.open(mailbox);
  await opened.sync();
  return opened;
}

export async function allUids(mailbox: Mailbox): Promise<number[]> {
  return [...(await mailbox.view()).uids];
}

/** A whole message. */
export async function readAll(mailbox: Mailbox, uid: number): Promise<Buffer> {
  return await mailbox.read(uidOf(uid), 0, 16 * 1024 * 1024);
}

/** Flag names of one message, sorted. */
export async function flagsOf(mailbox: Mailbox, uid: number): Promise<string[]> {
  const rows = await mailbox.rows(uidsOf(uid));
  const bits = rows.flags[0];
  assert.ok(bits !== undefined, `message ${uid} is there`);
  const system = ['\\Answered', '\\Flagged', '\\Deleted', '\\Seen', '\\Draft'];
  const names = [...system, ...mailbox.keywords()];
  return names.filter((name, bit) => name !== '' && (bits & (1 << bit)) !== 0).sort();
}

/** Expects an outcome with this code. */
export async function assertCode(code: string, work: () => Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    assert.ok(error instanceof Outcome, `an outcome, not ${String(error)}`);
    assert.equal(error.code, code);
    return true;
  });
}
