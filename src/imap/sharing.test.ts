// Shared and public mailboxes over IMAP: what each command asks for, what is hidden, what open sessions hear.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { silentLog } from '../host/log.ts';
import { type MaildirStore, openMaildirStore } from '../store/maildir/store.ts';
import { DirectBus, fixedSettings, type TestClient, TestServices } from './session-fixture.ts';

const team = '"Other Users/alice@example.test/Team"';
const everything = 'lrswipkxtea';

let root: string;
let bus: DirectBus;
/** Two workers on one root. */
let stores: readonly [MaildirStore, MaildirStore];
let services: TestServices;
let otherWorker: TestServices;
let alice: TestClient;
let bob: TestClient;

function openStore(): MaildirStore {
  return openMaildirStore({
    name: 'main',
    address: `maildir:${root}`,
    settings: fixedSettings(),
    bus,
    log: silentLog,
  });
}

function openServices(store: MaildirStore): TestServices {
  const opened = new TestServices({
    store,
    bus,
    domain: { publicFolders: 'public' },
    settings: { 'sharing.rightsCacheMs': 0 },
  });
  opened.directory.add('bob', { groups: ['sales'] });
  opened.directory.add('carol');
  opened.directory.add('admin', { admin: true });
  return opened;
}

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'tegu-sharing-'));
  bus = new DirectBus();
  stores = [openStore(), openStore()];
  services = openServices(stores[0]);
  otherWorker = openServices(stores[1]);
});
after(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await rm(root, { recursive: true, force: true });
});

/** Each test begins with Alice's mailbox Team, one message in it, and Bob on another worker. */
beforeEach(async () => {
  alice = await services.login();
  bob = await otherWorker.login('bob');
  for (const name of ['Team/Sub', 'Team', 'New', 'INBOX/Moved']) await alice.command(`DELETE ${name}`);
  assert.match(await alice.command('CREATE Team'), /^T OK/);
  await put(alice, 'Team', 'one');
  await alice.command('SETACL INBOX bob@example.test k');
});

async function put(client: TestClient, mailbox: string, text: string, flags = ''): Promise<string> {
  const message = `Subject: ${text}\r\n\r\n${text}\r\n`;
  return await client.command(`APPEND ${mailbox} ${flags}{${message.length}+}\r\n${message}`);
}

const grant = async (rights: string, who = 'bob@example.test', name = 'Team'): Promise<void> =>
  assert.match(await alice.command(`SETACL ${name} ${who} "${rights}"`), /^T OK/);
const without = (letters: string): string =>
  [...everything].filter((letter) => !letters.includes(letter)).join('');

const sub = team.replace('Team', 'Team/Sub');
const moved = team.replace('Team', 'INBOX/Moved');

/** Every command, the right it needs, and how it ends without: hidden when `l` is what is missing, too. */
const commands: readonly (readonly [command: string, needs: string, setup?: string])[] = [
  [`SELECT ${team}`, 'r'],
  [`EXAMINE ${team}`, 'r'],
  [`STATUS ${team} (MESSAGES)`, 'r'],
  [`GETACL ${team}`, 'a'],
  [`SETACL ${team} carol@example.test l`, 'a'],
  [`DELETEACL ${team} carol@example.test`, 'a'],
  [`LISTRIGHTS ${team} carol@example.test`, 'a'],
  [`APPEND ${team} {17+}\r\nSubject: x\r\n\r\nx\r\n`, 'i'],
  [`COPY 1 ${team}`, 'i', 'INBOX'],
  [`MOVE 1 ${team}`, 'i', 'INBOX'],
  ['EXPUNGE', 'e', team],
  ['UID EXPUNGE 1:*', 'e', team],
  ['STORE 1 +FLAGS (\\Seen)', 's', team],
  ['STORE 1 +FLAGS (\\Deleted)', 't', team],
  ['STORE 1 +FLAGS (\\Flagged)', 'w', team],
  ['STORE 1 +FLAGS (Keyword)', 'w', team],
  ['MOVE 1 INBOX', 't', team],
  ['MOVE 1 INBOX', 'e', team],
  [`SETMETADATA ${team} (/shared/comment "x")`, 'w'],
  [`GETMETADATA ${team} /shared/comment`, 'l'],
  [`CREATE ${sub}`, 'k'],
  [`RENAME ${team} ${moved}`, 'x'],
  [`DELETE ${team}`, 'x'],
];

