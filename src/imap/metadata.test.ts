// METADATA over IMAP (RFC 5464): options, limits, values of any octets, who may set what, who is told.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { silentLog } from '../host/log.ts';
import { type MaildirStore, openMaildirStore } from '../store/maildir/store.ts';
import { DirectBus, fixedSettings, type TestClient, TestServices } from './session-fixture.ts';

let root: string;
let store: MaildirStore;
let services: TestServices;
let client: TestClient;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'tegu-metadata-'));
  const bus = new DirectBus();
  const options = {
    name: 'main',
    address: `maildir:${root}`,
    settings: fixedSettings(),
    bus,
    log: silentLog,
  };
  store = openMaildirStore(options);
  services = new TestServices({
    store,
    bus,
    settings: {
      'sharing.maxAnnotationBytes': 1024,
      'sharing.maxAnnotations': 10,
      'sharing.serverComment': 'Почта',
      'sharing.serverAdmin': 'mailto:postmaster@example.test',
    },
  });
  services.directory.add('bob');
  client = await services.login();
});
after(async () => {
  await client.command('LOGOUT');
  await store.close();
  await rm(root, { recursive: true, force: true });
});

const set = (mailbox: string, text: string): Promise<string> =>
  client.command(`SETMETADATA ${mailbox} (${text})`);
const get = (text: string): Promise<string> => client.command(`GETMETADATA ${text}`);

test('metadata: set, get, remove; names have no case; NIL for what is not there', async () => {
  assert.match(await set('INBOX', '/PRIVATE/Comment "mine" /shared/comment "a \\"b\\" \\\\"'), /^T OK/);
  assert.equal(
    await get('INBOX (/shared/comment /private/COMMENT /shared/x)'),
    '* METADATA "INBOX" (/shared/comment "a \\"b\\" \\\\" /private/comment "mine" /shared/x NIL)\r\n' +
      'T OK GETMETADATA completed\r\n',
  );
  assert.match(await set('INBOX', '/private/comment NIL'), /^T OK/);
  assert.match(await get('INBOX /private/comment'), /^\* METADATA "INBOX" \(\/private\/comment NIL\)\r/);
  assert.match(await get('Nowhere /private/comment'), /^T NO \[NONEXISTENT\]/);
  assert.match(await set('Nowhere', '/private/comment "x"'), /^T NO \[NONEXISTENT\]/);
});

test('metadata: values of several lines, 8-bit and binary come back octet for octet', async () => {
  assert.match(await client.command('SETMETADATA INBOX (/private/comment {6+}\r\na\r\nb\r\n)'), /^T OK/);
  assert.match(await get('INBOX /private/comment'), /\(\/private\/comment \{6\}\r\na\r\nb\r\n\)\r\nT OK/);
  await client.connection.send('b1 SETMETADATA INBOX (/private/comment ~{3+}\r\n');
  await client.connection.send(Buffer.from([0, 0xff, 0x0d]));
  assert.match(await client.send(')\r\n'), /^b1 OK/);
  assert.match(await get('INBOX /private/comment'), /\/private\/comment ~\{3\}\r\n/);
});

test('metadata: MAXSIZE leaves out and says how long, DEPTH reaches below', async () => {
  await set(
    'INBOX',
    `/shared/comment "${'x'.repeat(50)}" /private/filters/values/a "1" /private/filters/values/a/b "2"`,
  );
  for (const form of ['(MAXSIZE 10) INBOX', 'INBOX (MAXSIZE 10)']) {
    const answer = await get(`${form} (/shared/comment /private/filters/values/a)`);
    assert.match(
      answer,
      /^\* METADATA "INBOX" \(\/private\/filters\/values\/a "1"\)\r\nT OK \[METADATA LONGENTRIES 50\]/,
    );
  }
  assert.match(await get('(DEPTH 1) INBOX /private/filters/values'), /\(\/private\/filters\/values\/a "1"\)/);
  assert.match(
    await get('(DEPTH infinity MAXSIZE 5) INBOX /private/filters'),
    /a "1" \/private\/filters\/values\/a\/b "2"\)/,
  );
  assert.match(await get('(DEPTH 0) INBOX /private/filters'), /\(\/private\/filters NIL\)/);
  await set('INBOX', '/private/filters/values/a NIL /private/filters/values/a/b NIL');
});

