import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountPaths, fileSafe } from './account-path.ts';

test('account path: ordinary addresses are ordinary directories', () => {
  const { home, maildir } = accountPaths('/srv/mail', 'alice@example.test');
  assert.equal(home, '/srv/mail/example.test/alice');
  assert.equal(maildir, '/srv/mail/example.test/alice/Maildir');
  assert.equal(accountPaths('/srv/mail', 'почта@пример.example').home, '/srv/mail/пример.example/почта');
});

test('account path: nothing leads out of the domain’s directory', () => {
  for (const localpart of [
    '..',
    '.',
    '../../etc',
    'a/b',
    '/',
    '%2F',
    '.hidden',
    'a\u0000b',
    'a\nb',
    '@',
    'a@b',
    '"x y"',
  ]) {
    const { home, domain } = accountPaths('/srv/mail', `${localpart}@example.test`);
    assert.equal(domain, '/srv/mail/example.test');
    const element = home.slice(domain.length + 1);
    assert.ok(home.startsWith(`${domain}/`) && !element.includes('/') && !element.startsWith('.'), home);
  }
});

test('account path: different texts, different elements', () => {
  const long = 'x'.repeat(300);
  const texts = [
    'a/b',
    'a%2Fb',
    'a%252Fb',
    '.a',
    '%2Ea',
    long,
    `${long}y`,
    `${long.slice(0, 150)}%~`,
    'ж'.repeat(150),
    'ж'.repeat(151),
  ];
  const elements = texts.map(fileSafe);
  assert.equal(new Set(elements).size, texts.length);
  for (const element of elements) assert.ok(Buffer.byteLength(element) <= 255);
  assert.ok(elements.every((element) => element.isWellFormed() && !element.includes('\ufffd')));
});
