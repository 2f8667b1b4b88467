import assert from 'node:assert/strict';
import { test } from 'node:test';
import { baseSubject } from './base-subject.ts';

test('base subject: leaders, tags, trailers and wrappers of RFC 5256 2.1', () => {
  const cases: [string, string, boolean][] = [
    ['hello', 'hello', false],
    ['Re: hello', 'hello', true],
    ['RE : hello', 'hello', true],
    ['Fw: Fwd: re: hello', 'hello', true],
    ['Re[2]: hello', 'hello', true],
    ['re [x] : hello', 'hello', true],
    ['[list] Re: hello', 'hello', true],
    ['[list] hello', 'hello', false],
    ['[a] [b] hello', 'hello', false],
    ['[only]', '[only]', false],
    ['hello (fwd)', 'hello', true],
    ['hello (FWD) (fwd)  ', 'hello', true],
    ['[Fwd: hello]', 'hello', true],
    ['[fwd: Re: [x] hello (fwd)]', 'hello', true],
    ['[fwd: hello', '[fwd: hello', false],
    ['Report: x', 'Report: x', false],
    ['a\t b\r\n c', 'a b c', false],
    ['Re:', '', true],
    ['', '', false],
    ['Re: Привет', 'Привет', true],
    ['[[x]] Re: y', '[[x]] Re: y', false],
  ];
  for (const [subject, text, isReplyOrForward] of cases) {
    assert.deepEqual(baseSubject(subject), { text, isReplyOrForward }, subject);
  }
});

test('base subject: a subject of tags alone costs little', () => {
  const before = performance.now();
  baseSubject('[a]'.repeat(300_000));
  baseSubject(`${' '.repeat(1_000_000)}x`);
  baseSubject('re:'.repeat(300_000));
  baseSubject('(fwd)'.repeat(300_000));
  assert.ok(performance.now() - before < 500);
});