test('metadata: limits at the bound and one past it, nothing changed by a refused command', async () => {
  await client.command('CREATE Limits');
  assert.match(await set('Limits', `/private/comment "${'x'.repeat(1024)}"`), /^T OK/);
  const long = await set('Limits', `/shared/comment "kept out" /private/comment "${'x'.repeat(1025)}"`);
  assert.match(long, /^T NO \[METADATA MAXSIZE 1024\]/);
  assert.match(await get('Limits /shared/comment'), /NIL/);
  const nine = Array.from({ length: 9 }, (_, i) => `/private/vendor/v/${i} "x"`);
  assert.match(await set('Limits', nine.join(' ')), /^T OK/);
  assert.match(await set('Limits', '/private/vendor/v/more "x"'), /^T NO \[METADATA TOOMANY\]/);
  assert.match(await set('Limits', '/private/vendor/v/0 "other"'), /^T OK/);
  assert.match(await set('Limits', '/private/vendor/v/0 NIL'), /^T OK/);
});

test('metadata: entry names that are none are BAD', async () => {
  for (const entry of [
    'comment',
    '/comment',
    '/shared',
    '/shared/',
    '/shared//x',
    '/shared/a%b',
    '"/shared/a*"',
    '/shared/vendor/x',
    '/other/comment',
    `/shared/${'x'.repeat(250)}`,
  ]) {
    assert.match(await set('INBOX', `${entry} "x"`), /^T BAD/, entry);
  }
  for (const text of [
    'INBOX',
    'INBOX ()',
    '(SIZE 1) INBOX /shared/comment',
    '(DEPTH 2) INBOX /shared/comment',
  ])
    assert.match(await get(text), /^T BAD/, text);
});

test('metadata: the server tells its comment and administrator and lets nobody change them', async () => {
  assert.match(
    await get('"" (/shared/comment /shared/admin)'),
    /^\* METADATA "" \(\/shared\/comment \{10\}\r\n.{10} \/shared\/admin "mailto:postmaster@example.test"\)/,
  );
  assert.match(await set('""', '/shared/comment "x"'), /^T NO \[NOPERM\]/);
  assert.match(await set('""', '/private/vendor/v/x "x"'), /^T OK/);
  assert.match(await get('(DEPTH infinity) "" /private'), /^\* METADATA "" \(\/private\/vendor\/v\/x "x"\)/);
});

test('metadata: news goes to who enabled it and did not make the change', async () => {
  await client.command('SETACL INBOX bob@example.test lrw');
  const bob = await services.login('bob');
  const second = await services.login();
  assert.match(await bob.command('ENABLE METADATA'), /^\* ENABLED METADATA\r\nT OK/);
  assert.match(await client.command('ENABLE METADATA'), /^\* ENABLED METADATA\r\nT OK/);
  assert.doesNotMatch(await set('INBOX', '/shared/comment "new" /private/comment "mine"'), /^\* METADATA/);
  assert.doesNotMatch(await second.command('NOOP'), /METADATA/);
  assert.match(
    await bob.command('NOOP'),
    /^\* METADATA "Other Users\/alice@example.test\/INBOX" \/shared\/comment\r\nT OK/,
  );
  assert.doesNotMatch(await bob.command('NOOP'), /METADATA/);
  await client.send('i IDLE\r\n');
  await bob.command(
    'SETMETADATA "Other Users/alice@example.test/INBOX" (/private/comment "bob" /shared/comment "b")',
  );
  let heard = '';
  for (let i = 0; i < 200 && !heard.includes('METADATA'); i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    heard += client.take();
  }
  assert.match(heard, /^\* METADATA "INBOX" \/shared\/comment\r$/m);
  await client.send('DONE\r\n');
  assert.match(
    await get('INBOX (/private/comment /shared/comment)'),
    /\/private\/comment "mine" \/shared\/comment "b"/,
  );
});

test('metadata: a disabled capability takes the commands away', async () => {
  const plain = new TestServices({ store, settings: { 'imap.disabledCapabilities': ['METADATA', 'ACL'] } });
  const other = await plain.login();
  assert.match(await other.command('GETMETADATA INBOX /shared/comment'), /^T BAD/);
  assert.match(await other.command('MYRIGHTS INBOX'), /^T BAD/);
  await other.command('LOGOUT');
});
