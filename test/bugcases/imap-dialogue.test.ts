// What other servers' users reported about literals, log-in, codes and answers that could be forged, over a real Maildir.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { memoryTls } from '../../src/host/memory-connection.ts';
import { type ImapRig, openRig } from '../fixture/imap-session.ts';

let rig: ImapRig;
before(async () => {
  rig = await openRig({ settings: { 'imap.plaintextAuth': true, 'imap.maxBadCommands': 1000 } });
});
after(() => rig.close());

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** First word after the tag of every tagged or untagged line. */
const verdicts = (answer: string): string =>
  answer
    .split('\r\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' ').slice(0, 2).join(' '))
    .join(', ');

test('I01: sizes beyond every limit are refused without a continuation, before and after log-in, wherever a string may stand', async () => {
  const stranger = await rig.services.connect({ tls: memoryTls });
  stranger.take();
  const user = await rig.services.login();
  const before = process.memoryUsage.rss();
  for (const size of ['400000000', '9999999999', '4294967297', '18446744073709551617', '9'.repeat(400)]) {
    for (const text of [`LOGIN {${size}}`, `LOGIN a {${size}}`, `AUTHENTICATE {${size}}`]) {
      assert.match(await stranger.command(text), /^T (NO \[TOOBIG\]|BAD) \S[^\n]*\n$/, text.slice(0, 60));
    }
    for (const text of [
      `SELECT {${size}}`,
      `CREATE {${size}}`,
      `STATUS {${size}}`,
      `LIST {${size}}`,
      `LIST "" {${size}}`,
      `APPEND INBOX {${size}}`,
      `APPEND INBOX ~{${size}}`,
      `APPEND {${size}}`,
      `ID ({${size}}`,
    ]) {
      assert.match(await user.command(text), /^T (NO \[TOOBIG\]|BAD) \S[^\n]*\n$/, text.slice(0, 60));
    }
  }
  for (const broken of ['{-1}', '{}', '{+}', '{+10}', '{10++}', '{ 10}', '{10 }', '{0x10}', '{1.5}', '{10']) {
    assert.match(await user.command(`CREATE ${broken}`), /^T BAD \S[^\n]*\n$/, broken);
    assert.match(await user.command(`APPEND INBOX ${broken}`), /^T BAD \S[^\n]*\n$/, broken);
  }
  assert.match(await user.command('NOOP'), /^T OK /);
  assert.match(await stranger.command('NOOP'), /^T OK /);
  assert.ok(process.memoryUsage.rss() - before < 200_000_000, 'nothing was allocated by the announcement');
  await user.command('LOGOUT');
});

test('I02: the new Outlook logs in with two non-synchronising literals, in one segment and octet by octet', async () => {
  const octets = 'a LOGIN {18+}\r\nalice@example.test {6+}\r\nsecret\r\nb NOOP\r\n';
  for (const step of [1000, 1]) {
    const client = await rig.services.connect({ tls: memoryTls });
    assert.match(client.take(), /^\* OK \[CAPABILITY [^\]]*\bLITERAL\+/);
    let answer = '';
    for (let at = 0; at < octets.length; at += step) answer += await client.send(octets.slice(at, at + step));
    assert.match(answer, /^a OK \[CAPABILITY [^\]]*\bLITERAL\+[^\]]*\] \S[^\n]*\nb OK /);
  }
});

test('I02: after log-in non-synchronising literals stand wherever a string may', async () => {
  const client = await rig.services.login();
  assert.match(await client.command('CREATE {4+}\r\nlit1'), /^T OK/);
  assert.match(await client.command('RENAME {4+}\r\nlit1 {4+}\r\nlit2'), /^T OK/);
  assert.match(await client.command('STATUS {4+}\r\nlit2 (MESSAGES)'), /^\* STATUS "lit2" \(MESSAGES 0\)/);
  assert.match(await client.command('LIST {0+}\r\n {4+}\r\nlit%'), /^\* LIST [^\n]*"lit2"\r\nT OK/);
  assert.match(await client.command('DELETE {4+}\r\nlit2'), /^T OK/);
  await client.command('LOGOUT');
});

