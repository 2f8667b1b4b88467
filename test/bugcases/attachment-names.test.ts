// What other servers' users reported about names of attachments that were sent: nothing here writes such fields itself, so what
// must hold is that the one place that rewrites parts of a message leaves both forms of the name as the client wrote them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Value } from '../fixture/imap-client.ts';
import { openRig } from '../fixture/imap-session.ts';

/** `Тест.txt` as RFC 2231 4 and, for older readers, as an encoded word. */
const disposition = "Content-Disposition: attachment; filename*=UTF-8''%D0%A2%D0%B5%D1%81%D1%82.txt";
const type = 'Content-Type: application/octet-stream; name="=?UTF-8?B?0KLQtdGB0YIudHh0?="';

const mail = (encoding: string, body: string): string =>
  [
    'Subject: attachment',
    'Content-Type: multipart/mixed; boundary=x',
    '',
    '--x',
    'Content-Type: text/plain',
    '',
    'text',
    '--x',
    type,
    disposition,
    `Content-Transfer-Encoding: ${encoding}`,
    '',
    body,
    '--x--',
    '',
  ].join('\r\n');

test('E04: the name of an attachment stays as it was written, also when its part is stored in base64', async () => {
  const rig = await openRig();
  try {
    const client = await rig.client();
    await client.append('INBOX', Buffer.from(mail('7bit', 'plain')));
    const binary = Buffer.from(mail('binary', 'with \0 in it'), 'latin1');
    const marker = Buffer.from(`APPEND INBOX ~{${binary.length}+}\r\n`);
    await client.ok(Buffer.concat([marker, binary]));
    await client.ok('SELECT INBOX');
    const messages = await client.fetch('FETCH 1:2 (BODY.PEEK[2.MIME] BODYSTRUCTURE BINARY.PEEK[2])');
    for (const [number, content] of [
      [1, 'plain'],
      [2, 'with \0 in it'],
    ] as const) {
      const items = messages.get(number)!;
      const header = String(items.get('BODY[2.MIME]'));
      assert.ok(header.includes(`${type}\r\n`), header);
      assert.ok(header.includes(`${disposition}\r\n`), header);
      const parts = items.get('BODYSTRUCTURE') as Value[];
      const attachment = parts[1] as Value[];
      assert.deepEqual(text(attachment[2]), ['name', '=?UTF-8?B?0KLQtdGB0YIudHh0?=']);
      const shown = attachment.find((field) => Array.isArray(field) && String(field[0]) === 'attachment');
      assert.deepEqual(text((shown as Value[])[1]), ['filename*', "UTF-8''%D0%A2%D0%B5%D1%81%D1%82.txt"]);
      assert.equal(String(items.get('BINARY[2]')), content);
    }
    assert.match(String(messages.get(2)?.get('BODY[2.MIME]')), /^Content-Transfer-Encoding: base64\r$/m);
  } finally {
    await rig.close();
  }
});

const text = (list: Value | undefined): string[] => (list as Value[]).map(String);
