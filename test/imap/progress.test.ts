// INPROGRESS while a command works on many messages (RFC 9585).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openRig } from '../fixture/imap-session.ts';
import { withMailboxes } from '../fixture/wrapped-store.ts';

test('in progress: a removal, a copy or a flag change that takes long says so, again and again', async () => {
  const slowly =
    <A extends unknown[], R>(method: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      await sleep(350);
      return await method(...args);
    };
  const rig = await openRig({
    settings: { 'imap.inProgressMs': 100 },
    wrap: withMailboxes((mailbox) => ({
      expunge: slowly(mailbox.expunge.bind(mailbox)),
      storeFlags: slowly(mailbox.storeFlags.bind(mailbox)),
      copyTo: slowly(mailbox.copyTo.bind(mailbox)),
    })),
  });
  try {
    const client = await rig.client();
    await client.append('INBOX', Buffer.from('Subject: x\r\n\r\n'));
    await client.ok('SELECT INBOX');
    await client.ok('CREATE There');
    for (const command of ['STORE 1 +FLAGS (\\Deleted)', 'COPY 1 There', 'EXPUNGE']) {
      const tag = client.send(command);
      const answer = await client.finish(tag);
      assert.equal(answer.status, 'OK', command);
      const told = answer.untagged.filter(({ raw }) =>
        raw.startsWith(`* OK [INPROGRESS ("${tag}" NIL NIL)] `),
      );
      assert.ok(told.length >= 2, `${command}: ${told.length}`);
    }
  } finally {
    await rig.close();
  }
});
