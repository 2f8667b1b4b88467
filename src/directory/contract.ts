// The contract of every UserSource, as tests that an adapter passes unchanged.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { DomainName } from '../base/brands.ts';
import { Secret } from '../base/secret.ts';
import { makeScramVerifier } from './sasl/scram-keys.ts';
import type { Account, UserSource } from './user-source.ts';

/** What the adapter under test must hold. */
export const contractUsers = [
  {
    // The only one with a SCRAM verifier.
    address: 'alice@example.test',
    aliases: ['a.smith@example.test'],
    password: 'alice secret',
    name: 'Alice',
  },
  { address: 'bob@example.test', aliases: [], password: 'пароль', name: '' },
  { address: 'carol@other.test', aliases: [], password: 'x', name: '', enabled: false },
] as const;

const example = 'example.test' as DomainName;

/** Registers the tests. `open` returns a source that holds exactly `contractUsers`. */
export function userSourceContract(name: string, open: () => Promise<UserSource>): void {
  describe(`user source contract: ${name}`, () => {
    let source: UserSource;
    before(async () => {
      source = await open();
    });
    after(() => source.close());

    test('resolves primary addresses and aliases, exactly', async () => {
      assert.equal((await source.resolve(example, 'alice'))?.address, 'alice@example.test');
      assert.equal((await source.resolve(example, 'a.smith'))?.address, 'alice@example.test');
      assert.equal((await source.resolve(example, 'alice'))?.displayName, 'Alice');
      assert.equal(await source.resolve(example, 'carol'), undefined);
      assert.equal(await source.resolve(example, 'alic'), undefined);
      assert.equal(await source.resolve(example, ''), undefined);
    });

    test('accepts the right password, by address and by alias, also a second time', async () => {
      for (const login of ['alice@example.test', 'a.smith@example.test', 'alice@example.test']) {
        const answer = await source.authenticate(login, new Secret('alice secret'));
        assert.equal(answer.kind, 'accepted');
        assert.equal(answer.kind === 'accepted' && answer.account.address, 'alice@example.test');
      }
      assert.equal((await source.authenticate('bob@example.test', new Secret('пароль'))).kind, 'accepted');
    });

    const refused: readonly [string, string, string, string][] = [
      ['a wrong password', 'alice@example.test', 'Alice secret', 'password'],
      ['an unknown user', 'nobody@example.test', 'alice secret', 'unknown'],
      ['a disabled user', 'carol@other.test', 'x', 'disabled'],
      ['D02: an empty password', 'alice@example.test', '', 'password'],
      ['a password with NUL', 'alice@example.test', 'alice secret\u0000', 'password'],
      ['D03: filter characters in the login', '*)(uid=*', 'x', 'unknown'],
      ['D03: a login with NUL', 'alice@example.test\u0000', 'alice secret', 'unknown'],
      ['an empty login', '', 'x', 'unknown'],
    ];
    for (const [what, login, password, reason] of refused) {
      test(`refuses ${what}`, async () => {
        assert.deepEqual(await source.authenticate(login, new Secret(password)), { kind: 'refused', reason });
      });
    }

    test('gives the SCRAM verifier of those who have one, by address and by alias', async () => {
      for (const login of ['alice@example.test', 'a.smith@example.test']) {
        const found = await source.scramCredentials(login);
        assert.equal(found?.account.address, 'alice@example.test');
        const { salt, iterations, storedKey } = found.verifier;
        const made = await makeScramVerifier('alice secret', iterations, salt);
        assert.deepEqual(Buffer.from(storedKey), made?.storedKey);
      }
      for (const login of ['bob@example.test', 'nobody@example.test', '']) {
        assert.equal(await source.scramCredentials(login), undefined);
      }
      assert.equal(source.allHaveScram, false);
    });

    test('lists accounts in address order, of one domain or all', async () => {
      const addresses = async (domain?: DomainName): Promise<string[]> => {
        const found: Account[] = [];
        for await (const account of source.list(domain)) found.push(account);
        return found.map((account) => account.address);
      };
      assert.deepEqual(await addresses(), ['alice@example.test', 'bob@example.test', 'carol@other.test']);
      assert.deepEqual(await addresses(example), ['alice@example.test', 'bob@example.test']);
    });

    test('accounts carry no password', async () => {
      const account = await source.resolve(example, 'alice');
      assert.equal(JSON.stringify(account).includes('$'), false);
    });
  });
}
