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
  root = await mkdtemp(join(tmpdir(), 'tegu-imap-'));
  store = openMaildirStore({
    name: 'main',
    address: `maildir:${root}`,
    settings: fixedSettings(),
    bus: new DirectBus(),
    log: silentLog,
  });
  services = new TestServices({ store });
  client = await services.login();
});
after(async () => {
  await client.command('LOGOUT');
  await store.close();
  await rm(root, { recursive: true, force: true });
});

/** Names in the LIST or LSUB answers. */
const names = (answer: string): string[] =>
  [...answer.matchAll(/^\* (?:LIST|LSUB|XLIST) \([^)]*\) "\/" "((?:[^"\\]|\\.)*)"/gm)].map(
    (match) => match[1]!,
  );

test('I14: the capabilities of the logged-in state come as a code of the tagged OK', async () => {
  const second = await services.connect({ tls: { protocol: 'TLSv1.3', cipher: 'x', serverName: undefined } });
  second.take();
  const answer = await second.command('LOGIN alice@example.test secret');
  assert.match(answer, /^T OK \[CAPABILITY IMAP4rev1 [^\]]*IDLE[^\]]*\] \S/);
  assert.doesNotMatch(answer, / AUTH=|STARTTLS|LOGINDISABLED/);
  assert.match(await second.command('LOGIN alice@example.test secret'), /^T BAD/);
  assert.match(await second.command('LOGOUT'), /^\* BYE .*\r\nT OK/);
});

test('I23: default folders are there with their special uses, subscribed', async () => {
  const answer = await client.command('LIST "" "*"');
  for (const use of ['\\Sent', '\\Drafts', '\\Trash', '\\Junk']) assert.ok(answer.includes(use), use);
  const subscribed = names(await client.command('LSUB "" "*"'));
  assert.deepEqual(
    names(answer).filter((name) => !subscribed.includes(name)),
    [],
  );
});

test('I23: XLIST is unknown unless the setting allows it', async () => {
  assert.match(await client.command('XLIST "" "*"'), /^T BAD/);
  const old = await new TestServices({ store, settings: { 'imap.xlist': true } }).login();
  const answer = await old.command('XLIST "" "*"');
  assert.match(answer, /^\* XLIST \([^)]*\\Inbox\) "\/" "INBOX"\r\n/m);
  assert.match(answer, /\\Spam/);
  assert.match(await old.command('CAPABILITY'), / XLIST /);
  await old.command('LOGOUT');
});

test('I24: INBOX has one name: LIST, SELECT and CREATE below it', async () => {
  assert.deepEqual(names(await client.command('LIST "" "inbox"')), ['INBOX']);
  assert.deepEqual(
    names(await client.command('LIST "" "%"')).filter((name) => /^inbox$/i.test(name)),
    ['INBOX'],
  );
  assert.match(await client.command('CREATE iNbOx/X'), /^T OK/);
  assert.deepEqual(names(await client.command('LIST "" "INBOX/%"')), ['INBOX/X']);
  assert.match(await client.command('STATUS inbox/X (MESSAGES)'), /^\* STATUS "INBOX\/X" \(MESSAGES 0\)/);
  assert.match(await client.command('DELETE INBOX/X'), /^T OK/);
  assert.match(
    await client.command('NAMESPACE'),
    /^\* NAMESPACE \(\(\x22\x22 "\/"\)\) \(\("Other Users\/" "\/"\)\) NIL\r\nT OK/,
  );
});

test('I06: a name with quote and backslash comes back escaped', async () => {
  assert.match(await client.command('CREATE "ab\\"c\\\\d"'), /^T OK/);
  const answer = await client.command('LIST "" "ab*"');
  assert.match(answer, /^\* LIST \([^)]*\) "\/" "ab\\"c\\\\d"\r\nT OK/);
  assert.match(await client.command('DELETE "ab\\"c\\\\d"'), /^T OK/);
});

test('I16: Cyrillic with an ampersand survives the disk; other spellings are refused', async () => {
  assert.match(await client.command('CREATE "&BBAEMQQy-&-&BDMENAQ1-"'), /^T OK/);
  assert.match(await client.command('LIST "" "&BBA*"'), /"&BBAEMQQy-&-&BDMENAQ1-"\r\nT OK/);
  assert.match(await client.command('CREATE "&AGEAYg-"'), /^T NO \[CANNOT\]/);
  assert.match(await client.command('CREATE {4+}\r\n\xd0\x90\xd0\x91'), /^T NO \[CANNOT\]/);
  assert.match(await client.command('DELETE "&BBAEMQQy-&-&BDMENAQ1-"'), /^T OK/);
});

