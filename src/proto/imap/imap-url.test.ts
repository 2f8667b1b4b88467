import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessUser, maxUrlLength, parseImapUrl } from './imap-url.ts';

test('imap url: absolute, relative, in the selected mailbox', () => {
  const short = (text: string) => {
    const url = parseImapUrl(text);
    if (url === undefined) return undefined;
    const { user, host, mailbox, uidValidity, uid, section, partial } = url;
    const part = partial === undefined ? '' : `${partial.origin}.${partial.length}`;
    return [user, host, mailbox, uidValidity, uid, section, part].map((value) => value ?? '-').join(' ');
  };
  const cases: [string, string | undefined][] = [
    ['/INBOX/;UID=5', '- - INBOX - 5  '],
    ['/inbox;UIDVALIDITY=7/;uid=5/;section=1.2', '- - INBOX 7 5 1.2 '],
    ['/a/b/;UID=5/;SECTION=HEADER.FIELDS%20(DATE)', '- - a/b - 5 HEADER.FIELDS (DATE) '],
    ['/%D0%AF/;UID=5', '- - Я - 5  '],
    [';UID=5', '- - - - 5  '],
    ['/;UID=5/;PARTIAL=10.20', '- - - - 5  10.20'],
    ['/x/;UID=5/;PARTIAL=10', '- - x - 5  10.undefined'],
    ['imap://joe@host.test/x/;UID=5', 'joe host.test x - 5  '],
    ['IMAP://joe%40a.test;AUTH=*@Host:143/x/;UID=5', 'joe@a.test host x - 5  '],
    ['imap://host/x;UIDVALIDITY=3/;UID=5/;SECTION=TEXT', '- host x 3 5 TEXT '],
    ['', undefined],
    ['/x', undefined],
    ['/x/;UID=0', undefined],
    ['/x/;UID=4294967296', undefined],
    ['/x/;UID=5/;SECTION=', undefined],
    ['/x/;UID=5;SECTION=1', undefined],
    ['/x/;UID=5/;PARTIAL=1.0', undefined],
    ['/x/;UID=5/;PARTIAL=1.2/;SECTION=1', undefined],
    ['/%ff/;UID=5', undefined],
    ['http://host/x/;UID=5', undefined],
    ['imap://host', undefined],
    ['imap:///x/;UID=5', undefined],
    ['imap://host/;UID=5', undefined],
    ['/x /;UID=5', undefined],
  ];
  for (const [text, expected] of cases) assert.equal(short(text), expected, text);
});

test('imap url: authorisation and what the token covers', () => {
  const base = 'imap://joe@host/x/;UID=5;EXPIRE=2030-01-02T03:04:05Z;URLAUTH=user+fred';
  const url = parseImapUrl(`${base}:internal:abc123`);
  assert.deepEqual(url?.auth, {
    expiresMs: Date.UTC(2030, 0, 2, 3, 4, 5),
    access: 'user+fred',
    rump: base,
    mechanism: 'INTERNAL',
    token: 'abc123',
  });
  assert.equal(parseImapUrl(base)?.auth?.token, undefined);
  for (const wrong of [
    ';URLAUTH=',
    ';URLAUTH=nobody',
    ';URLAUTH=user+',
    ';EXPIRE=x;URLAUTH=authuser',
    ';URLAUTH=authuser:a',
  ]) {
    assert.equal(parseImapUrl(`imap://joe@host/x/;UID=5${wrong}`), undefined, wrong);
  }
  assert.deepEqual(accessUser('submit+a%40b'), { kind: 'submit', name: 'a@b' });
  assert.equal(accessUser('authuser'), undefined);
});

test('imap url: hostile ones cost little', () => {
  const before = performance.now();
  for (const piece of ['/;', ';UID=5', '/;SECTION=', '%', 'imap://', ';URLAUTH=', '/']) {
    parseImapUrl(`/x/;UID=5${piece.repeat(Math.floor(maxUrlLength / piece.length) - 2)}`);
    parseImapUrl(piece.repeat(Math.floor(maxUrlLength / piece.length)));
  }
  assert.ok(performance.now() - before < 500);
  assert.equal(parseImapUrl(`/${'x'.repeat(maxUrlLength)}/;UID=5`), undefined);
});
