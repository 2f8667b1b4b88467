// Transaction and update state over a real store: numbers, sizes, octets, marks, removal, and what others do meanwhile.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Uid } from '../base/brands.ts';
import { Transient } from '../base/outcome.ts';
import { memoryTls } from '../host/memory-connection.ts';
import type { ParameterName } from '../settings/schema/index.ts';
import type { Mailbox, MailStore } from '../store/mail-store.ts';
import { alice, inbox, Pop3Fixture, talk } from './fixture.ts';
import { openTestStore } from './store-fixture.test.ts';

interface Wishes {
  readonly messages?: readonly string[];
  readonly settings?: Partial<Record<ParameterName, unknown>>;
  readonly wrap?: (store: MailStore) => MailStore;
}

async function withMail(
  { messages = [], settings = {}, wrap }: Wishes,
  run: (fixture: Pop3Fixture) => Promise<void>,
): Promise<void> {
  const options = { openStore: openTestStore, settings, ...(wrap === undefined ? {} : { wrap }) };
  const fixture = await Pop3Fixture.open(options);
  try {
    for (const message of messages) await fixture.deliver(message);
    await run(fixture);
  } finally {
    await fixture.close();
  }
}

/** INBOX as IMAP has it now. */
async function look<T>(fixture: Pop3Fixture, use: (mailbox: Mailbox) => Promise<T>): Promise<T> {
  const account = await fixture.store.openAccount({ address: alice, quotaBytes: 0, quotaMessages: 0 });
  const mailbox = await account.open(inbox);
  try {
    await mailbox.sync();
    return await use(mailbox);
  } finally {
    mailbox.close();
    account.close();
  }
}
const uidsNow = (fixture: Pop3Fixture): Promise<number[]> =>
  look(fixture, async (mailbox) => [...(await mailbox.view()).uids]);
const flagsNow = (fixture: Pop3Fixture): Promise<number[]> =>
  look(fixture, async (mailbox) => [...(await mailbox.rows((await mailbox.view()).uids)).flags]);

const one = 'Subject: one\r\n\r\nfirst\r\n';
const two = 'Subject: two\r\n\r\n.\r\n..dots\r\nend\r\n';
const three = 'Subject: three\r\n\r\nlast line without end';

test('STAT, LIST, UIDL, RETR, DELE, RSET, NOOP as RFC 1939 has them', () =>
  withMail({ messages: [one, two] }, async (fixture) => {
    const connection = await fixture.login();
    const validity = await look(fixture, async (mailbox) =>
      mailbox.uidValidity.toString(16).padStart(8, '0'),
    );
    const size = one.length + two.length;
    assert.deepEqual(
      await talk(
        connection,
        'STAT',
        'LIST',
        'LIST 2',
        'UIDL',
        'UIDL 1',
        'RETR 1',
        'NOOP',
        'DELE 1',
        'DELE 1',
        'RETR 1',
        'LIST 1',
        'STAT',
        'LIST',
        'RSET',
        'STAT',
        'LIST 3',
        'LIST 0',
      ),
      [
        `+OK 2 ${size}\r\n`,
        `+OK 2 messages (${size} octets)\r\n1 ${one.length}\r\n2 ${two.length}\r\n.\r\n`,
        `+OK 2 ${two.length}\r\n`,
        `+OK Unique identifiers follow\r\n1 00000001${validity}\r\n2 00000002${validity}\r\n.\r\n`,
        `+OK 1 00000001${validity}\r\n`,
        `+OK ${one.length} octets\r\n${one}.\r\n`,
        '+OK Done\r\n',
        '+OK Marked to be deleted\r\n',
        '-ERR No such message\r\n',
        '-ERR No such message\r\n',
        '-ERR No such message\r\n',
        `+OK 1 ${two.length}\r\n`,
        `+OK 1 messages (${two.length} octets)\r\n2 ${two.length}\r\n.\r\n`,
        '+OK Nothing is marked to be deleted\r\n',
        `+OK 2 ${size}\r\n`,
        '-ERR No such message\r\n',
        '-ERR No such message\r\n',
      ],
    );
  }));

