import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../base/outcome.ts';
import { FixtureDirectory } from '../../routing/fixture.ts';
import {
  type Answer,
  type ChannelWishes,
  runMechanism,
  saslAccounts,
  saslServices,
  saslTestChannel,
} from './fixture.ts';
import { offeredMechanisms } from './negotiation.ts';

const alice = 'alice@example.test';
const bearer = (token: string, name = ''): string => `n,${name},\u0001auth=Bearer ${token}\u0001\u0001`;
const xoauth2 = (user: string, token: string): string => `user=${user}\u0001auth=Bearer ${token}\u0001\u0001`;

interface Row {
  readonly name: string;
  readonly mechanism: string;
  readonly answers: readonly Answer[];
  readonly wishes?: ChannelWishes;
  readonly settings?: Parameters<typeof saslServices>[0];
  /** Address of the account, or the reason of the refusal. */
  readonly expected: string;
}

const names = [alice];
const acting = { 'auth.adminsActForUsers': true };
const rows: readonly Row[] = [
  { name: 'PLAIN', mechanism: 'PLAIN', answers: [`\0${alice}\0secret`], expected: alice },
  {
    name: 'PLAIN as oneself by another name',
    mechanism: 'PLAIN',
    answers: [`${alice}\0al@example.test\0secret`],
    expected: alice,
  },
  {
    name: 'PLAIN for another user',
    mechanism: 'PLAIN',
    answers: [`bob@example.test\0${alice}\0secret`],
    expected: 'authorization',
  },
  {
    name: 'PLAIN for another user with a wrong password',
    mechanism: 'PLAIN',
    answers: [`bob@example.test\0${alice}\0x`],
    expected: 'password',
  },
  {
    name: 'PLAIN of an administrator for another user',
    mechanism: 'PLAIN',
    answers: [`${alice}\0admin@example.test\0secret`],
    expected: 'authorization',
  },
  {
    name: 'the same where the operator allows it',
    mechanism: 'PLAIN',
    answers: [`${alice}\0admin@example.test\0secret`],
    settings: acting,
    expected: alice,
  },
  {
    name: 'but not for a disabled user',
    mechanism: 'PLAIN',
    answers: ['off@example.test\0admin@example.test\0secret'],
    settings: acting,
    expected: 'authorization',
  },
  {
    name: 'nor for a user who is not there',
    mechanism: 'PLAIN',
    answers: ['no@example.test\0admin@example.test\0secret'],
    settings: acting,
    expected: 'authorization',
  },
  {
    name: 'nor by a plain user',
    mechanism: 'PLAIN',
    answers: [`bob@example.test\0${alice}\0secret`],
    settings: acting,
    expected: 'authorization',
  },
  { name: 'LOGIN', mechanism: 'LOGIN', answers: [alice, 'secret'], expected: alice },
  {
    name: 'D02: LOGIN with an empty password',
    mechanism: 'LOGIN',
    answers: [alice, ''],
    expected: 'malformed',
  },
  {
    name: 'LOGIN with a huge password',
    mechanism: 'LOGIN',
    answers: [alice, 'x'.repeat(1025)],
    expected: 'malformed',
  },
  {
    name: 'OAUTHBEARER',
    mechanism: 'OAUTHBEARER',
    answers: [bearer('token-alice_example.test')],
    expected: alice,
  },
  {
    name: 'OAUTHBEARER with the own name',
    mechanism: 'OAUTHBEARER',
    answers: [bearer('token-alice_example.test', `a=${alice}`)],
    expected: alice,
  },
  {
    name: 'OAUTHBEARER for another user',
    mechanism: 'OAUTHBEARER',
    answers: [bearer('token-alice_example.test', 'a=bob@example.test'), '\u0001'],
    expected: 'authorization',
  },
  {
    name: 'OAUTHBEARER with a bad token',
    mechanism: 'OAUTHBEARER',
    answers: [bearer('bad'), '\u0001'],
    expected: 'token',
  },
  {
    name: 'OAUTHBEARER for nobody here',
    mechanism: 'OAUTHBEARER',
    answers: [bearer('token-no_example.test'), '\u0001'],
    expected: 'unknown',
  },
  {
    name: 'OAUTHBEARER of a disabled user',
    mechanism: 'OAUTHBEARER',
    answers: [bearer('token-off_example.test'), '\u0001'],
    expected: 'disabled',
  },
  {
    name: 'OAUTHBEARER without a token (discovery)',
    mechanism: 'OAUTHBEARER',
    answers: ['n,,\u0001\u0001', '\u0001'],
    expected: 'token',
  },
  {
    name: 'XOAUTH2',
    mechanism: 'XOAUTH2',
    answers: [xoauth2(alice, 'token-alice_example.test')],
    expected: alice,
  },
  {
    name: 'XOAUTH2 with the token of another user',
    mechanism: 'XOAUTH2',
    answers: [xoauth2('bob@example.test', 'token-alice_example.test'), ''],
    expected: 'authorization',
  },
  { name: 'EXTERNAL', mechanism: 'EXTERNAL', answers: [''], wishes: { names }, expected: alice },
  {
    name: 'EXTERNAL as oneself',
    mechanism: 'EXTERNAL',
    answers: [alice],
    wishes: { names },
    expected: alice,
  },
  {
    name: 'EXTERNAL for another user',
    mechanism: 'EXTERNAL',
    answers: ['bob@example.test'],
    wishes: { names },
    expected: 'authorization',
  },
  {
    name: 'EXTERNAL of a certificate that names nobody here',
    mechanism: 'EXTERNAL',
    answers: [''],
    wishes: { names: ['x@y.example'] },
    expected: 'certificate',
  },
  {
    name: 'EXTERNAL of a certificate that names two users',
    mechanism: 'EXTERNAL',
    answers: [''],
    wishes: { names: [alice, 'bob@example.test'] },
    expected: 'certificate',
  },
  {
    name: 'EXTERNAL that says which of the two',
    mechanism: 'EXTERNAL',
    answers: ['bob@example.test'],
    wishes: { names: [alice, 'bob@example.test'] },
    expected: 'bob@example.test',
  },
  {
    name: 'EXTERNAL of a disabled user',
    mechanism: 'EXTERNAL',
    answers: [''],
    wishes: { names: ['off@example.test'] },
    expected: 'disabled',
  },
];
for (const { name, mechanism, answers, wishes, settings, expected } of rows) {
  test(`${name}: ${expected}`, async () => {
    const { outcome } = await runMechanism(
      saslServices(settings),
      saslTestChannel(wishes),
      mechanism,
      answers,
    );
    assert.equal(outcome.kind === 'accepted' ? outcome.account.address : outcome.reason, expected);
  });
}

