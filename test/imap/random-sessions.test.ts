// Three sessions change one mailbox at random while each keeps the picture that the answers give it.
//
// What must hold for every session at every moment: numbers fit the UIDs they had, EXISTS never shrinks by itself, nothing is
// expunged inside commands by number, flags told are the flags the mailbox has once everything was announced.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer, ImapClient, Untagged, Value } from '../fixture/imap-client.ts';
import { openRig } from '../fixture/imap-session.ts';

const seeds = [1, 2, 3, 4];
const steps = 120;
/** Often enough that a wrong picture is seen before a fresh FETCH repairs it. */
const stepsPerLook = 6;
const flagNames = ['\\Seen', '\\Flagged', '\\Answered', '\\Deleted', '$Work'];

interface Message {
  uid: number | undefined;
  flags: Set<string> | undefined;
}

/** A client that believes what it is told. */
class Believer {
  readonly client: ImapClient;
  messages: Message[] = [];

  constructor(client: ImapClient) {
    this.client = client;
  }

  async run(command: string): Promise<Answer> {
    const byNumber = /^(FETCH|STORE|SEARCH)/.test(command);
    const answer = await this.client.command(command);
    for (const line of answer.untagged) this.#take(line, byNumber);
    return answer;
  }

  #take({ raw, values }: Untagged, byNumber: boolean): void {
    const [number, name, data] = values;
    if (name === 'EXISTS') {
      assert.ok(Number(number) >= this.messages.length, raw);
      while (this.messages.length < Number(number)) this.messages.push({ uid: undefined, flags: undefined });
    } else if (name === 'EXPUNGE') {
      assert.ok(!byNumber, `${raw} in a command by number`);
      assert.ok(Number(number) >= 1 && Number(number) <= this.messages.length, raw);
      this.messages.splice(Number(number) - 1, 1);
    } else if (name === 'FETCH') {
      this.#takeFetch(this.messages[Number(number) - 1], data as Value[], raw);
    }
  }

  #takeFetch(message: Message | undefined, data: Value[], raw: string): void {
    assert.ok(message !== undefined, `${raw} of ${this.messages.length}`);
    for (let i = 0; i < data.length; i += 2) {
      const [item, value] = [data[i], data[i + 1]];
      if (item === 'UID') {
        assert.ok(message.uid === undefined || message.uid === Number(value), raw);
        message.uid = Number(value);
      }
      if (item === 'FLAGS')
        message.flags = new Set((value as string[]).filter((flag) => flag !== '\\Recent'));
    }
  }

  /** Messages of a set `a:b` that this client knows the flags of change as it asked. */
  believe(low: number, high: number, sign: string, flag: string): void {
    for (const { flags } of this.messages.slice(low - 1, high)) {
      if (sign === '+') flags?.add(flag);
      else if (sign === '-') flags?.delete(flag);
      else if (flags !== undefined) {
        flags.clear();
        flags.add(flag);
      }
    }
  }
}

for (const seed of seeds) {
  test(`random sessions: every picture stays true, seed ${seed}`, async () => {
    let state = seed * 7919;
    const random = (below: number): number => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((state / 2_147_483_648) * below);
    };
    const rig = await openRig();
    try {
      const believers: Believer[] = [];
      for (let i = 0; i < 3; i++) believers.push(new Believer(await rig.client()));
      for (const believer of believers) await believer.run('SELECT INBOX');
      for (let step = 0; step < steps; step++) {
        const believer = believers[random(3)]!;
        await act(believer, random, () => rig.deliver(Buffer.from(`Subject: ${step}\r\n\r\nx\r\n`)));
        if (step % stepsPerLook === stepsPerLook - 1) await compare(believers);
      }
    } finally {
      await rig.close();
    }
  });
}

async function act(
  believer: Believer,
  random: (below: number) => number,
  deliver: () => Promise<void>,
): Promise<void> {
  const count = believer.messages.length;
  const low = 1 + random(Math.max(1, count));
  const high = Math.min(count, low + random(4));
  const flag = flagNames[random(flagNames.length)]!;
  const sign = ['+', '-', ''][random(3)]!;
  switch (random(12)) {
    case 0:
    case 10:
      return deliver();
    case 1:
      await believer.run(`APPEND INBOX (${flag}) {17+}\r\nSubject: a\r\n\r\nx\r\n`);
      return;
    case 2:
    case 3:
    case 11:
      if (count > 0) await believer.run(`STORE ${low}:${high} ${sign}FLAGS (${flag})`);
      return;
    case 4:
    case 5:
      if (count === 0) return;
      // A client may take its change for granted at once: what the server says afterwards counts more.
      believer.believe(low, high, sign, flag);
      await believer.run(`STORE ${low}:${high} ${sign}FLAGS.SILENT (${flag})`);
      return;
    case 6:
      await believer.run(random(2) === 0 ? 'EXPUNGE' : 'NOOP');
      return;
    case 7:
      if (count > 0) await believer.run(`FETCH ${low}:${high} (UID FLAGS)`);
      return;
    case 8:
      await believer.run(`UID FETCH 1:* (FLAGS)`);
      return;
    default:
      if (count > 0) await believer.run(`UID MOVE ${1 + random(count * 2)} Archive`);
  }
}

/** After NOOP every session must know what a fresh look shows. */
async function compare(believers: readonly Believer[]): Promise<void> {
  for (const believer of believers) await believer.run('NOOP');
  const [reference] = believers;
  assert.ok(reference !== undefined);
  for (const believer of believers) {
    const told = believer.messages.map(({ uid, flags }) => ({ uid, flags: flags && [...flags].sort() }));
    const answer = await believer.client.ok('FETCH 1:* (UID FLAGS)');
    const fetched = answer.untagged
      .filter(({ values }) => values[1] === 'FETCH')
      .map(({ values }) => values[2] as Value[]);
    assert.equal(fetched.length, told.length);
    for (const [index, [, uid, , flags]] of fetched.entries()) {
      const { uid: toldUid, flags: toldFlags } = told[index]!;
      const shown = (flags as string[]).filter((flag) => flag !== '\\Recent').sort();
      assert.ok(toldUid === undefined || toldUid === Number(uid));
      if (toldFlags !== undefined) assert.deepEqual(toldFlags, shown, `message ${index + 1}`);
    }
  }
}
