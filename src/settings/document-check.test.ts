import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findAliasLoops } from './alias-loops.ts';
import { checkDocument, expectDocument, InvalidSettings } from './document-check.ts';
import { createSnapshot } from './snapshot.ts';

const domain = (change: object = {}): object => ({ name: 'example.test', store: 'main', ...change });
const issuesOf = (raw: unknown): string[] =>
  checkDocument(raw).issues.map((issue) => `${issue.path} | ${issue.expected} | ${issue.got}`);

test('settings: an empty object is a valid document', () => {
  assert.deepEqual(expectDocument({}), { values: {}, domains: [], stores: [] });
});

test('settings: names and addresses come out in normal form, defaults filled in', () => {
  const document = expectDocument({
    domains: [
      {
        name: 'ПРИМЕР.Example',
        aliases: { Info: ['Alice@ПРИМЕР.example'], '"a b"': ['x@other.test'] },
        catchAll: 'ALICE@пример.example',
      },
    ],
  });
  assert.deepEqual(document.domains, [
    {
      name: 'xn--e1afmkfd.example',
      store: 'main',
      aliases: { info: ['alice@xn--e1afmkfd.example'], 'a b': ['x@other.test'] },
      catchAll: 'alice@xn--e1afmkfd.example',
      recipientDelimiter: '+',
      quotaBytes: 0,
    },
  ]);
  const again = expectDocument(JSON.parse(JSON.stringify(document)));
  assert.deepEqual(again, document, 'checking is a fixpoint');
});

const wrong: readonly (readonly [string, unknown, RegExp])[] = [
  ['no object', [], /^document \| an object \| \[\]/],
  ['unknown member', { users: [] }, /^document\.users \| one of values, domains, stores/],
  ['bad domain', { domains: [domain({ name: 'exa mple' })] }, /^domains\[0\]\.name \| a domain name/],
  [
    'domain twice',
    { domains: [domain(), domain({ name: 'EXAMPLE.test' })] },
    /each only once \| example\.test/,
  ],
  [
    'unknown store',
    { domains: [domain({ store: 'x' })] },
    /^domains\[0\]\.store \| one of the stores main \| x/,
  ],
  ['unknown field', { domains: [domain({ quota: 1 })] }, /^domains\[0\]\.quota \| one of name, store/],
  ['quota text', { domains: [domain({ quotaBytes: '1G' })] }, /quotaBytes \| a number of octets/],
  ['quota negative', { domains: [domain({ quotaBytes: -1 })] }, /quotaBytes/],
  ['delimiter', { domains: [domain({ recipientDelimiter: '@' })] }, /recipientDelimiter/],
  ['delimiter of two', { domains: [domain({ recipientDelimiter: '++' })] }, /recipientDelimiter/],
  ['alias not a list', { domains: [domain({ aliases: { a: 'b@c.test' } })] }, /aliases\.a \| a list/],
  ['alias to nobody', { domains: [domain({ aliases: { a: [] } })] }, /aliases\.a \| a list of at least one/],
  ['alias target', { domains: [domain({ aliases: { a: ['b'] } })] }, /aliases\.a\[0\] \| an address/],
  ['alias name', { domains: [domain({ aliases: { 'a@b': ['x@c.test'] } })] }, /a local part/],
  [
    'alias in two cases',
    { domains: [domain({ aliases: { a: ['x@c.test'], A: ['y@c.test'] } })] },
    /each alias once/,
  ],
  ['catch-all elsewhere', { domains: [domain({ catchAll: 'a@other.test' })] }, /an address in example\.test/],
  ['store named main', { stores: [{ name: 'main', address: 'maildir:/x' }] }, /other than main/],
  ['store name', { stores: [{ name: 'A B', address: 'maildir:/x' }] }, /stores\[0\]\.name/],
  ['store relative', { stores: [{ name: 'a', address: 'maildir:x' }] }, /absolute path/],
  ['store with ..', { stores: [{ name: 'a', address: 'maildir:/x/../y' }] }, /absolute path/],
  ['store with / at the end', { stores: [{ name: 'a', address: 'maildir:/x/' }] }, /absolute path/],
  ['store of another kind', { stores: [{ name: 'a', address: 'postgres:/x' }] }, /absolute path/],
  [
    'value type',
    { values: { 'server.workers': '2' } },
    /^values\.server\.workers \| an integer from 0 to 256/,
  ],
  ['value bounds', { values: { 'server.workers': 257 } }, /an integer from 0 to 256/],
  ['value fraction', { values: { 'server.workers': 1.5 } }, /an integer/],
  ['choice', { values: { 'server.logLevel': 'loud' } }, /one of debug, info, warn, error \| loud/],
  ['text with a line end', { values: { 'server.hostname': 'a\r\nb' } }, /one line of text/],
];
for (const [name, raw, expected] of wrong) {
  test(`settings: refused with place, expectation and value: ${name}`, () => {
    const issues = issuesOf(raw);
    assert.equal(issues.length, 1, issues.join('\n'));
    assert.match(issues[0] ?? '', expected);
    assert.throws(() => expectDocument(raw), InvalidSettings);
  });
}

