import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashPassword, verifyPassword } from '../directory/json/password-hash.ts';
import { classifyStored, isVerifiableHash } from './stored-hash.ts';

const digest = (bytes: number): string => Buffer.alloc(bytes, 7).toString('base64');
const cases: readonly (readonly [string, string])[] = [
  ['$6$saltsalt$abcdefghijklmnop', 'hash'],
  ['$y$j9T$abc$defghijklmnop', 'hash'],
  ['$gy$j9T$abc$defghijklmnop', 'hash'],
  ['{CRYPT}$5$saltsalt$abcdefgh', 'hash'],
  ['{blf-crypt}$2y$05$abcdefghijklmnop', 'hash'],
  ['{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$c2FsdHNhbHQ$dGFndGFndGFndGFn', 'hash'],
  [`{SSHA}${digest(24)}`, 'hash'],
  [`{SSHA512}${digest(72)}`, 'hash'],
  [`{SHA256}${digest(32)}`, 'hash'],
  ['{PLAIN}x', 'plain'],
  ['{cleartext}', 'plain'],
  [`{SSHA512}${digest(64)}`, '{SSHA512}'],
  [`{SHA}${digest(21)}`, '{SHA}'],
  ['{CRAM-MD5}00', '{CRAM-MD5}'],
  ['{SCRAM-SHA-256}4096,x', '{SCRAM-SHA-256}'],
  ['{CRYPT}ab1234567890.', '{CRYPT}'],
  ['{constructor}x', '{CONSTRUCTOR}'],
  ['$argon2i$v=19$m=1,t=1,p=1$c2FsdHNhbHQ$dGFn', '$argon2i$'],
  ['$3$$8846f7eaee8fb117ad06bdd830b7586c', '$3$'],
  ['secret', 'none'],
  ['', 'none'],
];
for (const [text, expected] of cases) {
  test(`stored password: ${JSON.stringify(text.slice(0, 40))} is ${expected}`, () => {
    const found = classifyStored(text);
    assert.equal(found.kind === 'unknown' ? found.scheme : found.kind, expected);
    assert.equal(isVerifiableHash(text), expected === 'hash');
  });
}

test('stored password: what is called verifiable is verified', async () => {
  const made = await hashPassword('x', { memoryKib: 8192, passes: 1 });
  const known = [made, `{ARGON2ID}${made}`, '{SHA}EfatjsUqKYSrqv18O1FlA3hcIHI='];
  for (const text of known) {
    const found = classifyStored(text);
    assert.ok(found.kind === 'hash');
    assert.ok(await verifyPassword('x', found.hash), text);
    assert.ok(!(await verifyPassword('y', found.hash)), text);
  }
});
