import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineInput, type LineOutcome } from './line-input.ts';

const limit = 20;

/** All outcomes of the input given in pieces of `step` octets. */
function run(input: string | Buffer, step: number, maxBytes = limit): LineOutcome[] {
  const lines = new LineInput();
  const octets = Buffer.from(input as string);
  const outcomes: LineOutcome[] = [];
  for (let at = 0; at < octets.length; at += step) {
    lines.append(octets.subarray(at, at + step));
    for (
      let outcome = lines.takeLine(maxBytes);
      outcome.kind !== 'need';
      outcome = lines.takeLine(maxBytes)
    ) {
      outcomes.push(outcome);
      if (outcome.kind === 'lost') return outcomes;
    }
  }
  return outcomes;
}

const line = (text: string): LineOutcome => ({ kind: 'line', text });
const bare = (text: string): LineOutcome => ({ kind: 'refused', reason: 'smtp.bare_line_end', text });
const octet = (text: string): LineOutcome => ({ kind: 'refused', reason: 'smtp.bad_octets', text });
const tooLong = (text: string): LineOutcome => ({ kind: 'refused', reason: 'smtp.line_too_long', text });

const cases: readonly (readonly [string, string | Buffer, readonly LineOutcome[]])[] = [
  ['two lines', 'EHLO a\r\nNOOP\r\n', [line('EHLO a'), line('NOOP')]],
  ['an empty line', '\r\n', [line('')]],
  ['UTF-8', 'RCPT <ж>\r\n', [line('RCPT <ж>')]],
  ['S01: bare LF does not end a command unnoticed', 'NOOP\nQUIT\r\n', [bare('NOOP'), line('QUIT')]],
  ['bare CR inside', 'NOOP\rQUIT\r\n', [bare('NOOP\rQUIT')]],
  ['CR CR LF', 'NOOP\r\r\n', [bare('NOOP\r')]],
  ['NUL', 'NO\0OP\r\n', [octet('NO\0OP')]],
  ['broken UTF-8', Buffer.from('NO\xff\r\n', 'latin1'), [octet('NO\xff')]],
  ['overlong UTF-8', Buffer.from('N\xc0\xaf\r\n', 'latin1'), [octet('N\xc0\xaf')]],
  ['exactly the limit', `${'x'.repeat(18)}\r\n.\r\n`, [line('x'.repeat(18)), line('.')]],
  ['one past the limit', `${'x'.repeat(19)}\r\n.\r\n`, [tooLong(`${'x'.repeat(19)}\r`), line('.')]],
  [
    'far past the limit, then in step again',
    `${'x'.repeat(5000)}\r\nNOOP\r\n`,
    [tooLong('x'.repeat(20)), line('NOOP')],
  ],
  ['AUTH may be longer', `auth ${'x'.repeat(1000)}\r\n`, [line(`auth ${'x'.repeat(1000)}`)]],
  ['AUTH at its limit', `AUTH ${'x'.repeat(12_281)}\r\n`, [line(`AUTH ${'x'.repeat(12_281)}`)]],
  [
    'AUTH past its limit',
    `AUTH ${'x'.repeat(12_282)}\r\nNOOP\r\n`,
    [tooLong(`AUTH ${'x'.repeat(27)}`), line('NOOP')],
  ],
];
for (const [name, input, expected] of cases) {
  test(`line: ${name}; whole, byte by byte, in pieces`, () => {
    for (const step of [100_000, 1, 2, 3, 7])
      assert.deepEqual(run(input, step), expected, `pieces of ${step}`);
  });
}

test('line: split at every offset gives the same', () => {
  const input = Buffer.from('EHLO a\r\nMAIL FROM:<ж@b>\r\nNOOP\n\r\nQUIT\r\n');
  const whole = run(input, input.length, 100);
  for (let cut = 1; cut < input.length; cut++) {
    const lines = new LineInput();
    const outcomes: LineOutcome[] = [];
    for (const part of [input.subarray(0, cut), input.subarray(cut)]) {
      lines.append(part);
      for (let one = lines.takeLine(100); one.kind !== 'need'; one = lines.takeLine(100)) outcomes.push(one);
    }
    assert.deepEqual(outcomes, whole, `cut at ${cut}`);
  }
});

test('line: a megabyte without line end is given up, and is not held meanwhile', () => {
  const lines = new LineInput();
  const chunk = Buffer.alloc(65_536, 'x');
  for (let i = 0; i < 16; i++) {
    lines.append(chunk);
    assert.equal(lines.takeLine(limit).kind, 'need');
    assert.equal(lines.isEmpty, true);
  }
  lines.append(chunk);
  assert.equal(lines.takeLine(limit).kind, 'lost');
});

test('octets behind a line are found in their place', () => {
  const lines = new LineInput();
  lines.append(Buffer.from('BDAT 5\r\nhel'));
  assert.deepEqual(lines.takeLine(limit), line('BDAT 5'));
  assert.equal(lines.take(5)?.toString(), 'hel');
  assert.equal(lines.take(2), undefined);
  lines.append(Buffer.from('loNOOP\r\n'));
  assert.equal(lines.take(2)?.toString(), 'lo');
  assert.deepEqual(lines.takeLine(limit), line('NOOP'));
  lines.append(Buffer.from('dropped'));
  assert.equal(lines.clear(), 7);
  assert.equal(lines.isEmpty, true);
});