test('a refused token is told as JSON (RFC 7628 3.2.2), and only ^A or nothing may follow', async () => {
  const services = saslServices({
    'auth.tokenScope': 'mail',
    'auth.oauthDiscoveryUrl': 'https://id.example/.well-known/openid-configuration',
  });
  const { challenges } = await runMechanism(services, saslTestChannel(), 'OAUTHBEARER', [
    bearer('bad'),
    '\u0001',
  ]);
  assert.deepEqual(JSON.parse(challenges[1] ?? ''), {
    status: 'invalid_token',
    scope: 'mail',
    'openid-configuration': 'https://id.example/.well-known/openid-configuration',
  });
  const google = await runMechanism(services, saslTestChannel(), 'XOAUTH2', [xoauth2(alice, 'bad'), '']);
  assert.deepEqual(JSON.parse(google.challenges[1] ?? ''), {
    status: '401',
    schemes: 'bearer',
    scope: 'mail',
  });
  await assert.rejects(
    runMechanism(services, saslTestChannel(), 'OAUTHBEARER', [bearer('bad'), 'more']),
    (error) => error instanceof Fault,
  );
});

test('what is offered: by the operator’s list, by what is configured, and nothing where credentials may not go', () => {
  const services = saslServices({}, new FixtureDirectory(saslAccounts));
  const offered = (mayAuth: boolean, wishes: ChannelWishes = {}, all = services): string =>
    offeredMechanisms({ services: all, channel: saslTestChannel(wishes), mayAuth })
      .map(({ name }) => name)
      .join(' ');
  assert.equal(offered(false), '');
  assert.equal(offered(true), 'PLAIN LOGIN OAUTHBEARER XOAUTH2');
  services.tokens.isConfigured = false;
  assert.equal(offered(true), 'PLAIN LOGIN');
  assert.equal(offered(true, { names }), 'PLAIN LOGIN EXTERNAL');
  const some = saslServices({
    'auth.mechanisms': ['scram-sha-256', 'SCRAM-SHA-256-PLUS'],
    'auth.scram': 'always',
  });
  assert.equal(offered(true, {}, some), 'SCRAM-SHA-256');
  assert.equal(
    offered(true, { bindings: { 'tls-exporter': 'x' } }, some),
    'SCRAM-SHA-256 SCRAM-SHA-256-PLUS',
  );
});
