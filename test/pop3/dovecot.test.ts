// Side by side with Dovecot on one Maildir: LIST, UIDL, RETR and TOP of both are the same to the octet, so clients that move
// here fetch nothing a second time.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { alice, Pop3Fixture, talk } from '../../src/pop3/fixture.ts';
import { openTestStore } from '../../src/pop3/store-fixture.test.ts';
import { type Dovecot, dovecotMissing, startDovecot } from '../fixture/dovecot.ts';
import { ImapClient } from '../fixture/imap-client.ts';

const messages = [
  'From: a@b.example\r\nSubject: plain\r\n\r\ntext\r\n',
  'From: a@b.example\r\nSubject: dots\r\n\r\n.\r\n..\r\n.a\r\n\r\n.\r\n',
  'From: a@b.example\r\nSubject: header alone\r\n\r\n',
  'From: a@b.example\r\nSubject: 8 bit\r\n\r\n\x80\xff\r\n\r\n\r\nend\r\n',
  `From: a@b.example\r\nSubject: long\r\n\r\n${`${'x'.repeat(76)}\r\n`.repeat(3000)}`,
  'From: a@b.example\r\nSubject: removed before\r\n\r\n',
  'From: a@b.example\r\nSubject: last\r\n\r\n1\r\n2\r\n3\r\n',
];

let dovecot: Dovecot;
let ours: Pop3Fixture;
before(async () => {
  assert.equal(dovecotMissing(), undefined);
  dovecot = await startDovecot();
  const client = await ImapClient.connect(dovecot.imapPort);
  await client.ok(`LOGIN ${alice} pass`);
  for (const message of messages) await client.append('INBOX', Buffer.from(message, 'latin1'));
  await client.ok('SELECT INBOX');
  await client.ok('STORE 6 +FLAGS (\\Deleted)');
  await client.ok('EXPUNGE');
  client.close();
  ours = await Pop3Fixture.open({
    openStore: (_root, bus, settings) => openTestStore(join(dovecot.base, 'mail'), bus, settings),
  });
});
after(async () => {
  await ours.close();
  await dovecot.remove();
});

/** Everything Dovecot answers to `commands` after log-in. */
async function askDovecot(commands: readonly string[]): Promise<string> {
  const socket = connect(dovecot.pop3Port, '127.0.0.1');
  socket.setEncoding('latin1');
  let text = '';
  socket.on('data', (part: string) => {
    text += part;
  });
  socket.write([`USER ${alice}`, 'PASS pass', ...commands, 'QUIT', ''].join('\r\n'));
  await new Promise((resolve, reject) => socket.once('close', resolve).once('error', reject));
  return text;
}

/** Without the free text of one-line answers. */
const withoutWords = (text: string): string =>
  text.replace(/^\+OK .*\r\n/gm, (line) => `+OK${/^\+OK( \d+ [0-9a-f]+)\r\n$/.exec(line)?.[1] ?? ''}\r\n`);

test('LIST, UIDL, STAT, RETR and TOP are those of Dovecot', async () => {
  const numbers = Array.from({ length: messages.length - 1 }, (_, i) => i + 1);
  const commands = [
    'STAT',
    'LIST',
    'UIDL',
    ...numbers.flatMap((number) => [
      `LIST ${number}`,
      `UIDL ${number}`,
      `RETR ${number}`,
      ...[0, 1, 2, 4, 100_000].map((lines) => `TOP ${number} ${lines}`),
    ]),
  ];
  const theirs = await askDovecot(commands);
  const connection = await ours.login();
  const replies = await talk(connection, ...commands);
  // Greeting, USER and PASS lead theirs, QUIT ends them.
  const expected = withoutWords(theirs).split('\r\n').slice(3, -2).join('\r\n');
  const answered = withoutWords(replies.join('')).slice(0, -2);
  assert.ok(expected.length > 400_000, 'Dovecot answered');
  assert.equal(answered, expected);
});
