import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { Fault } from '../../base/outcome.ts';
import { decodeBase64, parsePlain } from './plain.ts';

const plain = (text: string) => parsePlain(Buffer.from(text));

test('PLAIN: with and without authorization identity, password may hold anything but NUL', () => {
  const credentials = plain('\0alice@example.test\0p@ss word ж');
  assert.equal(credentials.authorization, '');
  assert.equal(credentials.login, 'alice@example.test');
  assert.equal(credentials.password.reveal(), 'p@ss word ж');
  assert.equal(plain('bob\0alice\0x').authorization, 'bob');
  assert.ok(!inspect(credentials).includes('p@ss'));
});

test('D02: an empty password is passed on as empty, for the directory to refuse', () => {
  assert.equal(plain('\0alice\0').password.reveal(), '');
});

for (const message of [
  '',
  'alice',
  '\0alice',
  'alice\0',
  '\0\0secret',
  '\0alice\0se\0cret',
  '\0al\0ice\0secret',
]) {
  test(`D03: PLAIN ${JSON.stringify(message)} is malformed`, () => {
    assert.throws(
      () => plain(message),
      (error) => error instanceof Fault && error.code === 'sasl.malformed',
    );
  });
}

test('PLAIN: broken UTF-8 is refused', () => {
  assert.throws(() => parsePlain(Buffer.from([0, 0x61, 0, 0xff])), Fault);
  assert.throws(() => parsePlain(Buffer.from([0, 0xc0, 0xaf, 0, 0x61])), Fault);
});

test('base64: strict about alphabet and padding', () => {
  assert.deepEqual([...decodeBase64('AGE=')], [0, 97]);
  assert.equal(decodeBase64('').length, 0);
  for (const text of ['AGE', 'AG=E', 'A===', 'AGE=\n', 'AG E', 'AG-_', '====']) {
    assert.throws(() => decodeBase64(text), Fault, text);
  }
});