test('S03: dots are doubled, a missing last line end is added, the size is that of the octets', () =>
  withMail({ messages: [two, three] }, async (fixture) => {
    const connection = await fixture.login();
    assert.deepEqual(await talk(connection, 'RETR 1', 'RETR 2'), [
      `+OK ${two.length} octets\r\nSubject: two\r\n\r\n..\r\n...dots\r\nend\r\n.\r\n`,
      `+OK ${three.length} octets\r\n${three}\r\n.\r\n`,
    ]);
  }));

const tops: readonly (readonly [string, string, string])[] = [
  ['the header alone', 'TOP 1 0', 'A: 1\r\n\r\n'],
  ['a line', 'TOP 1 1', 'A: 1\r\n\r\n..\r\n'],
  ['more than there is', 'TOP 1 999999999', 'A: 1\r\n\r\n..\r\nb\r\n\r\nc\r\n'],
  ['an empty line is a line', 'TOP 1 3', 'A: 1\r\n\r\n..\r\nb\r\n\r\n'],
];
for (const [name, command, expected] of tops) {
  test(`TOP: ${name}, and nothing counts as read`, () =>
    withMail({ messages: ['A: 1\r\n\r\n.\r\nb\r\n\r\nc\r\n'] }, async (fixture) => {
      const connection = await fixture.login();
      const [reply] = await talk(connection, command);
      assert.equal(reply, `+OK Top of message follows\r\n${expected}.\r\n`);
      await talk(connection, 'QUIT');
      assert.deepEqual(await flagsNow(fixture), [0]);
    }));
}

for (const line of [
  'RETR',
  'RETR x',
  'RETR -1',
  'RETR 1 2',
  'RETR 99999999999',
  'TOP 1',
  'TOP 1 x',
  'DELE',
  'LIST x',
  'STAT 1',
  'NOOP x',
  'QUIT x',
  'FETCH 1',
  '',
]) {
  test(`${JSON.stringify(line)} is refused and the session goes on`, () =>
    withMail({ messages: [one] }, async (fixture) => {
      const connection = await fixture.login();
      const [reply, next] = await talk(connection, line, 'STAT');
      assert.match(reply ?? '', /^-ERR [^\r]+\r\n$/);
      assert.equal(next, `+OK 1 ${one.length}\r\n`);
    }));
}

test('PIPELINING: commands in one segment are answered in order', () =>
  withMail({ messages: [one, two] }, async (fixture) => {
    const connection = await fixture.connect(memoryTls);
    connection.take();
    await connection.send(`USER ${alice}\r\nPASS secret\r\nSTAT\r\nDELE 1\r\nLIST\r\nQUIT\r\nSTAT\r\n`);
    assert.match(
      connection.take(),
      /^\+OK Send PASS\r\n\+OK Maildrop[^\r]+\r\n\+OK 2 \d+\r\n\+OK Marked[^\r]+\r\n\+OK 1 messages[^\r]+\r\n2 \d+\r\n\.\r\n\+OK Bye, 1 messages removed\r\n$/,
    );
    assert.deepEqual(await uidsNow(fixture), [2]);
  }));

test('without QUIT nothing is removed', () =>
  withMail({ messages: [one, two] }, async (fixture) => {
    const connection = await fixture.login();
    await talk(connection, 'DELE 1', 'DELE 2');
    await connection.finish();
    assert.deepEqual(await uidsNow(fixture), [1, 2]);
    assert.deepEqual(await flagsNow(fixture), [0, 0]);
  }));

test('what was fetched counts as read, also without QUIT, unless pop3.setSeen is off', async () => {
  await withMail({ messages: [one, two] }, async (fixture) => {
    const connection = await fixture.login();
    await talk(connection, 'RETR 2');
    await connection.finish();
    assert.deepEqual(await flagsNow(fixture), [0, 8]);
  });
  await withMail({ messages: [one], settings: { 'pop3.setSeen': false } }, async (fixture) => {
    await talk(await fixture.login(), 'RETR 1', 'QUIT');
    assert.deepEqual(await flagsNow(fixture), [0]);
  });
});

test('QUIT removes its own messages only: new mail stays, and so does what carries \\Deleted for other reasons', () =>
  withMail({ messages: [one, two, three] }, async (fixture) => {
    const connection = await fixture.login();
    await fixture.deliver('Subject: new\r\n\r\n');
    await look(fixture, (mailbox) => mailbox.storeFlags(Uint32Array.of(2), 'add', ['\\Deleted']));
    assert.deepEqual(await talk(connection, 'DELE 1', 'STAT', 'QUIT'), [
      '+OK Marked to be deleted\r\n',
      `+OK 2 ${two.length + three.length}\r\n`,
      '+OK Bye, 1 messages removed\r\n',
    ]);
    assert.deepEqual(await uidsNow(fixture), [2, 3, 4]);
  }));

