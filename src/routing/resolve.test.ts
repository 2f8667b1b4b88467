import assert from 'node:assert/strict';
import { test } from 'node:test';
import { domainToASCII } from 'node:url';
import { parseForwardPath } from '../proto/address/path.ts';
import { FixtureDirectory, FixtureSettings, fixtureAccount, fixtureDomain } from './fixture.ts';
import { resolveRoute } from './resolve.ts';
import { ownsAddress } from './sender.ts';

const domains = [
  fixtureDomain('example.test', {
    aliases: {
      info: ['alice@example.test', 'bob@example.test'],
      alice: ['alice@example.test', 'bob@example.test'],
      sales: ['info@example.test', 'carol@second.test'],
      a: ['b@example.test'],
      b: ['c@example.test'],
      c: ['a@example.test'],
      d: ['e@example.test', 'bob@example.test'],
      e: ['d@example.test'],
      self: ['self@example.test'],
      out: ['alice@example.test', 'someone@elsewhere.example'],
      half: ['bob@example.test', 'nobody@example.test'],
      gone: ['nobody@example.test'],
      broken: ['down@example.test', 'bob@example.test'],
      spelling: ['not an address'],
      solo: ['bob@example.test'],
    },
  }),
  fixtureDomain('second.test', { catchAll: 'carol@second.test', recipientDelimiter: '', store: 'other' }),
  fixtureDomain('third.test', { catchAll: 'nobody@third.test', recipientDelimiter: '-' }),
  fixtureDomain('xn--e1afmkfd.example'),
];
const directory = new FixtureDirectory([
  fixtureAccount('alice@example.test', { aliases: ['al@example.test'] }),
  fixtureAccount('bob@example.test'),
  fixtureAccount('admin@example.test'),
  fixtureAccount('a+b@example.test'),
  fixtureAccount('carol@second.test'),
  fixtureAccount('postmaster@third.test'),
  fixtureAccount('иван@xn--e1afmkfd.example'),
]);
directory.broken.add('down');

async function route(path: string, values = {}) {
  const settings = new FixtureSettings(domains, values).current;
  const { value } = parseForwardPath(path, 0, domainToASCII);
  const { route: found, steps } = await resolveRoute({ settings, directory }, value);
  assert.ok(steps.length > 0, 'every decision is explained');
  if (found.kind !== 'local') return found.kind;
  const accounts = found.accounts
    .map((account) => account.address)
    .sort()
    .join(' ');
  return `${found.match}${found.tag === '' ? '' : ` tag ${found.tag}`}: ${accounts}`;
}

const cases: readonly (readonly [string, string, string])[] = [
  ['an account', '<bob@example.test>', 'account: bob@example.test'],
  ['local part and domain in any case', '<BoB@Example.TEST>', 'account: bob@example.test'],
  ['quoted spelling of the same address', '<"bob"@example.test>', 'account: bob@example.test'],
  ['secondary address', '<al@example.test>', 'account: alice@example.test'],
  ['tag', '<bob+news+x@example.test>', 'account tag news+x: bob@example.test'],
  ['an account whose name holds the delimiter', '<a+b@example.test>', 'account: a+b@example.test'],
  ['no user before the delimiter', '<+bob@example.test>', 'unknown'],
  ['no delimiter in that domain, catch-all', '<carol+x@second.test>', 'catch-all: carol@second.test'],
  ['another delimiter', '<postmaster-x@third.test>', 'account tag x: postmaster@third.test'],
  ['alias', '<info@example.test>', 'alias: alice@example.test bob@example.test'],
  ['alias with tag', '<info+t@example.test>', 'alias tag t: alice@example.test bob@example.test'],
  ['alias that keeps a copy', '<alice@example.test>', 'alias: alice@example.test bob@example.test'],
  ['the same through a tag', '<alice+q@example.test>', 'alias tag q: alice@example.test bob@example.test'],
  [
    'alias of aliases',
    '<sales@example.test>',
    'alias: alice@example.test bob@example.test carol@second.test',
  ],
  ['S16: a cycle with nobody in it', '<a@example.test>', 'loop'],
  ['S16: a cycle beside a real target', '<d@example.test>', 'alias: bob@example.test'],
  ['alias to itself that is no account', '<self@example.test>', 'loop'],
  ['one target elsewhere', '<out@example.test>', 'remote'],
  ['one target unknown', '<half@example.test>', 'alias: bob@example.test'],
  ['all targets unknown', '<gone@example.test>', 'unknown'],
  ['a target that is no address', '<spelling@example.test>', 'unknown'],
  ['source down', '<down@example.test>', 'unavailable'],
  ['source down for one target', '<broken@example.test>', 'unavailable'],
  ['unknown user', '<nobody@example.test>', 'unknown'],
  ['foreign domain', '<bob@elsewhere.example>', 'remote'],
  ['subdomain of ours', '<bob@sub.example.test>', 'remote'],
  ['address literal', '<bob@[127.0.0.1]>', 'remote'],
  ['catch-all', '<anything@second.test>', 'catch-all: carol@second.test'],
  ['catch-all that is nobody', '<anything@third.test>', 'unknown'],
  ['postmaster without domain', '<POSTMASTER>', 'role: admin@example.test'],
  ['postmaster', '<Postmaster@example.test>', 'role: admin@example.test'],
  ['postmaster of a domain without admin', '<postmaster@xn--e1afmkfd.example>', 'role: admin@example.test'],
  ['abuse with a tag', '<abuse+1@example.test>', 'role: admin@example.test'],
  ['postmaster who is an account', '<postmaster@third.test>', 'account: postmaster@third.test'],
  ['internationalised', '<ИВАН@пример.example>', 'account: иван@xn--e1afmkfd.example'],
  ['names of object members', '<constructor@example.test>', 'unknown'],
  ['names of object members, 2', '<__proto__@example.test>', 'unknown'],
];
for (const [name, path, expected] of cases) {
  test(`route: ${name}`, async () => assert.equal(await route(path), expected));
}

