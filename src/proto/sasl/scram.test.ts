import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../base/outcome.ts';
import { parseClientFinal, parseClientFirst } from './scram.ts';

const octets = (text: string): Buffer => Buffer.from(text);

test('client-first: flags, authorization identity, escapes, ignored extensions', () => {
  const first = parseClientFirst(octets('p=tls-exporter,a=ad=3Dmin,n=us=2Cer,r=abc+/=,x=later'));
  assert.deepEqual(first.binding, { kind: 'used', type: 'tls-exporter' });
  assert.equal(first.authorization, 'ad=min');
  assert.equal(first.login, 'us,er');
  assert.equal(first.nonce, 'abc+/=');
  assert.equal(first.gs2Header, 'p=tls-exporter,a=ad=3Dmin,');
  assert.equal(first.bare, 'n=us=2Cer,r=abc+/=,x=later');
  assert.deepEqual(parseClientFirst(octets('y,,n=u,r=1')).binding, { kind: 'unused' });
  assert.deepEqual(parseClientFirst(octets('n,,n=пользователь,r=1')).login, 'пользователь');
});

const badFirst = [
  '',
  'n',
  'n,',
  'n,,',
  'n,,n=u',
  'n,,r=1,n=u',
  'n,,n=,r=1',
  'n,,n=u,r=',
  'n,,n=u,r=a b',
  'n,,n=u,r=ж',
  'n,,n=u=,r=1',
  'n,,n=u=2c,r=1',
  'n,x=1,n=u,r=1',
  'q,,n=u,r=1',
  'p=,,n=u,r=1',
  'p=a/b,,n=u,r=1',
  'n,,m=must,n=u,r=1',
  'n,,n=u\0,r=1',
  `n,,n=${'u'.repeat(5000)},r=1`,
];
for (const text of badFirst) {
  test(`client-first ${JSON.stringify(text.slice(0, 30))} is malformed`, () => {
    assert.throws(() => parseClientFirst(octets(text)), isMalformed);
  });
}

test('client-final: what is signed ends before the proof', () => {
  const final = parseClientFinal(octets('c=biws,r=abc,x=later,p=AAEC'));
  assert.equal(Buffer.from(final.binding).toString(), 'n,,');
  assert.deepEqual([...final.proof], [0, 1, 2]);
  assert.equal(final.withoutProof, 'c=biws,r=abc,x=later');
});

for (const text of [
  '',
  'c=biws,p=AAEC',
  'c=biws,r=abc',
  'r=abc,c=biws,p=AAEC',
  'c=biws,r=abc,p=AAE',
  'c=!,r=a,p=AAEC',
]) {
  test(`client-final ${JSON.stringify(text)} is malformed`, () => {
    assert.throws(() => parseClientFinal(octets(text)), isMalformed);
  });
}

test('random octets never do more than a Fault', () => {
  let seed = 7;
  const next = (bound: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % bound;
  };
  const pieces = [
    'n,',
    'y,',
    'p=x,',
    ',',
    'a=u,',
    'n=u,',
    'r=1',
    '=2C',
    '=',
    'c=biws',
    'p=AAEC',
    '\0',
    'ж',
    'm=x',
  ];
  for (let i = 0; i < 5_000; i++) {
    const text = Array.from({ length: next(8) }, () => pieces[next(pieces.length)]).join('');
    for (const parse of [parseClientFirst, parseClientFinal]) {
      try {
        parse(octets(text));
      } catch (error) {
        assert.ok(isMalformed(error), `${text}: ${error}`);
      }
    }
  }
});

function isMalformed(error: unknown): boolean {
  return error instanceof Fault && ['sasl.malformed', 'sasl.base64'].includes(error.code);
}
