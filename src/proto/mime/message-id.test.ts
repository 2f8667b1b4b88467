import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageIds } from './message-id.ts';

test('message ids: between angle brackets, normalised, junk skipped', () => {
  const cases: [string, string[]][] = [
    ['<a@b>', ['a@b']],
    ['<a@b> <c@d>', ['a@b', 'c@d']],
    ['junk <a@b> more', ['a@b']],
    ['<"a"@b>', ['a@b']],
    ['<"a\\"c"@b>', ['a"c@b']],
    ['< a @ b >', ['a@b']],
    ['<a<b@c>', ['b@c']],
    ['<>', []],
    ['<open', []],
    ['no brackets', []],
    ['', []],
  ];
  for (const [field, ids] of cases) assert.deepEqual(messageIds(field), ids, field);
});

test('message ids: the last 500 count, and megabytes cost little', () => {
  const many = Array.from({ length: 600 }, (_, i) => `<${i}@x>`).join(' ');
  assert.deepEqual(messageIds(many).slice(0, 1), ['100@x']);
  const before = performance.now();
  messageIds('<'.repeat(1_000_000));
  messageIds(`${'<'.repeat(500_000)}>`);
  messageIds('<a>'.repeat(300_000));
  messageIds(`<${'"'.repeat(900)}>`.repeat(1000));
  assert.ok(performance.now() - before < 1000);
});