test('CREATE: INBOX and existing names, trailing separator, special use', async () => {
  assert.match(await client.command('CREATE inbox'), /^T NO \[ALREADYEXISTS\]/);
  assert.match(await client.command('CREATE made/'), /^T OK/);
  assert.match(await client.command('CREATE made'), /^T NO \[ALREADYEXISTS\]/);
  assert.match(await client.command('CREATE made/archive (USE (\\Archive))'), /^T OK/);
  assert.match(await client.command('LIST (SPECIAL-USE) "" "made/%"'), /\\Archive\) "\/" "made\/archive"/);
  assert.match(await client.command('CREATE made/x (USE (\\All))'), /^T NO \[USEATTR\]/);
  assert.match(await client.command('CREATE made/x (USE (\\Sent \\Junk))'), /^T NO \[USEATTR\]/);
  assert.match(await client.command('CREATE made/x (FOO)'), /^T BAD/);
  await client.command('DELETE made/archive');
  assert.match(await client.command('DELETE made'), /^T OK/);
});

test('DELETE: INBOX, missing names and names with inferiors only', async () => {
  assert.match(await client.command('DELETE INBOX'), /^T NO \[CANNOT\]/);
  assert.match(await client.command('DELETE nowhere'), /^T NO \[NONEXISTENT\]/);
  await client.command('CREATE up/down');
  const before = await client.command('LIST "" "up"');
  if (/Noselect/.test(before)) assert.match(await client.command('DELETE up'), /^T NO \[HASCHILDREN\]/);
  else {
    await client.command('DELETE up');
    assert.match(await client.command('LIST "" "up"'), /\\Noselect \\HasChildren/);
    assert.match(await client.command('DELETE up'), /^T NO \[HASCHILDREN\]/);
  }
  assert.match(await client.command('DELETE up/down'), /^T OK/);
  assert.deepEqual(names(await client.command('LIST "" "up*"')), []);
});

test('I15: RENAME takes inferiors along, makes missing superiors, moves subscriptions', async () => {
  for (const name of ['A', 'A/B', 'A/B/C']) {
    await client.command(`CREATE ${name}`);
    await client.command(`SUBSCRIBE ${name}`);
  }
  assert.match(await client.command('RENAME A A/Z'), /^T NO \[CANNOT\]/);
  assert.match(await client.command('RENAME A A'), /^T NO \[ALREADYEXISTS\]/);
  assert.match(await client.command('RENAME A Z/Q'), /^T OK/);
  assert.deepEqual(
    names(await client.command('LIST "" "A*"')).filter((name) => /^A(\/|$)/.test(name)),
    [],
  );
  assert.deepEqual(names(await client.command('LIST "" "Z*"')), ['Z', 'Z/Q', 'Z/Q/B', 'Z/Q/B/C']);
  assert.deepEqual(names(await client.command('LSUB "" "Z*"')), ['Z/Q', 'Z/Q/B', 'Z/Q/B/C']);
  assert.deepEqual(names(await client.command('LSUB "" "A/*"')), []);
  assert.match(await client.command('RENAME Z/Q INBOX'), /^T NO \[ALREADYEXISTS\]/);
  assert.match(await client.command('RENAME nowhere W'), /^T NO \[NONEXISTENT\]/);
  for (const name of ['Z/Q/B/C', 'Z/Q/B', 'Z/Q', 'Z']) await client.command(`DELETE ${name}`);
});

test('I21: STATUS APPENDLIMIT is the number, or NIL where none is set', async () => {
  assert.match(
    await client.command('STATUS INBOX (APPENDLIMIT)'),
    /^\* STATUS "INBOX" \(APPENDLIMIT 104857600\)/,
  );
  const free = await new TestServices({ store, settings: { 'imap.appendLimitBytes': 0 } }).login();
  assert.match(await free.command('STATUS INBOX (APPENDLIMIT)'), /^\* STATUS "INBOX" \(APPENDLIMIT NIL\)/);
  assert.match(await free.command('CAPABILITY'), / APPENDLIMIT /);
  await free.command('LOGOUT');
});

