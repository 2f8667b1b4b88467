import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { hashPassword, verifyPassword } from './password-hash.ts';

const cost = { memoryKib: 8_192, passes: 1 };

test('argon2id: what we make verifies, with the documented form', async () => {
  const hash = await hashPassword('пароль', cost);
  assert.match(hash, /^\$argon2id\$v=19\$m=8192,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.equal(await verifyPassword('пароль', hash), true);
  assert.equal(await verifyPassword('пароль ', hash), false);
});

test('argon2id: a hash made by the reference implementation verifies', async () => {
  // `echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1` of the reference program (its README and test vectors).
  const hash = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  assert.equal(await verifyPassword('password', hash), true);
  assert.equal(await verifyPassword('Password', hash), false);
});

const fromSystem: readonly [string, readonly string[]][] = [
  ['sha512-crypt', ['openssl', 'passwd', '-6', 'secret word']],
  ['sha256-crypt', ['openssl', 'passwd', '-5', 'secret word']],
  ['md5-crypt', ['openssl', 'passwd', '-1', 'secret word']],
  ['yescrypt', ['mkpasswd', '-m', 'yescrypt', 'secret word']],
  ['gost-yescrypt', ['mkpasswd', '-m', 'gost-yescrypt', 'secret word']],
  ['bcrypt', ['mkpasswd', '-m', 'bcrypt', '-R', '5', 'secret word']],
];
for (const [scheme, [program = '', ...args]] of fromSystem) {
  test(`crypt(3): a ${scheme} hash made by ${program} verifies`, async () => {
    const hash = execFileSync(program, args, { encoding: 'utf8' }).trim();
    assert.equal(await verifyPassword('secret word', hash), true, hash);
    assert.equal(await verifyPassword('secret wore', hash), false);
    assert.equal(await verifyPassword('secret word', `{CRYPT}${hash}`), true);
  });
}

const python = (code: string): string => execFileSync('python3', ['-c', code], { encoding: 'utf8' }).trim();
for (const [scheme, algorithm] of [
  ['SSHA', 'sha1'],
  ['SSHA256', 'sha256'],
  ['SSHA512', 'sha512'],
] as const) {
  test(`{${scheme}}: a hash made by Python verifies`, async () => {
    const hash = python(
      `import hashlib,base64; s=b'12345678'; print('{${scheme}}'+base64.b64encode(hashlib.${algorithm}(b'secret word'+s).digest()+s).decode())`,
    );
    assert.equal(await verifyPassword('secret word', hash), true);
    assert.equal(await verifyPassword('', hash), false);
  });
}

test('malformed and hostile hashes verify as false and cost nothing', async () => {
  const started = performance.now();
  for (const stored of [
    '',
    '$',
    '{SSHA512}',
    '{SSHA512}AAAA',
    '{UNKNOWN}abcdef',
    '$argon2id$v=19$m=99999999,t=9999,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$argon2id$v=19$m=1,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    'plain',
    '{PLAIN}x',
  ]) {
    assert.equal(await verifyPassword('x', stored), false, stored);
  }
  assert.ok(performance.now() - started < 1_000);
});