test('settings: two stores in one place are refused', () => {
  const stores = [
    { name: 'a', address: 'maildir:/x' },
    { name: 'b', address: 'maildir:/x' },
  ];
  assert.match(issuesOf({ stores })[0] ?? '', /stores: address \| each only once/);
});

test('settings: an alias called __proto__ is an alias and nothing else', () => {
  const document = expectDocument(
    JSON.parse('{"domains":[{"name":"a.test","aliases":{"__proto__":["x@a.test"]}}]}'),
  );
  const aliases = document.domains[0]?.aliases ?? {};
  assert.deepEqual(Object.keys(aliases), ['__proto__']);
  assert.equal(Object.getPrototypeOf(aliases), Object.prototype);
});

test('settings: unknown parameters are refused when saved, left out when loaded', () => {
  const raw = { values: { 'future.thing': 1, 'server.workers': 2, constructor: 1 } };
  const { document, issues, unknown } = checkDocument(raw);
  assert.deepEqual([document.values, issues], [{ 'server.workers': 2 }, []]);
  assert.deepEqual(unknown, ['future.thing', 'constructor']);
  assert.throws(
    () => expectDocument(raw),
    (error) => error instanceof InvalidSettings && /values\.future\.thing/.test(error.message),
  );
});

test('settings: a thousand mistakes give a report of bounded length', () => {
  const domains = Array.from({ length: 1000 }, (_, i) => ({ name: `bad ${i} ${'x'.repeat(10_000)}` }));
  assert.equal(issuesOf({ domains }).length, 50);
  assert.ok(issuesOf({ domains }).every((issue) => issue.length < 200));
});

const loops: readonly (readonly [string, Record<string, string[]>, readonly string[]])[] = [
  ['chain', { a: ['b@d.test'], b: ['c@d.test'] }, []],
  ['itself beside another', { a: ['a@d.test', 'b@d.test'] }, []],
  ['two', { a: ['b@d.test'], b: ['a@d.test'] }, ['a@d.test b@d.test a@d.test']],
  [
    'tail before the loop',
    { x: ['a@d.test'], a: ['b@d.test'], b: ['a@d.test'] },
    ['a@d.test b@d.test a@d.test'],
  ],
  ['through a tag', { a: ['b+tag@d.test'], b: ['a@d.test'] }, ['a@d.test b@d.test a@d.test']],
  ['diamond', { a: ['b@d.test', 'c@d.test'], b: ['e@d.test'], c: ['e@d.test'], e: ['z@d.test'] }, []],
  [
    'two loops',
    { a: ['b@d.test'], b: ['a@d.test'], c: ['e@d.test'], e: ['c@d.test'] },
    ['a@d.test b@d.test a@d.test', 'c@d.test e@d.test c@d.test'],
  ],
];
for (const [name, aliases, expected] of loops) {
  test(`settings: alias loops: ${name}`, () => {
    const { document } = checkDocument({ domains: [{ name: 'd.test', aliases }] });
    assert.deepEqual(
      findAliasLoops(document.domains).map((loop) => loop.join(' ')),
      expected,
    );
  });
}

test('settings: a loop over two domains is found; a chain of 100,000 aliases overflows nothing', () => {
  const across = {
    domains: [
      { name: 'a.test', aliases: { x: ['x@b.test'] } },
      { name: 'b.test', aliases: { x: ['x@a.test'] } },
    ],
  };
  assert.match(issuesOf(across)[0] ?? '', /the loop x@a\.test → x@b\.test → x@a\.test/);
  const aliases = Object.fromEntries(
    Array.from({ length: 100_000 }, (_, i) => [`u${i}`, [`u${i + 1}@a.test`]]),
  );
  assert.deepEqual(issuesOf({ domains: [{ name: 'a.test', aliases }] }), []);
});

test('settings: a snapshot gives values and defaults, and cannot be changed', () => {
  const document = expectDocument({ values: { 'server.workers': 3 }, domains: [{ name: 'a.test' }] });
  const snapshot = createSnapshot(5, document);
  assert.equal(snapshot.revision, 5);
  assert.equal(snapshot.get('server.workers'), 3);
  assert.equal(snapshot.get('server.logLevel'), 'info');
  assert.equal(snapshot.domain('a.test' as never)?.name, 'a.test');
  assert.equal(snapshot.domain('toString' as never), undefined);
  assert.throws(() => (snapshot.domains as unknown[]).push(1), TypeError);
});
