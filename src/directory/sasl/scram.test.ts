import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../base/outcome.ts';
import { FixtureDirectory } from '../../routing/fixture.ts';
import {
  runMechanism,
  ScramClient,
  type ScramClientOptions,
  saslAccounts,
  saslServices,
  saslTestChannel,
} from './fixture.ts';
import { isRightProof, makeScramVerifier, serverSignature } from './scram-keys.ts';

const alice = 'alice@example.test';
const bindings = { 'tls-exporter': 'exported keying material', 'tls-server-end-point': 'certificate hash' };
const verifier = await makeScramVerifier('pencil', 4096);
assert.ok(verifier !== undefined);

function services(settings: Parameters<typeof saslServices>[0] = {}) {
  const directory = new FixtureDirectory(saslAccounts);
  for (const name of ['alice', 'admin', 'off']) directory.verifiers.set(`${name}@example.test`, verifier!);
  return { ...saslServices({ 'auth.scramIterations': 4096, ...settings }, directory), directory };
}

async function run(
  options: Partial<ScramClientOptions>,
  name = 'SCRAM-SHA-256',
  channel = saslTestChannel(),
) {
  const client = new ScramClient({ login: alice, password: 'pencil', ...options });
  const { outcome, challenges } = await runMechanism(services(), channel, name, client.answers);
  return { outcome, challenges, verified: client.verified };
}

