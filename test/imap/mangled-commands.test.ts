// Commands of the selected state with random damage: every one is answered, none ends the session or shows a fault of ours.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRig } from '../fixture/imap-session.ts';

const rounds = 1500;
const commands = [
  'FETCH 1:3,5 (UID FLAGS BODY.PEEK[HEADER.FIELDS (DATE "FROM")]<0.100>)',
  'UID FETCH 1:* (ENVELOPE BODYSTRUCTURE BODY[1.2.MIME] BINARY.SIZE[1]) (CHANGEDSINCE 12)',
  'FETCH 2 (RFC822.SIZE INTERNALDATE BINARY.PEEK[1]<3.4> BODY.PEEK[2.1.TEXT])',
  'SEARCH RETURN (MIN COUNT) CHARSET UTF-8 OR NOT 1:2 (SUBJECT "a b" SINCE 1-Jan-2020) LARGER 5',
  'UID SEARCH OR UNKEYWORD $x HEADER X-Y "z" SENTON 2-Feb-2021 MODSEQ "/flags/\\\\seen" all 7',
  'SEARCH TEXT word NOT (BODY other UID 4:*) UNSEEN',
  'STORE 1,2 (UNCHANGEDSINCE 9) +FLAGS.SILENT (\\Seen $Work)',
  'UID STORE 4:6 -FLAGS \\Flagged \\Draft',
  'COPY 1:2 "Archive"',
  'UID MOVE 3 Archive',
  'UID EXPUNGE 1:2',
];
const pieces = [
  '(',
  ')',
  '[',
  ']',
  '<',
  '>',
  '"',
  ' ',
  '*',
  '0',
  '4294967296',
  ',',
  ':',
  '.',
  '\\',
  '{',
  '}',
  'NIL',
  '\t',
  'é',
];

test('mangled commands: OK, NO or BAD for each, and the session goes on', async () => {
  let state = 20_261_125;
  const random = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
  const damage = (command: string): string => {
    const at = random(command.length + 1);
    const to = Math.min(command.length, at + random(4));
    const piece = pieces[random(pieces.length)]!;
    const kinds = [
      () => command.slice(0, at) + command.slice(to),
      () => command.slice(0, at) + piece + command.slice(at),
      () => command.slice(0, at) + piece + command.slice(to),
      () => command.slice(0, at) + command.slice(at, to).repeat(3) + command.slice(to),
    ];
    return kinds[random(kinds.length)]!();
  };
  const rig = await openRig({ settings: { 'imap.maxBadCommands': 10_000 } });
  try {
    const client = await rig.client();
    for (let n = 0; n < 6; n++)
      await client.append('INBOX', Buffer.from(`Subject: a b ${n}\r\n\r\nword ${n}\r\n`));
    await client.ok('SELECT INBOX');
    const statuses = new Map<string, number>();
    for (let round = 0; round < rounds; round++) {
      let command = commands[random(commands.length)]!;
      for (let times = 1 + random(3); times > 0; times--) command = damage(command);
      // A literal would wait for octets: framing has its own tests.
      if (/\{\d+\+?\}$/.test(command)) continue;
      const answer = await client.command(command);
      assert.match(answer.status, /^(OK|NO|BAD)$/, command);
      assert.doesNotMatch(answer.text, /SERVERBUG/, command);
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    }
    await client.ok('NOOP');
    assert.ok((statuses.get('OK') ?? 0) > 20 && (statuses.get('BAD') ?? 0) > 200);
  } finally {
    await rig.close();
  }
});
