import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Secret } from '../../base/secret.ts';
import { FixtureSettings } from '../../routing/fixture.ts';
import { parseKeySet } from './json-web-token.ts';
import { JwtVerifier } from './jwt-verifier.ts';

const folder = mkdtempSync(join(tmpdir(), 'tegu-jwt-'));
after(() => rmSync(folder, { recursive: true }));

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');
const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
const small = generateKeyPairSync('rsa', { modulusLength: 1024 });

const jwk = (key: KeyObject, facts: object): object => ({ ...key.export({ format: 'jwk' }), ...facts });
const keySet = JSON.stringify({
  keys: [
    jwk(rsa.publicKey, { kid: 'r', use: 'sig' }),
    jwk(ec.publicKey, { kid: 'e' }),
    jwk(ed.publicKey, { kid: 'd', alg: 'EdDSA' }),
    jwk(small.publicKey, { kid: 's' }),
    { kty: 'oct', k: 'c2VjcmV0', kid: 'o' },
  ],
});
writeFileSync(join(folder, 'keys.json'), keySet);

const nowMs = Date.UTC(2026, 10, 25, 12);
const now = nowMs / 1000;
const good = {
  iss: 'https://id.example/',
  aud: ['other', 'mail'],
  exp: now + 300,
  email: 'alice@example.test',
  scope: 'openid imap',
};
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function token(
  claims: object,
  header: object = { alg: 'RS256', kid: 'r' },
  key: KeyObject = rsa.privateKey,
): string {
  const signed = `${part(header)}.${part(claims)}`;
  const hash = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  return `${signed}.${sign(hash, Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

const usual = {
  'auth.tokenKeysFile': 'keys.json',
  'auth.tokenIssuer': 'https://id.example/',
  'auth.tokenAudience': 'mail',
};
const problems: string[] = [];
let monotonicMs = 0;
function verifier(settings: ConstructorParameters<typeof FixtureSettings>[1] = {}): JwtVerifier {
  return new JwtVerifier({
    settings: new FixtureSettings([], { ...usual, ...settings }),
    resolvePath: (file) => join(folder, file),
    clock: { nowMs: () => nowMs, monotonicMs: () => monotonicMs },
    onBroken: (_path, problem) => problems.push(problem),
  });
}
const without = (name: string): object =>
  Object.fromEntries(Object.entries(good).filter(([key]) => key !== name));

const hmacForged = (): string => {
  const signed = `${part({ alg: 'HS256', kid: 'r' })}.${part(good)}`;
  const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' });
  return `${signed}.${createHmac('sha256', pem).update(signed).digest('base64url')}`;
};

const rows: readonly (readonly [string, string, string])[] = [
  ['RS256', token(good), 'alice@example.test'],
  ['ES256', token(good, { alg: 'ES256', kid: 'e' }, ec.privateKey), 'alice@example.test'],
  ['EdDSA', token(good, { alg: 'EdDSA', kid: 'd' }, ed.privateKey), 'alice@example.test'],
  ['no kid: any key of the kind', token(good, { alg: 'RS256' }), 'alice@example.test'],
  ['audience as text', token({ ...good, aud: 'mail' }), 'alice@example.test'],
  ['just expired, within the skew', token({ ...good, exp: now - 30 }), 'alice@example.test'],
  ['a key that is not ours', token(good, { alg: 'RS256', kid: 'r' }, other.privateKey), 'signature'],
  ['a kid that nobody has', token(good, { alg: 'RS256', kid: 'x' }), 'signature'],
  ['alg none', `${part({ alg: 'none' })}.${part(good)}.AA`, 'signature'],
  ['alg none without signature', `${part({ alg: 'none' })}.${part(good)}.`, 'no signed token'],
  ['a MAC with the public key as secret', hmacForged(), 'signature'],
  ['an algorithm that is not the key’s', token(good, { alg: 'ES256', kid: 'r' }), 'signature'],
  ['an RSA key of 1024 bits', token(good, { alg: 'RS256', kid: 's' }, small.privateKey), 'signature'],
  ['crit', token(good, { alg: 'RS256', kid: 'r', crit: ['x'] }), 'no signed token'],
  [
    'claims changed behind the signature',
    token(good).replace(/\.[^.]+\./, `.${part({ ...good, email: 'bob@example.test' })}.`),
    'signature',
  ],
  ['another issuer', token({ ...good, iss: 'https://evil.example/' }), 'issuer'],
  ['no issuer', token(without('iss')), 'issuer'],
  ['another audience', token({ ...good, aud: 'web' }), 'audience'],
  ['no audience', token(without('aud')), 'audience'],
  ['expired', token({ ...good, exp: now - 61 }), 'expired'],
  ['no exp', token(without('exp')), 'expired'],
  ['exp as text', token({ ...good, exp: String(now + 300) }), 'expired'],
  ['not yet valid', token({ ...good, nbf: now + 61 }), 'not yet valid'],
  ['no user', token(without('email')), 'no user'],
  ['an address that was never confirmed', token({ ...good, email_verified: false }), 'address not verified'],
  ['no JSON', 'AA.AA.AA', 'no signed token'],
  ['two parts', 'AA.AA', 'no signed token'],
  ['odd alphabet', 'A+A.AA.AA', 'no signed token'],
];
for (const [name, text, expected] of rows) {
  test(`JWT: ${name}: ${expected}`, async () => {
    const answer = await verifier().verify(new Secret(text));
    assert.equal(answer.kind === 'valid' ? answer.login : answer.reason, expected);
  });
}

test('JWT: scope and user claim are settings', async () => {
  const verify = async (settings: object, claims: object): Promise<string> => {
    const answer = await verifier(settings).verify(new Secret(token(claims)));
    return answer.kind === 'valid' ? answer.login : answer.reason;
  };
  assert.equal(await verify({ 'auth.tokenScope': 'imap' }, good), 'alice@example.test');
  assert.equal(await verify({ 'auth.tokenScope': 'smtp' }, good), 'scope');
  assert.equal(
    await verify({ 'auth.tokenUserClaim': 'preferred_username' }, { ...good, preferred_username: 'bob' }),
    'bob',
  );
});

test('JWT: without issuer or audience it is off', () => {
  assert.equal(verifier().isConfigured, true);
  for (const name of Object.keys(usual)) assert.equal(verifier({ [name]: '' }).isConfigured, false);
});

test('JWT: a file that breaks keeps the last good keys; a missing one is a temporary failure', async () => {
  writeFileSync(join(folder, 'live.json'), keySet);
  const live = verifier({ 'auth.tokenKeysFile': 'live.json' });
  assert.equal((await live.verify(new Secret(token(good)))).kind, 'valid');
  writeFileSync(join(folder, 'live.json'), '{"keys": []');
  monotonicMs += 10_000;
  assert.equal((await live.verify(new Secret(token(good)))).kind, 'valid');
  assert.deepEqual(problems.splice(0), ['not JSON']);
  await assert.rejects(verifier({ 'auth.tokenKeysFile': 'none.json' }).verify(new Secret(token(good))), {
    code: 'directory.token_unavailable',
  });
});

test('JWKS: what cannot be used is left out, and a set of nothing is told', () => {
  assert.equal(typeof parseKeySet('[]'), 'string');
  assert.equal(
    typeof parseKeySet('{"keys":[{"kty":"oct","k":"AA"},null,{"kty":"RSA","n":"!","e":"AQAB"}]}'),
    'string',
  );
  const keys = parseKeySet(keySet);
  assert.ok(typeof keys !== 'string');
  assert.deepEqual(
    keys.map(({ id }) => id),
    ['r', 'e', 'd'],
  );
});
