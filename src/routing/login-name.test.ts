import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toAscii } from '../host/idna.ts';
import { loginAddress } from './login-name.ts';

const cases: readonly [name: string, defaultDomain: string, address: string][] = [
  ['Alice@Example.TEST', '', 'alice@example.test'],
  ['alice', 'example.test', 'alice@example.test'],
  ['alice', '', 'alice'],
  ['почта@Пример.тест', '', 'почта@xn--e1afmkfd.xn--e1aybc'],
  ['*)(uid=*', 'example.test', '*)(uid=*'],
  ['', 'example.test', ''],
  ['a@b@c', '', 'a@b@c'],
];
for (const [name, defaultDomain, address] of cases) {
  test(`login name: ${JSON.stringify(name)} with default domain "${defaultDomain}" means ${address}`, () => {
    assert.equal(loginAddress(name, defaultDomain, toAscii), address);
  });
}