test('I11: STATUS HIGHESTMODSEQ of an empty mailbox is at least 1', async () => {
  await client.command('CREATE empty');
  const answer = await client.command(
    'STATUS empty (HIGHESTMODSEQ MESSAGES SIZE DELETED UIDNEXT UIDVALIDITY)',
  );
  const match = /HIGHESTMODSEQ (\d+)/.exec(answer);
  assert.ok(Number(match?.[1]) >= 1);
  assert.match(answer, /MESSAGES 0 UIDNEXT 1 UIDVALIDITY [1-9]\d* DELETED 0 SIZE 0/);
  await client.command('DELETE empty');
});

test('STATUS: unknown items and mailboxes', async () => {
  assert.match(await client.command('STATUS INBOX (FOO)'), /^T BAD/);
  assert.match(await client.command('STATUS INBOX ()'), /^T BAD/);
  assert.match(await client.command('STATUS nowhere (MESSAGES)'), /^T NO \[NONEXISTENT\]/);
});

test('LIST RETURN (STATUS …): a STATUS line after each selectable mailbox', async () => {
  const answer = await client.command('LIST "" "INBOX" RETURN (SUBSCRIBED STATUS (MESSAGES))');
  assert.match(answer, /^\* LIST \([^)]*\) "\/" "INBOX"\r\n\* STATUS "INBOX" \(MESSAGES 0\)\r\nT OK/);
});

test('LIST "" "": the separator and the root; an extended form is nothing special', async () => {
  assert.match(await client.command('LIST "" ""'), /^\* LIST \(\\Noselect\) "\/" ""\r\nT OK/);
  assert.match(await client.command('LIST "" "" RETURN ()'), /^T OK/);
});

test('LIST: options that are unknown or meaningless are BAD', async () => {
  for (const text of [
    'LIST (FOO) "" *',
    'LIST (RECURSIVEMATCH) "" *',
    'LIST (RECURSIVEMATCH REMOTE) "" *',
    'LIST "" * RETURN (FOO)',
    'LIST "" * RETURN (STATUS)',
    'LIST "" ()',
    'LIST ""',
  ]) {
    assert.match(await client.command(text), /^T BAD/, text);
  }
});

test('QUOTA: one root; no limits, no resources; users cannot set it', async () => {
  assert.match(
    await client.command('GETQUOTAROOT INBOX'),
    /^\* QUOTAROOT "INBOX" "Mail"\r\n\* QUOTA "Mail" \(\)\r\nT OK/,
  );
  assert.match(await client.command('GETQUOTA Mail'), /^\* QUOTA "Mail" \(\)\r\nT OK/);
  assert.match(await client.command('GETQUOTA other'), /^T NO \[NONEXISTENT\]/);
  assert.match(await client.command('SETQUOTA Mail (STORAGE 10)'), /^T NO \[NOPERM\]/);
});

test('ENABLE: known names once, unknown ones ignored', async () => {
  const other = await services.login();
  assert.match(await other.command('ENABLE CONDSTORE X-FOO'), /^\* ENABLED CONDSTORE\r\nT OK/);
  assert.match(await other.command('ENABLE CONDSTORE'), /^\* ENABLED\r\nT OK/);
  assert.match(await other.command('ENABLE'), /^T BAD/);
  await other.command('LOGOUT');
});

test('SELECT: a missing mailbox leaves none selected; UNSELECT and CLOSE need one', async () => {
  assert.match(await client.command('SELECT inbox'), /^\* FLAGS [\s\S]*T OK \[READ-WRITE\] \S/);
  assert.match(
    await client.command('EXAMINE INBOX'),
    /^\* OK \[CLOSED\] \S.*\r\n[\s\S]*T OK \[READ-ONLY\] \S/,
  );
  assert.match(await client.command('SELECT nowhere'), /T NO \[NONEXISTENT\]/);
  assert.match(await client.command('CLOSE'), /^T BAD/);
  await client.command('SELECT INBOX (CONDSTORE)');
  assert.match(await client.command('SELECT INBOX (FOO)'), /^T BAD/);
  assert.match(await client.command('UNSELECT'), /^T OK/);
  assert.match(await client.command('UNSELECT'), /^T BAD/);
});

test('DELETE of the selected mailbox leaves it first; other sessions that have it selected hear BYE', async () => {
  await client.command('CREATE doomed');
  await client.command('SELECT doomed');
  const other = await services.login();
  await other.command('SELECT doomed');
  assert.match(await client.command('DELETE doomed'), /^\* OK \[CLOSED\] \S.*\r\nT OK/);
  assert.match(await client.command('CLOSE'), /^T BAD/);
  assert.match(await other.command('NOOP'), /T OK[\s\S]*\* BYE \S/);
  assert.equal(other.isClosed, true);
});
