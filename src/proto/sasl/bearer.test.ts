import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../base/outcome.ts';
import { parseOAuthBearer, parseXOAuth2 } from './bearer.ts';

const octets = (text: string): Buffer => Buffer.from(text.replaceAll('^A', '\u0001'));

test('OAUTHBEARER: the example of RFC 7628 4.1', () => {
  const message =
    'n,a=user@example.com,^Ahost=server.example.com^Aport=143^Aauth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==^A^A';
  const { authorization, token } = parseOAuthBearer(octets(message));
  assert.equal(authorization, 'user@example.com');
  assert.equal(token.reveal(), 'vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==');
});

test('XOAUTH2: user and token', () => {
  const { authorization, token } = parseXOAuth2(octets('user=a@b.example^Aauth=Bearer t0.k-e_n~+/^A^A'));
  assert.equal(authorization, 'a@b.example');
  assert.equal(token.reveal(), 't0.k-e_n~+/');
});

for (const auth of ['', 'auth=^A', 'auth=Basic abc^A', 'auth=Bearer ^A', 'auth=Bearer a b^A']) {
  test(`OAUTHBEARER: ${JSON.stringify(auth)} is no token`, () => {
    assert.equal(parseOAuthBearer(octets(`n,,^A${auth}^A`)).token.reveal(), '');
  });
}

for (const text of [
  '',
  'n,,',
  'n,,^Aauth=Bearer x',
  'n,,^Aauth=Bearer x^A',
  'q,,^A^A',
  'n,b=x,^A^A',
  'n,a=u=,^A^A',
  'n,,^Aauth=Bearer x^Aauth=Bearer y^A^A',
  'n,,^Anonsense^A^A',
  `n,,^A${'x'.repeat(20_000)}^A^A`,
]) {
  test(`OAUTHBEARER: ${JSON.stringify(text.slice(0, 40))} is malformed`, () => {
    assert.throws(
      () => parseOAuthBearer(octets(text)),
      (error) => error instanceof Fault && error.code === 'sasl.malformed',
    );
  });
}

for (const text of ['', 'auth=Bearer x^A^A', 'user=^Aauth=Bearer x^A^A', 'user=a^Aauth=Bearer x^A']) {
  test(`XOAUTH2: ${JSON.stringify(text)} is malformed`, () => {
    assert.throws(
      () => parseXOAuth2(octets(text)),
      (error) => error instanceof Fault && error.code === 'sasl.malformed',
    );
  });
}

test('random octets never do more than a Fault', () => {
  let seed = 5;
  const next = (bound: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % bound;
  };
  const pieces = [
    'n,',
    'y,,',
    'a=u,',
    'user=a',
    'auth=Bearer x',
    '^A',
    '^A^A',
    '=',
    '=2C',
    ',',
    '\0',
    'ж',
    'p=x,',
  ];
  for (let i = 0; i < 5_000; i++) {
    const text = Array.from({ length: next(8) }, () => pieces[next(pieces.length)]).join('');
    for (const parse of [parseOAuthBearer, parseXOAuth2]) {
      try {
        parse(octets(text));
      } catch (error) {
        assert.ok(error instanceof Fault && error.code === 'sasl.malformed', `${text}: ${error}`);
      }
    }
  }
});