test('a message that IMAP removed meanwhile stays numbered, cannot be fetched, and its removal is no failure', () =>
  withMail({ messages: [one, two] }, async (fixture) => {
    const connection = await fixture.login();
    await look(fixture, async (mailbox) => {
      await mailbox.storeFlags(Uint32Array.of(1), 'add', ['\\Deleted']);
      await mailbox.expunge(Uint32Array.of(1));
    });
    const [gone, other, dele, dele2, quit] = await talk(
      connection,
      'RETR 1',
      'RETR 2',
      'DELE 1',
      'DELE 2',
      'QUIT',
    );
    assert.equal(gone, '-ERR The message is not there any more\r\n');
    assert.match(other ?? '', /^\+OK/);
    assert.match(`${dele}${dele2}`, /^\+OK[^\r]+\r\n\+OK/);
    assert.match(quit ?? '', /^\+OK Bye/);
    assert.deepEqual(await uidsNow(fixture), []);
  }));

test('a removal that fails is -ERR, and the mail is still there', () => {
  let isBroken = false;
  const wrapMailbox = (mailbox: Mailbox): Mailbox =>
    new Proxy(mailbox, {
      get(target, name) {
        if (name === 'expunge' && isBroken) {
          return async () => {
            throw new Transient('store.io', 'the disk is full of holes');
          };
        }
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  const wrap = (store: MailStore): MailStore => wrapOpen(store, wrapMailbox);
  return withMail({ messages: [one], wrap }, async (fixture) => {
    const connection = await fixture.login();
    isBroken = true;
    const [, quit] = await talk(connection, 'DELE 1', 'QUIT');
    assert.equal(quit, '-ERR [SYS/TEMP] Some messages that were marked are not removed\r\n');
    assert.equal(connection.closed.aborted, true);
    isBroken = false;
    assert.deepEqual(await uidsNow(fixture), [1]);
  });
});

test('a message that cannot be read to its end cuts the connection: half is never taken for whole', () => {
  const wrapMailbox = (mailbox: Mailbox): Mailbox =>
    new Proxy(mailbox, {
      get(target, name) {
        if (name === 'read') {
          return async (uid: Uid, start: number, end: number) => {
            if (start > 0) throw new Transient('store.io', 'gone');
            return target.read(uid, start, end);
          };
        }
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  const large = `Subject: large\r\n\r\n${'x'.repeat(76)}\r\n`.repeat(2000);
  return withMail({ messages: [large], wrap: (store) => wrapOpen(store, wrapMailbox) }, async (fixture) => {
    const connection = await fixture.login();
    await connection.send('RETR 1\r\n');
    assert.equal(connection.closed.aborted, true);
    assert.ok(!connection.take().endsWith('.\r\n'));
  });
});

/** The store with every opened mailbox wrapped. */
function wrapOpen(store: MailStore, wrapMailbox: (mailbox: Mailbox) => Mailbox): MailStore {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name !== 'openAccount' || typeof value !== 'function') {
        return typeof value === 'function' ? value.bind(target) : value;
      }
      return async (...args: Parameters<MailStore['openAccount']>) => {
        const account = await target.openAccount(...args);
        return new Proxy(account, {
          get(inner, member) {
            if (member === 'open') return async (name: typeof inbox) => wrapMailbox(await inner.open(name));
            const part: unknown = Reflect.get(inner, member, inner);
            return typeof part === 'function' ? part.bind(inner) : part;
          },
        });
      };
    },
  });
}

test('pop3.lock: one session an account, given back at its end; without it two share', async () => {
  await withMail({ messages: [one], settings: { 'pop3.lock': true } }, async (fixture) => {
    const first = await fixture.login();
    const second = await fixture.connect(memoryTls);
    second.take();
    const [, busy] = await talk(second, `USER ${alice}`, 'PASS secret');
    assert.equal(busy, '-ERR [IN-USE] Another session has the maildrop\r\n');
    assert.deepEqual(await uidsNow(fixture), [1], 'IMAP is not locked out');
    await first.finish();
    const [, again] = await talk(second, `USER ${alice}`, 'PASS secret');
    assert.match(again ?? '', /^\+OK Maildrop has 1/);
  });
  await withMail({ messages: [one, two] }, async (fixture) => {
    const [first, second] = [await fixture.login(), await fixture.login()];
    await talk(first, 'DELE 1', 'QUIT');
    assert.match((await talk(second, 'DELE 1', 'QUIT'))[1] ?? '', /^\+OK Bye/);
    assert.deepEqual(await uidsNow(fixture), [2]);
  });
});

test('a user has a bounded number of sessions', () =>
  withMail({ settings: { 'pop3.maxConnectionsPerUser': 1 } }, async (fixture) => {
    const first = await fixture.login();
    const second = await fixture.connect(memoryTls);
    second.take();
    const [, busy] = await talk(second, `USER ${alice}`, 'PASS secret');
    assert.equal(busy, '-ERR [SYS/TEMP] Too many connections of this user\r\n');
    await talk(first, 'QUIT');
    assert.match((await talk(second, `USER ${alice}`, 'PASS secret'))[1] ?? '', /^\+OK/);
  }));

test('draining: a session that waits with nothing marked ends, one with marks may go on to QUIT', () =>
  withMail({ messages: [one, two] }, async (fixture) => {
    const [idle, marked] = [await fixture.login(), await fixture.login()];
    await talk(marked, 'DELE 1');
    await idle.drain();
    assert.equal(idle.closed.aborted, true);
    await marked.drain();
    assert.equal(marked.closed.aborted, false);
    assert.match((await talk(marked, 'QUIT'))[0] ?? '', /^\+OK Bye, 1/);
    assert.deepEqual(await uidsNow(fixture), [2]);
  }));

test('the same dialogue octet by octet', () =>
  withMail({ messages: [two] }, async (fixture) => {
    const connection = await fixture.connect(memoryTls);
    for (const octet of `USER ${alice}\r\nPASS secret\r\nRETR 1\r\nQUIT\r\n`) connection.push(octet);
    await connection.finish();
    assert.match(connection.received, /\r\n\r\n\.\.\r\n\.\.\.dots\r\nend\r\n\.\r\n\+OK Bye\r\n$/);
  }));

test('a session ends when its account is removed; what it had marked stays', () =>
  withMail({ messages: [one] }, async (fixture) => {
    const connection = await fixture.login();
    await talk(connection, 'DELE 1');
    await fixture.reloadUsers();
    assert.equal(connection.closed.aborted, false);
    fixture.directory.removed.add(alice);
    await fixture.reloadUsers();
    assert.equal(connection.closed.aborted, true);
    assert.deepEqual(await uidsNow(fixture), [1]);
  }));

test('a source that does not answer takes nobody’s session away', () =>
  withMail({ messages: [one] }, async (fixture) => {
    const connection = await fixture.login();
    fixture.directory.broken.add('alice');
    await fixture.reloadUsers();
    assert.equal((await talk(connection, 'NOOP'))[0], '+OK Done\r\n');
  }));

test('messages read ahead are those asked for, in any order, and one that is gone fails alone', () => {
  const messages = Array.from({ length: 12 }, (_, i) => `Subject: ${i + 1}\r\n\r\n${'x\r\n'.repeat(i)}`);
  return withMail({ messages }, async (fixture) => {
    const connection = await fixture.login();
    const fetch = async (number: number): Promise<string> =>
      (await talk(connection, `RETR ${number}`))[0] ?? '';
    const whole = (number: number): string =>
      `+OK ${messages[number - 1]?.length} octets\r\n${messages[number - 1]}.\r\n`;
    assert.equal(await fetch(1), whole(1));
    await look(fixture, async (mailbox) => {
      await mailbox.storeFlags(Uint32Array.of(4), 'add', ['\\Deleted']);
      await mailbox.expunge(Uint32Array.of(4));
    });
    for (const number of [2, 3]) assert.equal(await fetch(number), whole(number));
    assert.equal(await fetch(4), '-ERR The message is not there any more\r\n');
    for (const number of [5, 6, 9, 8, 9, 10, 5, 12, 1]) assert.equal(await fetch(number), whole(number));
    await talk(connection, 'DELE 2');
    assert.equal(await fetch(3), whole(3));
    assert.equal(await fetch(2), '-ERR No such message\r\n');
  });
});
