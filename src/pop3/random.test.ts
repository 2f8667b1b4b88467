// Random sessions against a model of RFC 1939: every reply is the one that the model expects, and QUIT leaves what it says.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alice, inbox, Pop3Fixture, talk } from './fixture.ts';
import { openTestStore } from './store-fixture.test.ts';

function generator(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % bound;
  };
}

class Model {
  readonly texts: readonly string[];
  readonly deleted = new Set<number>();

  constructor(texts: readonly string[]) {
    this.texts = texts;
  }

  get left(): number[] {
    return this.texts.map((_, i) => i + 1).filter((number) => !this.deleted.has(number));
  }

  get octets(): number {
    return this.left.reduce((sum, number) => sum + this.size(number), 0);
  }

  size(number: number): number {
    return this.texts[number - 1]?.length ?? 0;
  }

  /** The reply to a command, with `…` where words are free. */
  reply(command: string): string {
    const [name, argument] = command.split(' ');
    const number = Number(argument);
    const isThere = argument === undefined || this.left.includes(number);
    if (!isThere) return '-ERR No such message\r\n';
    switch (name) {
      case 'STAT':
        return `+OK ${this.left.length} ${this.octets}\r\n`;
      case 'LIST': {
        if (argument !== undefined) return `+OK ${number} ${this.size(number)}\r\n`;
        const rows = this.left.map((one) => `${one} ${this.size(one)}\r\n`).join('');
        return `+OK ${this.left.length} messages (${this.octets} octets)\r\n${rows}.\r\n`;
      }
      case 'RETR': {
        const stuffed = (this.texts[number - 1] ?? '').replace(/^\./gm, '..');
        return `+OK ${this.size(number)} octets\r\n${stuffed}.\r\n`;
      }
      case 'DELE':
        this.deleted.add(number);
        return '+OK Marked to be deleted\r\n';
      case 'RSET':
        this.deleted.clear();
        return '+OK Nothing is marked to be deleted\r\n';
      default:
        return '+OK Done\r\n';
    }
  }
}

for (const seed of [1, 2, 3]) {
  test(`random session ${seed}: 300 commands, in pipelines of random length`, async () => {
    const next = generator(seed);
    const fixture = await Pop3Fixture.open({ openStore: openTestStore });
    try {
      const texts = Array.from(
        { length: 1 + next(8) },
        (_, i) =>
          `Subject: ${i}\r\n\r\n${Array.from({ length: next(6) }, () => ['.\r\n', '..x\r\n', 'text\r\n', '\r\n'][next(4)]).join('')}`,
      );
      for (const text of texts) await fixture.deliver(text);
      const connection = await fixture.login();
      const model = new Model(texts);
      for (let done = 0; done < 300; ) {
        const commands = Array.from({ length: 1 + next(12) }, () => {
          const name =
            ['STAT', 'LIST', 'LIST n', 'RETR n', 'RETR n', 'DELE n', 'RSET', 'NOOP'][next(8)] ?? 'NOOP';
          return name.replace('n', String(next(texts.length + 2)));
        });
        done += commands.length;
        const expected = commands.map((command) => model.reply(command)).join('');
        assert.equal((await talk(connection, commands.join('\r\n')))[0], expected, commands.join(', '));
      }
      await talk(connection, 'QUIT');
      const account = await fixture.store.openAccount({ address: alice, quotaBytes: 0, quotaMessages: 0 });
      const mailbox = await account.open(inbox);
      await mailbox.sync();
      assert.deepEqual([...(await mailbox.view()).uids], model.left);
      mailbox.close();
      account.close();
    } finally {
      await fixture.close();
    }
  });
}