test('I12: QRESYNC is offered and ENABLE answers with one line; SELECT refuses the parameter before that', async () => {
  const client = await rig.services.login();
  assert.match(await client.command('CAPABILITY'), / QRESYNC /);
  assert.match(await client.command('SELECT INBOX (QRESYNC (1 90 1:100))'), /^T BAD [^\n]*\n$/);
  assert.match(await client.command('ENABLE QRESYNC X-NONE'), /^\* ENABLED QRESYNC\r\nT OK [^\n]*\n$/);
  assert.match(await client.command('ENABLE QRESYNC'), /^\* ENABLED\r\nT OK [^\n]*\n$/);
  assert.match(await client.command('SELECT INBOX'), /\* OK \[HIGHESTMODSEQ [1-9]\d*\] \S[^\n]*\nT OK/);
  await client.command('LOGOUT');
});

test('I14: AUTHENTICATE tells the capabilities in its tagged OK as LOGIN does', async () => {
  const client = await rig.services.connect({ tls: memoryTls });
  client.take();
  const answer = await client.command(`AUTHENTICATE PLAIN ${base64('\0alice@example.test\0secret')}`);
  assert.match(answer, /^T OK \[CAPABILITY IMAP4rev1 [^\]]*\bIDLE\b[^\]]*\] \S[^\n]*\n$/);
  assert.doesNotMatch(answer, / AUTH=|STARTTLS|LOGINDISABLED/);
});

test('S09: IMAP answers leave as soon as the input runs empty, whatever of the next command has come', async () => {
  const client = await rig.services.login();
  for (const half of ['c', 'c ', 'c LOG', 'c LOGIN {5', 'c NOOP\r']) {
    const segments = client.connection.segments.length;
    const answer = await client.send(`a NOOP\r\nb SELECT INBOX\r\n${half}`);
    assert.match(answer, /^a OK [^\n]*\n[\s\S]*\nb OK [^\n]*\n$/, half);
    assert.equal(client.connection.segments.length, segments + 1, 'in one write');
    await client.send('\r\n'.slice(half.endsWith('\r') ? 1 : 0));
  }
  assert.match(await client.send('d APPEND INBOX {5}\r\n'), /^\+ /);
  assert.match(await client.send('hello\r\ne NO'), /^d OK |\nd OK /);
});

test('I17: 8-bit search strings without CHARSET are BAD, as quoted strings and as literals of both kinds', async () => {
  const client = await rig.services.login();
  await client.command('SELECT INBOX');
  const latin = (text: string): Buffer => Buffer.from(text, 'latin1');
  assert.match(await client.send(latin('a SEARCH SUBJECT "\xd0\x9f"\r\n')), /^a BAD \S[^\n]*\n$/);
  assert.match(await client.send('b UID SEARCH SUBJECT {14}\r\n'), /^\+ /);
  // What follows is shaped like commands; it is a search string that is refused.
  assert.match(await client.send(latin('\xd0 DELETE INBOX\r\n')), /^b BAD \S[^\n]*\n$/);
  assert.match(
    await client.send(latin('c SEARCH BODY {14+}\r\n\xd0\r\nx LOGOUT\r\n \r\n')),
    /^c BAD \S[^\n]*\n$/,
  );
  assert.match(
    await client.send('d SEARCH CHARSET X-NONE SUBJECT {12+}\r\nx LOGOUT\r\n  \r\ne NOOP\r\n'),
    /^d NO \[BADCHARSET \(US-ASCII UTF-8[^)]*\)\] \S[^\n]*\ne OK /,
  );
  await client.command('LOGOUT');
});

test('I06: no string that a client sends comes back so that it forges an answer', async () => {
  const client = await rig.services.login();
  const evil = 'x"\\ {5}\r\n* 1 EXISTS\r\nT OK done';
  const literal = `{${evil.length}+}\r\n${evil}`;
  for (const text of [
    `SELECT ${literal}`,
    `CREATE ${literal}`,
    `DELETE ${literal}`,
    `RENAME ${literal} ok`,
    `RENAME INBOX ${literal}`,
    `SUBSCRIBE ${literal}`,
    `STATUS ${literal} (MESSAGES)`,
    `LIST ${literal} "*"`,
    `LIST "" ${literal}`,
    `LSUB "" ${literal}`,
    `GETQUOTA ${literal}`,
    `GETQUOTAROOT ${literal}`,
    `APPEND ${literal} {1+}\r\nx`,
    `ID ("name" ${literal})`,
    `AUTHENTICATE ${literal}`,
    `ENABLE ${literal}`,
    `${literal}`,
  ]) {
    const answer = await client.command(text);
    assert.match(verdicts(answer), /^((\* ID|\* QUOTAROOT), )?T (OK|NO|BAD)$/, text.slice(0, 24));
    assert.doesNotMatch(answer, /EXISTS/, text.slice(0, 24));
  }
  await client.command('LOGOUT');
  const stranger = await rig.services.connect({ tls: memoryTls });
  stranger.take();
  for (const text of [`LOGIN ${literal} x`, `LOGIN x ${literal}`]) {
    assert.match(verdicts(await stranger.command(text)), /^T (NO|BAD)$/);
  }
});

