import assert from 'node:assert/strict';
import { test } from 'node:test';
import { searchCharset } from './charset.ts';

const octets = (text: string) => Buffer.from(text, 'latin1');

test('search charset: names in any case, octets become Unicode', () => {
  const cases: [string | undefined, string, string][] = [
    [undefined, 'plain', 'plain'],
    ['us-ascii', 'plain', 'plain'],
    ['UTF-8', '\xd0\x9f\xd1\x80', 'Пр'],
    ['utf8', '\xd0\x9f', 'П'],
    ['koi8-r', '\xf0\xd2', 'Пр'],
    ['Windows-1251', '\xcf\xf0', 'Пр'],
    ['cp866', '\x8f\xe0', 'Пр'],
    ['ISO-8859-5', '\xbf\xe0', 'Пр'],
    ['iso-8859-1', '\xe9', 'é'],
  ];
  for (const [name, text, expected] of cases) {
    assert.equal(searchCharset(name, false)(octets(text)), expected, name);
  }
});

test('search charset: what the charset cannot hold is BAD', () => {
  for (const [name, text] of [
    [undefined, '\xe9'],
    ['US-ASCII', 'a\x80'],
    ['UTF-8', '\xff'],
    ['UTF-8', '\xd0'],
    ['UTF-8', '\xed\xa0\x80'],
  ] as const) {
    assert.throws(() => searchCharset(name, false)(octets(text)), { status: 'BAD' }, `${name} ${text}`);
  }
});

test('search charset: an unknown charset is NO [BADCHARSET …]', () => {
  for (const name of ['X-KLINGON', '', 'UTF-9', 'a'.repeat(1000)]) {
    assert.throws(
      () => searchCharset(name, false),
      (error: { status: string; responseCode: string }) =>
        error.status === 'NO' && error.responseCode.startsWith('BADCHARSET (US-ASCII UTF-8 '),
      name,
    );
  }
});

test('search charset: after UTF8=ACCEPT strings without a charset are UTF-8', () => {
  assert.equal(searchCharset(undefined, true)(octets('\xd0\x9f')), 'П');
});