test('SCRAM-SHA-256: the example of RFC 7677 3', async () => {
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
  const keys = await makeScramVerifier('pencil', 4096, salt);
  assert.ok(keys !== undefined);
  const authMessage = [
    'n=user,r=rOprNGfwEbeRWgbNEkqO',
    'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
  ].join(',');
  const proof = Buffer.from('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=', 'base64');
  assert.equal(isRightProof(keys, authMessage, proof), true);
  assert.equal(serverSignature(keys, authMessage), '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
  proof[0] = (proof[0] ?? 0) ^ 1;
  assert.equal(isRightProof(keys, authMessage, proof), false);
  assert.equal(isRightProof(keys, authMessage, proof.subarray(1)), false);
});

test('the right password is accepted, and the server proves itself', async () => {
  const { outcome, verified, challenges } = await run({});
  assert.equal(outcome.kind === 'accepted' && outcome.account.address, alice);
  assert.equal(verified, true);
  assert.equal(challenges[0], '');
  assert.match(challenges[1] ?? '', /^r=fyko\+d2lbbFgONRv9qkxdawL[A-Za-z0-9+/]{24},s=.{24},i=4096$/);
});

test('an alias logs in to its account', async () => {
  const { outcome } = await run({ login: 'al@example.test' });
  assert.equal(outcome.kind === 'accepted' && outcome.account.address, alice);
});

const refusals: readonly (readonly [string, Partial<ScramClientOptions>, string])[] = [
  ['a wrong password', { password: 'Pencil' }, 'password'],
  ['an unknown user', { login: 'nobody@example.test' }, 'unknown'],
  ['a user without a verifier', { login: 'bob@example.test' }, 'unknown'],
  ['a disabled user', { login: 'off@example.test' }, 'disabled'],
  ['acting for another user', { authorization: 'bob@example.test' }, 'authorization'],
  ['binding data in a mechanism without', { bindingData: 'x' }, 'binding'],
  ['`p=` in a mechanism without', { flag: 'p=tls-exporter' }, 'binding'],
];
for (const [what, options, reason] of refusals) {
  test(`${what} is refused`, async () => {
    const { outcome } = await run(options);
    assert.equal(outcome.kind === 'refused' && outcome.reason, reason);
  });
}

test('unknown users have a salt that stays the same and is their own, so that nobody can tell who exists', async () => {
  const salt = async (login: string): Promise<string> =>
    (await run({ login })).challenges[1]?.split(',').slice(1).join(',') ?? '';
  assert.equal(await salt('nobody@example.test'), await salt('nobody@example.test'));
  assert.notEqual(await salt('nobody@example.test'), await salt('noone@example.test'));
  assert.equal((await salt('nobody@example.test')).length, (await salt(alice)).length);
  // A user without a verifier is told from one that does not exist by nothing.
  const unknown = await run({ login: 'nobody@example.test' });
  const bob = await run({ login: 'bob@example.test' });
  assert.equal(unknown.challenges.length, bob.challenges.length);
});

for (const type of ['tls-exporter', 'tls-server-end-point'] as const) {
  test(`PLUS binds to ${type}`, async () => {
    const channel = saslTestChannel({ bindings });
    const right = await run(
      { flag: `p=${type}`, bindingData: bindings[type] },
      'SCRAM-SHA-256-PLUS',
      channel,
    );
    assert.equal(right.outcome.kind, 'accepted');
    const wrong = await run(
      { flag: `p=${type}`, bindingData: 'of another connection' },
      'SCRAM-SHA-256-PLUS',
      channel,
    );
    assert.equal(wrong.outcome.kind === 'refused' && wrong.outcome.reason, 'binding');
  });
}

for (const flag of ['n', 'y', 'p=tls-unique', 'p=tls-exporter']) {
  test(`PLUS with the flag ${flag} and no binding data is refused`, async () => {
    const { outcome } = await run({ flag }, 'SCRAM-SHA-256-PLUS', saslTestChannel({ bindings }));
    assert.equal(outcome.kind === 'refused' && outcome.reason, 'binding');
  });
}

test('downgrade: a client that could bind and was not offered to is refused when it was', async () => {
  const { outcome } = await run({ flag: 'y' }, 'SCRAM-SHA-256', saslTestChannel({ bindings }));
  assert.equal(outcome.kind === 'refused' && outcome.reason, 'binding');
  const honest = await run({ flag: 'y' });
  assert.equal(honest.outcome.kind, 'accepted');
});

test('a nonce that is not the whole of ours is malformed', async () => {
  const client = new ScramClient({ login: alice, password: 'pencil' });
  const answers = [
    client.first(),
    async (challenge: string) => (await client.final(challenge)).replace(/r=[^,]+/, 'r=fyko'),
  ];
  await assert.rejects(
    runMechanism(services(), saslTestChannel(), 'SCRAM-SHA-256', answers),
    (error) => error instanceof Fault && error.code === 'sasl.malformed',
  );
});

test('a proof cannot be used again: the second exchange has another nonce', async () => {
  const all = services();
  const client = new ScramClient({ login: alice, password: 'pencil' });
  let final = '';
  const first = [client.first(), async (challenge: string) => (final = await client.final(challenge)), ''];
  assert.equal((await runMechanism(all, saslTestChannel(), 'SCRAM-SHA-256', first)).outcome.kind, 'accepted');
  await assert.rejects(
    runMechanism(all, saslTestChannel(), 'SCRAM-SHA-256', [client.first(), final, '']),
    Fault,
  );
});

test('auth.scram: auto needs a verifier for everybody, always does not, never is never', async () => {
  const client = new ScramClient({ login: 'bob@example.test', password: 'pencil' });
  const none = (settings: Parameters<typeof saslServices>[0]) =>
    runMechanism(saslServices(settings), saslTestChannel(), 'SCRAM-SHA-256', client.answers);
  await assert.rejects(none({}), /not offered/);
  assert.equal((await none({ 'auth.scram': 'always' })).outcome.kind, 'refused');
  await assert.rejects(
    runMechanism(services({ 'auth.scram': 'never' }), saslTestChannel(), 'SCRAM-SHA-256', client.answers),
    /not offered/,
  );
});

test('a password that SASLprep refuses has no verifier', async () => {
  assert.equal(await makeScramVerifier('a\u0007b', 4096), undefined);
  assert.ok((await makeScramVerifier('пароль', 4096)) !== undefined);
});