test('I06: names with every printable octet come back as one quoted string in LIST, LSUB, STATUS and QUOTAROOT', async () => {
  const client = await rig.client();
  const printable = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('');
  // A level of its own for each octet that ends something in IMAP; `/` parts levels, `&` is written `&-`.
  const name = `q/${printable.replaceAll('/', '').replaceAll('&', '&-')}`;
  const quoted = `"${name.replace(/["\\]/g, '\\$&')}"`;
  await client.ok(`CREATE ${quoted}`);
  await client.ok(`SUBSCRIBE ${quoted}`);
  for (const command of [
    'LIST "" "q/*"',
    'LSUB "" "q/*"',
    `STATUS ${quoted} (MESSAGES)`,
    `GETQUOTAROOT ${quoted}`,
  ]) {
    const [first] = (await client.ok(command)).untagged;
    const strings = first?.values.filter(Buffer.isBuffer).map(String) ?? [];
    assert.ok(strings.includes(name), `${command}: ${first?.raw}`);
  }
  await client.ok(`UNSUBSCRIBE ${quoted}`);
  await client.ok(`DELETE ${quoted}`);
  client.close();
});

test('D02: an empty or NUL-bearing secret is refused before any source is asked, in every form of log-in', async () => {
  const asked = rig.services.directory.asked.length;
  const client = await rig.services.connect({ tls: memoryTls });
  client.take();
  for (const [text, verdict] of [
    ['LOGIN alice@example.test ""', /^T NO \[AUTHENTICATIONFAILED\]/],
    ['LOGIN alice@example.test {0+}\r\n', /^T NO \[AUTHENTICATIONFAILED\]/],
    ['LOGIN "" ""', /^T NO \[AUTHENTICATIONFAILED\]/],
    // RFC 9051 4.3: a plain literal has no NUL. RFC 4616 2: neither have the parts of a PLAIN message, nor is a name empty.
    ['LOGIN alice@example.test {7+}\r\nsec\0ret', /^T (NO|BAD) /],
    ['LOGIN {20+}\r\nalice@example.test\0\0 secret', /^T (NO|BAD) /],
    [`AUTHENTICATE PLAIN ${base64('\0alice@example.test\0')}`, /^T NO \[AUTHENTICATIONFAILED\]/],
    [`AUTHENTICATE PLAIN ${base64('\0\0')}`, /^T BAD /],
    [`AUTHENTICATE PLAIN ${base64('\0\0secret')}`, /^T BAD /],
    [`AUTHENTICATE PLAIN ${base64('\0alice@example.test\0a\0b')}`, /^T BAD /],
  ] as const) {
    assert.match(await client.command(text), verdict, text);
  }
  await client.command('AUTHENTICATE LOGIN');
  await client.send(`${base64('alice@example.test')}\r\n`);
  assert.match(await client.send('\r\n'), /^t\d+ NO \[AUTHENTICATIONFAILED\]/);
  assert.equal(rig.services.directory.asked.length, asked);
});

test('D03: a log-in name is never syntax: filter and DN characters reach the source as they are, or nothing does', async () => {
  const client = await rig.services.connect({ tls: memoryTls });
  client.take();
  for (const name of [
    '*)(uid=*',
    'a,ou=admins',
    'a\\',
    '#a',
    ' a',
    'a ',
    '(|(uid=a))',
    'a;b',
    'a=b+c',
    '"a"',
    'ё*',
  ]) {
    const literal = `{${Buffer.byteLength(name)}+}\r\n${name}`;
    assert.match(await client.command(`LOGIN ${literal} secret`), /^T NO \[AUTHENTICATIONFAILED\]/, name);
    assert.equal(rig.services.directory.asked.at(-1), name);
    const plain = base64(`\0${name}\0secret`);
    assert.match(await client.command(`AUTHENTICATE PLAIN ${plain}`), /^T NO \[AUTHENTICATIONFAILED\]/, name);
    assert.equal(rig.services.directory.asked.at(-1), name);
  }
});