test('route: postmaster goes where the setting says, or is refused when that is nobody', async () => {
  const postmaster = (value: string) => route('<postmaster@example.test>', { 'routing.postmaster': value });
  assert.equal(await postmaster('bob'), 'role: bob@example.test');
  assert.equal(await postmaster('carol@second.test'), 'role: carol@second.test');
  assert.equal(await postmaster('down'), 'unavailable');
  assert.equal(await postmaster('nobody'), 'unknown');
});

test('S16: chains and fan-out end at the limits, at the limit they still work', async () => {
  const chain = Object.fromEntries(
    Array.from({ length: 30 }, (_, i) => [
      `n${i}`,
      [i === 29 ? 'bob@example.test' : `n${i + 1}@example.test`],
    ]),
  );
  const many = {
    all: Array.from({ length: 50 }, (_, i) => (i === 0 ? 'bob@example.test' : `u${i}@example.test`)),
  };
  const settings = (values: object) =>
    new FixtureSettings([fixtureDomain('example.test', { aliases: { ...chain, ...many } })], values).current;
  const kind = async (path: string, values: object) => {
    const { value } = parseForwardPath(path, 0, domainToASCII);
    return (await resolveRoute({ settings: settings(values), directory }, value)).route.kind;
  };
  assert.equal(await kind('<n0@example.test>', { 'routing.maxAliasDepth': 30 }), 'local');
  assert.equal(await kind('<n0@example.test>', { 'routing.maxAliasDepth': 29 }), 'loop');
  assert.equal(await kind('<all@example.test>', { 'routing.maxAliasTargets': 50 }), 'local');
  assert.equal(await kind('<all@example.test>', { 'routing.maxAliasTargets': 49 }), 'loop');
});

test('sender: own addresses pass; shared aliases, catch-all, roles and others do not', async () => {
  const settings = new FixtureSettings(domains).current;
  const owns = async (account: string, sender: string) => {
    const { value } = parseForwardPath(`<${sender}>`, 0, domainToASCII);
    const known = await directory.resolve(...(account.split('@').reverse() as [never, string]));
    assert.ok(known);
    return ownsAddress({ settings, directory }, known, value);
  };
  assert.equal(await owns('bob@example.test', 'Bob@EXAMPLE.test'), true);
  assert.equal(await owns('alice@example.test', 'al@example.test'), true);
  assert.equal(await owns('bob@example.test', 'bob+shop@example.test'), true);
  assert.equal(await owns('bob@example.test', 'solo@example.test'), true);
  assert.equal(await owns('bob@example.test', 'info@example.test'), false);
  assert.equal(await owns('carol@second.test', 'ceo@second.test'), false);
  assert.equal(await owns('admin@example.test', 'postmaster@example.test'), false);
  assert.equal(await owns('bob@example.test', 'alice@example.test'), false);
  assert.equal(await owns('bob@example.test', 'bob@elsewhere.example'), false);
});