for (const [text, needs, selected] of commands) {
  test(`rights: ${text.split('\r')[0]} needs ${needs}`, async () => {
    await grant(everything);
    await put(bob, 'INBOX', 'mine');
    if (selected !== undefined) assert.match(await bob.command(`SELECT ${selected}`), /T OK/);
    await grant(without(needs));
    const refused = await bob.command(text);
    assert.match(refused, needs === 'l' ? /^T NO \[NONEXISTENT\]/m : /^T NO \[NOPERM\]/m);
    if (selected === undefined) {
      // RFC 4314 6: without `l` the answer is the one for a mailbox that is not there.
      await grant(without(`l${needs}`));
      const hidden = await bob.command(text);
      const absent = await bob.command(
        text.replaceAll(/Users\/alice@example.test\/Team/g, 'Users/alice@example.test/None'),
      );
      const isCreation = text.startsWith('CREATE');
      assert.match(hidden, isCreation ? /^T NO \[NOPERM\]/m : /^T NO \[(NONEXISTENT|TRYCREATE)\]/m);
      assert.equal(hidden, absent);
    }
    await grant(everything);
    assert.match(await bob.command(text), /^T OK/m);
  });
}

/** Commands that change nothing of importance, and every right that each of them needs. */
const harmless: readonly (readonly [command: string, needs: string])[] = [
  [`EXAMINE ${team}`, 'r'],
  [`SELECT ${team}`, 'r'],
  ['FETCH 1 BODY[]', ''],
  ['SEARCH UNSEEN', ''],
  ['STORE 1 +FLAGS (\\Seen)', 's'],
  ['STORE 1 -FLAGS (\\Deleted)', 't'],
  ['STORE 1 +FLAGS (\\Answered)', 'w'],
  ['STORE 1 FLAGS (\\Seen \\Answered)', ''],
  ['COPY 1 INBOX', ''],
  ['UNSELECT', ''],
  [`STATUS ${team} (UNSEEN)`, 'r'],
  [`MYRIGHTS ${team}`, ''],
  [`GETACL ${team}`, 'a'],
  [`SETACL ${team} carol@example.test l`, 'a'],
  [`DELETEACL ${team} carol@example.test`, 'a'],
  [`LISTRIGHTS ${team} carol@example.test`, 'a'],
  [`GETMETADATA ${team} /private/comment`, 'l'],
  [`SETMETADATA ${team} (/private/comment "x")`, 'l'],
  [`SETMETADATA ${team} (/shared/comment "x")`, 'lw'],
  [`GETQUOTAROOT ${team}`, ''],
  [`SUBSCRIBE ${team}`, ''],
  [`APPEND ${team} {17+}\r\nSubject: x\r\n\r\nx\r\n`, 'i'],
  [`CREATE ${sub}`, 'k'],
  [`DELETE ${sub}`, 'x'],
];

for (const letter of everything) {
  test(`rights: all but ${letter}: each command is refused exactly when it needs it`, async () => {
    await alice.command('CREATE Team/Sub');
    await grant(without(letter), 'bob@example.test', 'Team/Sub');
    if (letter === 'k') await grant(without(letter));
    else await alice.command('DELETE Team/Sub');
    await grant(without(letter));
    let selected = false;
    for (const [text, needs] of harmless) {
      const inside = /^(FETCH|SEARCH|STORE|COPY|UNSELECT)/.test(text);
      if (inside && !selected) continue;
      const answer = await bob.command(text);
      if (text.startsWith('SELECT')) selected = /^T OK/m.test(answer);
      const wanted = needs.includes(letter) ? /^T NO \[(NOPERM|NONEXISTENT)\]/m : /^T OK/m;
      assert.match(answer, wanted, `${text} without ${letter}`);
    }
  });
}

