import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesPattern, withheldCapabilities } from './capability-rules.ts';
import { fixedSettings } from './session-fixture.ts';

test('capability rules: by address, by domain, by client pattern', () => {
  const settings = fixedSettings({
    'imap.accountCapabilities': ['alice@example.test: -QRESYNC -notify', 'other.test: -MOVE', 'broken'],
    'imap.clientCapabilities': ['Outlook*: -IDLE', 'odd: name*: -ID', 'x: +IDLE', ': -MOVE'],
  });
  const account = { address: 'alice@example.test', domain: 'example.test' };
  const forClient = (client: string) => withheldCapabilities(settings, { account, client });
  assert.deepEqual([...forClient('').names], ['QRESYNC', 'NOTIFY']);
  assert.deepEqual([...forClient('outlook 16.0').names], ['QRESYNC', 'NOTIFY', 'IDLE']);
  assert.deepEqual([...forClient('Odd: name 2').names], ['QRESYNC', 'NOTIFY', 'ID']);
  assert.deepEqual(forClient('').unreadable, ['broken', 'x: +IDLE', ': -MOVE']);
  const other = { address: 'bob@other.test', domain: 'other.test' };
  assert.deepEqual([...withheldCapabilities(settings, { account: other, client: '' }).names], ['MOVE']);
});

test('capability rules: patterns', () => {
  const cases: [string, string, boolean][] = [
    ['abc', 'abc', true],
    ['abc', 'ab', false],
    ['abc', '*', true],
    ['abc', 'a*c', true],
    ['ac', 'a*c', true],
    ['a', 'a*a', false],
    ['aXbYc', 'a*b*c', true],
    ['acb', 'a*b*c', false],
    ['abcabc', '*abc', true],
  ];
  for (const [text, pattern, expected] of cases) {
    assert.equal(matchesPattern(text, pattern), expected, `${text} ${pattern}`);
  }
});

test('capability rules: a hostile pattern on a hostile client costs little', () => {
  const before = performance.now();
  matchesPattern('a'.repeat(200), `${'*a'.repeat(5000)}b`);
  assert.ok(performance.now() - before < 200);
});
