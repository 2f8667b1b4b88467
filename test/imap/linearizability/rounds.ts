// Runs the linearizability test for one seed: eight clients at once, in rounds; between rounds nothing is under way and every
// picture is compared with what a fresh client sees, which is compared with the ledger.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SeededRandom } from '../../crash/random.ts';
import { fetchedItems, ImapClient, type Value } from '../../fixture/imap-client.ts';
import { Actor } from './actor.ts';
import { type BoxLedger, Ledger } from './ledger.ts';
import type { Replica } from './replica.ts';

const sessions = 8;
const rounds = 10;

export interface RoundsOptions {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly seed: number;
  readonly steps: number;
}

/** Does `steps` commands; rejects with the first contradiction. Resolves with how often each kind was done. */
export async function runRounds(options: RoundsOptions): Promise<Map<string, number>> {
  const ledger = new Ledger(sessions);
  const boxes = ['A', 'B', 'C'].map((name) => `Linear${options.seed}${name}`);
  const observer = await openObserver(options, boxes);
  const actors = Array.from({ length: sessions }, (_, index) => {
    // One old client, one with CONDSTORE, the others with QRESYNC.
    const rules = { qresync: index > 1, condstore: index > 0 };
    const random = new SeededRandom(options.seed * 1000 + index);
    return new Actor({ ...options, index, rules, boxes, ledger, random });
  });
  try {
    for (const actor of actors) await actor.connect();
    for (let round = 0; round < rounds; round++) {
      await allOrFirst(actors.map((actor) => steps(actor, options.steps / rounds / sessions)));
      ledger.settleCopies();
      for (const name of boxes) await compare(observer, ledger.box(name), actors);
    }
    return total(actors);
  } catch (error) {
    const path = join(tmpdir(), `tegu-linear-${options.seed}.txt`);
    await writeFile(path, ledger.journal);
    throw new Error(`seed ${options.seed}: ${(error as Error).message} (dialogues: ${path})`, {
      cause: error,
    });
  } finally {
    for (const actor of actors) actor.close();
    observer.close();
  }
}

/** Rejects only when all are at rest, so that no actor is left with an answer nobody reads. */
async function allOrFirst(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function steps(actor: Actor, count: number): Promise<void> {
  for (let step = 0; step < count; step++) await actor.step();
}

async function openObserver(options: RoundsOptions, boxes: readonly string[]): Promise<ImapClient> {
  const client = await ImapClient.connect(options.port);
  await client.ok(`LOGIN ${options.user} "${options.password}"`);
  for (const name of boxes) await client.ok(`CREATE ${name}`);
  await client.ok('ENABLE CONDSTORE');
  return client;
}

/** The mailbox holds what the ledger says, and everybody who has it selected knows it as it is. */
async function compare(observer: ImapClient, box: BoxLedger, actors: readonly Actor[]): Promise<void> {
  await observer.ok(`EXAMINE ${box.name}`);
  const answer = await observer.ok('UID FETCH 1:* (UID FLAGS MODSEQ BODY.PEEK[HEADER.FIELDS (X-TOKEN)])');
  const messages = [...fetchedItems(answer.untagged).values()];
  const truth = new Map(messages.map((items) => [Number(items.get('UID')), items]));
  for (const [uid, items] of truth) {
    const token = /X-Token: (\S+)/i.exec(String(items.get('BODY[HEADER.FIELDS (X-TOKEN)]')))?.[1];
    box.content(uid, token ?? '');
  }
  box.holds(new Set(truth.keys()));
  for (const actor of actors) {
    if (!actor.hasSelected(box.name)) continue;
    await actor.noop();
    assertSame(actor.picture, truth, `${box.name}, session ${actor.options.index}`);
    if (actor.picture.unknown > 0) await actor.learn();
    assert.deepEqual([...actor.picture.uids], [...truth.keys()], box.name);
  }
}

/** What the picture says without asking again. */
function assertSame(picture: Replica, truth: ReadonlyMap<number, Map<string, Value>>, where: string): void {
  assert.equal(picture.messages.length, truth.size, where);
  for (const message of picture.messages) {
    if (message === undefined) continue;
    const items = truth.get(message.uid);
    assert.ok(items !== undefined, `${where}: ${message.uid} is not there`);
    if (message.flags !== undefined) {
      const flags = (items.get('FLAGS') as string[]).filter((flag) => flag !== '\\Recent');
      assert.deepEqual([...message.flags].sort(), flags.sort(), `${where}: flags of ${message.uid}`);
    }
    if (message.modSeq !== undefined) {
      assert.equal(message.modSeq, Number((items.get('MODSEQ') as Value[])[0]), `${where}: ${message.uid}`);
    }
  }
}

function total(actors: readonly Actor[]): Map<string, number> {
  const sum = new Map<string, number>();
  for (const actor of actors) {
    for (const [name, count] of actor.done) sum.set(name, (sum.get(name) ?? 0) + count);
  }
  return sum;
}