test('rights: STORE changes the flags it may and fails only when it may none (RFC 4314 4)', async () => {
  await grant('lrs');
  await bob.command(`SELECT ${team}`);
  assert.match(
    await bob.command('STORE 1 FLAGS (\\Seen \\Flagged \\Deleted)'),
    /^\* 1 FETCH \(FLAGS \(\\Seen( \\Recent)?\)/m,
  );
  assert.match(await bob.command('STORE 1 +FLAGS (\\Flagged)'), /^T NO \[NOPERM\]/m);
  assert.match(await alice.command('STATUS Team (UNSEEN)'), /UNSEEN 1/);
});

test('rights: FETCH without s leaves \\Seen alone and succeeds', async () => {
  await grant('lr');
  await bob.command(`SELECT ${team}`);
  assert.match(await bob.command('FETCH 1 BODY[]'), /^T OK/m);
  assert.match(await bob.command('FETCH 1 FLAGS'), /FLAGS \((\\Recent)?\)/);
});

test('rights: CLOSE without e removes nothing and says OK', async () => {
  await grant('lrt');
  await bob.command(`SELECT ${team}`);
  await bob.command('STORE 1 +FLAGS (\\Deleted)');
  assert.match(await bob.command('CLOSE'), /^T OK/m);
  assert.match(await alice.command('STATUS Team (MESSAGES)'), /MESSAGES 1/);
});

test('rights: APPEND and COPY drop the flags that may not be set, and never fail for them', async () => {
  await grant('lrsi');
  assert.match(await put(bob, team, 'mine', '(\\Seen \\Flagged \\Deleted) '), /^T OK/m);
  await bob.command(`SELECT ${team}`);
  assert.match(await bob.command('FETCH 2 FLAGS'), /FETCH \(FLAGS \(\\Seen( \\Recent)?\)\)/);
  await bob.command('SELECT INBOX');
  await put(bob, 'INBOX', 'flagged', '(\\Answered \\Seen) ');
  assert.match(await bob.command(`COPY * ${team}`), /^T OK \[COPYUID/m);
  await bob.command(`SELECT ${team}`);
  assert.match(await bob.command('FETCH 3 FLAGS'), /FETCH \(FLAGS \(\\Seen( \\Recent)?\)\)/);
});

test('select: READ-ONLY and PERMANENTFLAGS say what the rights allow (RFC 4314 5)', async () => {
  await grant('lrs');
  const reader = await bob.command(`SELECT ${team}`);
  assert.match(reader, /\[PERMANENTFLAGS \(\\Seen\)\]/);
  assert.match(reader, /^T OK \[READ-ONLY\]/m);
  await grant('lrswt');
  assert.match(await bob.command('NOOP'), /\[PERMANENTFLAGS \(\\Answered \\Flagged \\Deleted \\Seen \\Draft/);
  assert.match(await bob.command(`SELECT ${team}`), /^T OK \[READ-WRITE\]/m);
});

test('seen: private per user, with CONDSTORE news for that user only', async () => {
  await grant('lrs');
  await bob.command(`SELECT ${team} (CONDSTORE)`);
  await alice.command('SELECT Team');
  const stored = await bob.command('STORE 1 +FLAGS (\\Seen)');
  assert.match(stored, /FETCH \(FLAGS \(\\Seen( \\Recent)?\) MODSEQ \(\d+\)\)/);
  assert.match(await bob.command('SEARCH UNSEEN'), /^\* SEARCH\r\n/m);
  assert.match(await alice.command('SEARCH UNSEEN'), /^\* SEARCH 1\r\n/m);
  assert.match(await bob.command(`STATUS ${team} (UNSEEN)`), /UNSEEN 0/);
  assert.doesNotMatch(await alice.command('NOOP'), /FETCH/);
});

test('hidden: what may not be looked up is not listed, its name tells nothing', async () => {
  await grant('r');
  assert.doesNotMatch(await bob.command('LIST "" "*"'), /Team/);
  await grant('l');
  assert.match(
    await bob.command('LIST "" "*"'),
    /^\* LIST \([^)]*\) "\/" "Other Users\/alice@example.test\/Team"\r$/m,
  );
  assert.match(
    await bob.command('LIST "" "Other Users/%"'),
    /\(\\Noselect \\HasChildren\) "\/" "Other Users\/alice@example.test"/,
  );
  const carol = await services.login('carol');
  const there = await carol.command(`SELECT ${team}`);
  assert.equal(there, await carol.command(`SELECT ${team.replace('Team', 'None')}`));
  assert.equal(there, await carol.command('SELECT "Other Users/nobody@example.test/Team"'));
  assert.match(await carol.command(`CREATE ${sub}`), /^T NO \[NOPERM\]/);
  // Neither CREATE nor RENAME tells of a mailbox that hides where others may be made.
  await alice.command('CREATE Team/Sub');
  await alice.command('DELETEACL Team/Sub bob@example.test');
  await grant('lrk');
  assert.match(await bob.command(`CREATE ${sub}`), /^T NO \[NOPERM\]/);
  await grant('l', 'bob@example.test', 'Team/Sub');
  assert.match(await bob.command(`CREATE ${sub}`), /^T NO \[ALREADYEXISTS\]/);
  assert.match(await carol.command(`GETQUOTAROOT ${team}`), /^T NO \[NONEXISTENT\]/);
});

test('groups: rights by group, anyone refused to users, negative entries take away', async () => {
  await grant('lr', '$sales');
  assert.match(await bob.command(`SELECT ${team}`), /^T OK/m);
  await grant('r', '-bob@example.test');
  assert.match(await bob.command(`EXAMINE ${team}`), /^T NO \[NOPERM\]/m);
  assert.match(await alice.command('SETACL Team anyone lr'), /^T NO \[NOPERM\]/);
  assert.match(await alice.command('SETACL Team -anyone a'), /^T OK/);
  assert.match(await alice.command('SETACL Team alice@example.test l'), /^T NO \[CANNOT\]/);
  assert.match(await alice.command('SETACL Team "no one" l'), /^T BAD/);
  assert.match(await alice.command('SETACL Team bob@example.test lQ'), /^T BAD/);
});

test('groups: a user who leaves a group loses its rights in open sessions', async () => {
  await grant('lr', '$sales');
  await bob.command(`SELECT ${team}`);
  otherWorker.directory.add('bob', { groups: [] });
  assert.match(await bob.command('UID FETCH 1:* FLAGS'), /^T NO \[NOPERM\]|^T NO \[NONEXISTENT\]/m);
  otherWorker.directory.add('bob', { groups: ['sales'] });
});

test('acl: answers, + and -, obsolete c and d (RFC 4314 2.1.1)', async () => {
  await grant('lrswicd');
  await grant('-sw');
  await grant('+a');
  const owner = '"alice@example.test" lrswipkxteacd';
  assert.equal(
    await alice.command('GETACL Team'),
    `* ACL "Team" ${owner} "bob@example.test" lrikxteacd\r\nT OK GETACL completed\r\n`,
  );
  assert.match(
    await bob.command(`MYRIGHTS ${team}`),
    /^\* MYRIGHTS "Other Users\/alice@example.test\/Team" lrikxteacd\r/,
  );
  assert.match(await alice.command('MYRIGHTS Team'), /^\* MYRIGHTS "Team" lrswipkxteacd\r/);
  assert.match(
    await alice.command('LISTRIGHTS Team Carol@Example.TEST'),
    /^\* LISTRIGHTS "Team" "Carol@Example.TEST" "" l r s w i p k x t e a c d\r/,
  );
  assert.match(await alice.command('LISTRIGHTS Team owner'), /"owner" lrswipkxteacd\r/);
  assert.match(await alice.command('DELETEACL Team bob@example.test'), /^T OK/);
  assert.match(await bob.command(`MYRIGHTS ${team}`), /^T NO \[NONEXISTENT\]/);
  assert.match(await bob.command('LIST "" "Other*" RETURN (MYRIGHTS)'), /^T OK/);
});

test('list: MYRIGHTS and METADATA return options (RFC 8440, RFC 9590)', async () => {
  await grant('lrw');
  await alice.command('SETMETADATA Team (/shared/comment "ours")');
  const answer = await bob.command(
    'LIST "" "Other*Team" RETURN (MYRIGHTS METADATA ("/shared/comment" /private/comment))',
  );
  assert.match(
    answer,
    /^\* LIST [^\r]*Team"\r\n\* MYRIGHTS [^\r]*Team" lrw\r\n\* METADATA [^\r]*Team" \(\/shared\/comment "ours" \/private\/comment NIL\)\r\nT OK/,
  );
});

test('revoked: an idling session hears BYE at once', async () => {
  await grant('lr');
  await bob.command(`SELECT ${team}`);
  await bob.send('i1 IDLE\r\n');
  await grant('l');
  assert.match(await heard(bob, /BYE/), /^\* BYE .*withdrawn\r$/m);
});

test('revoked: a selected session is refused and ends', async () => {
  await grant('lr');
  await bob.command(`SELECT ${team}`);
  await alice.command('DELETEACL Team bob@example.test');
  assert.match(await bob.command('FETCH 1 FLAGS'), /^T NO \[NONEXISTENT\]/m);
  await bob.command('NOOP').catch(() => {});
  assert.ok(bob.isClosed);
});

/** Waits until the client was sent something that matches. */
async function heard(client: TestClient, pattern: RegExp): Promise<string> {
  let all = '';
  for (let i = 0; i < 500 && !pattern.test(all); i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    all += client.take();
  }
  return all;
}

test('news: mail that comes to a shared mailbox wakes the idling session on another worker', async () => {
  await grant('lr');
  await bob.command(`SELECT ${team}`);
  await bob.send('i1 IDLE\r\n');
  await put(alice, 'Team', 'two');
  assert.match(await heard(bob, /EXISTS/), /^\* 2 EXISTS\r$/m);
  await bob.send('DONE\r\n');
});

test('transfer: COPY and MOVE between users keep octets, count in the owner, remove at the source', async () => {
  await grant('lrit');
  await bob.command(`SELECT ${team}`);
  assert.match(await bob.command('COPY 1 INBOX'), /^T OK \[COPYUID/m);
  assert.match(await bob.command('MOVE 1 INBOX'), /^T NO \[NOPERM\]/m);
  await grant('lrite');
  assert.match(await bob.command('MOVE 1 INBOX'), /^\* OK \[COPYUID[^\r]*\r\n\* 1 EXPUNGE\r\nT OK/m);
  assert.match(await alice.command('STATUS Team (MESSAGES)'), /MESSAGES 0/);
  await bob.command('SELECT INBOX');
  assert.match(await bob.command('FETCH * BODY.PEEK[]'), /\{21\}\r\nSubject: one\r\n\r\none\r\n/);
  assert.match(await bob.command(`COPY * ${team}`), /^T OK \[COPYUID/m);
  assert.match(await alice.command('STATUS Team (MESSAGES)'), /MESSAGES 1/);
});

test('transfer: the quota of the owner counts, and a copy that does not fit leaves nothing', async () => {
  otherWorker.directory.add('bob', { groups: ['sales'], quotaBytes: 100_000, quotaMessages: 1000 });
  services.directory.add('bob', { groups: ['sales'], quotaBytes: 1000 });
  const bobs = '"Other Users/bob@example.test/Box"';
  await bob.command('CREATE Box');
  await bob.command('SETACL Box alice@example.test lrswite');
  await alice.command('CREATE New');
  for (const name of ['a', 'b', 'c']) await put(alice, 'New', name.repeat(180));
  await alice.command('SELECT New');
  const full = await alice.command(`COPY 1:3 ${bobs}`);
  assert.match(full, /^T NO \[OVERQUOTA\]/m);
  assert.match(await alice.command(`MOVE 1:3 ${bobs}`), /^T NO \[OVERQUOTA\]/m);
  assert.match(await put(alice, bobs, 'x'.repeat(600)), /^T NO \[OVERQUOTA\]/m);
  assert.match(await alice.command('STATUS New (MESSAGES)'), /MESSAGES 3/);
  assert.match(await bob.command('STATUS Box (MESSAGES)'), /MESSAGES 0/);
  await bob.command('DELETE Box');
  services.directory.add('bob', { groups: ['sales'] });
  otherWorker.directory.add('bob', { groups: ['sales'] });
});

test('transfer: inside one shared account \\Seen goes along, EMAILID and octets stay', async () => {
  await grant('lrswite');
  await grant('lrswitek', 'bob@example.test', 'INBOX');
  const inboxName = '"Other Users/alice@example.test/INBOX"';
  await bob.command(`SELECT ${team}`);
  await bob.command('STORE 1 +FLAGS (\\Seen \\Flagged)');
  assert.match(await bob.command(`MOVE 1 ${inboxName}`), /\[COPYUID/);
  await bob.command(`SELECT ${inboxName}`);
  assert.match(await bob.command('FETCH * FLAGS'), /FLAGS \(\\Flagged \\Seen/);
  await alice.command('SELECT INBOX');
  assert.match(await alice.command('FETCH * FLAGS'), /FLAGS \(\\Flagged( \\Recent)?\)/);
  await alice.command('DELETEACL INBOX bob@example.test');
});

test('quota: GETQUOTAROOT of a shared mailbox names the root of its owner', async () => {
  await grant('lr');
  assert.match(
    await bob.command(`GETQUOTAROOT ${team}`),
    /^\* QUOTAROOT [^\r]*Team" "alice@example.test"\r\n\* QUOTA "alice@example.test" \(\)\r/,
  );
  assert.match(await bob.command('GETQUOTAROOT INBOX'), /^\* QUOTAROOT "INBOX" "Mail"\r/);
  assert.match(await bob.command('GETQUOTA "alice@example.test"'), /^T NO \[NONEXISTENT\]/);
});

test('quota: administrators set limits, others are refused', async () => {
  assert.match(await bob.command('SETQUOTA Mail (STORAGE 10)'), /^T NO \[NOPERM\]/);
  assert.doesNotMatch(await bob.command('CAPABILITY'), /QUOTASET/);
  const admin = await services.login('admin');
  assert.match(await admin.command('CAPABILITY'), / QUOTASET/);
  assert.match(
    await admin.command('SETQUOTA "bob@example.test" (STORAGE 10 MAILBOX 20)'),
    /^\* QUOTA "bob@example.test" \(STORAGE \d+ 10 MAILBOX \d+ 20\)\r\nT OK/,
  );
  assert.deepEqual(services.quotas.get('bob@example.test'), { quotaBytes: 10_240, quotaMailboxes: 20 });
  assert.match(await admin.command('SETQUOTA "bob@example.test" (PAGES 10)'), /^T NO \[CANNOT\]/);
  assert.match(await admin.command('SETQUOTA "bob@example.test" (STORAGE 0)'), /^T NO \[CANNOT\]/);
  assert.match(await admin.command('SETQUOTA "nobody@example.test" (STORAGE 1)'), /^T NO \[NONEXISTENT\]/);
});

test('public: administrators make folders and give rights, users see what they may', async () => {
  const admin = await services.login('admin');
  assert.match(
    await bob.command('NAMESPACE'),
    /NAMESPACE \(\("" "\/"\)\) \(\("Other Users\/" "\/"\)\) \(\("Shared\/" "\/"\)\)/,
  );
  assert.match(await bob.command('CREATE Shared/News'), /^T NO \[NOPERM\]/);
  assert.match(await admin.command('CREATE Shared/News'), /^T OK/);
  assert.match(await admin.command('SETACL Shared/News anyone lrs'), /^T OK/);
  await put(admin, 'Shared/News', 'hello');
  assert.match(await bob.command('LIST "" "Shared/*"'), /"Shared\/News"/);
  assert.match(await bob.command('SELECT Shared/News'), /^\* 1 EXISTS/m);
  assert.match(await bob.command('STORE 1 +FLAGS (\\Deleted)'), /^T NO \[NOPERM\]/m);
  assert.match(await admin.command('GETACL Shared/News'), /^\* ACL "Shared\/News" "anyone" lrs\r/);
  assert.match(await bob.command('SELECT Shared/INBOX'), /^T NO \[NONEXISTENT\]/m);
  assert.match(await admin.command('CREATE Shared/News/Sub'), /^T OK/);
  assert.match(await bob.command('MYRIGHTS Shared/News/Sub'), /"Shared\/News\/Sub" lrs\r/);
  assert.match(await admin.command('DELETE Shared/News/Sub'), /^T OK/);
  assert.match(await admin.command('DELETE Shared/News'), /^T OK/);
});

test('names: an own mailbox from before stays reachable under the name of a namespace', async () => {
  const raw = await stores[0].openAccount({ address: 'alice@example.test', quotaBytes: 0, quotaMessages: 0 });
  await raw.create('Shared/Old' as never).catch(() => {});
  assert.match(await alice.command('SELECT Shared/Old'), /^T OK/m);
  assert.match(await alice.command('CREATE Shared/Mine'), /^T NO \[NOPERM\]/);
  assert.match(await alice.command('RENAME Team Shared/Mine'), /^T NO \[NOPERM\]/);
  assert.match(await alice.command('RENAME Shared/Old New'), /^T OK/m);
});

test('shared: ESEARCH IN (personal) looks into own mailboxes only', async () => {
  await grant('lr');
  const named = await bob.command(`ESEARCH IN (mailboxes ${team}) RETURN (COUNT) SUBJECT one`);
  assert.match(named, /MAILBOX "Other Users\/[^\n]*COUNT 1/);
  const personal = await bob.command('ESEARCH IN (personal) RETURN (COUNT) SUBJECT one');
  assert.match(personal, /MAILBOX "?INBOX/);
  assert.doesNotMatch(personal, /Other Users/);
});
