import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DotStuffing } from './dot-stuffing.ts';

/** The whole output for input cut into pieces of `step` octets. */
function stuff(text: string, step: number): string {
  const stuffing = new DotStuffing();
  const octets = Buffer.from(text, 'latin1');
  let output = '';
  for (let at = 0; at < octets.length; at += step) {
    output += stuffing.push(octets.subarray(at, at + step)).toString('latin1');
  }
  return output + stuffing.end();
}

const rows: readonly (readonly [string, string, string])[] = [
  ['nothing', '', '.\r\n'],
  ['no dots', 'a\r\nb\r\n', 'a\r\nb\r\n.\r\n'],
  ['a dot at the start', '.a\r\n', '..a\r\n.\r\n'],
  ['dots alone', '.\r\n..\r\n', '..\r\n...\r\n.\r\n'],
  ['dots inside a line', 'a.\r\nb.c\r\n', 'a.\r\nb.c\r\n.\r\n'],
  ['S03: a last line without its end', 'a\r\n.foo', 'a\r\n..foo\r\n.\r\n'],
  ['a last line that ends in bare LF', 'a\n', 'a\n\r\n.\r\n'],
  ['a last CR', 'a\r', 'a\r\r\n.\r\n'],
  ['S01: <LF>.<CRLF> does not end the message', 'a\n.\r\n-ERR\r\n', 'a\n..\r\n-ERR\r\n.\r\n'],
  ['many', '\n.\n.\n.', '\n..\n..\n..\r\n.\r\n'],
];
for (const [name, text, expected] of rows) {
  test(`dot-stuffing: ${name}, whole and in pieces`, () => {
    for (const step of [1, 2, 3, 1000]) assert.equal(stuff(text, step), expected, `step ${step}`);
  });
}

test('dot-stuffing: unstuffing what a reader of lines sees gives the input back', () => {
  let seed = 11;
  const next = (bound: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % bound;
  };
  for (let i = 0; i < 2_000; i++) {
    const text = Array.from({ length: next(20) }, () => ['.', '\r\n', '\n', '\r', 'x'][next(5)]).join('');
    const output = stuff(text, 1 + next(4));
    assert.ok(output.endsWith('.\r\n'));
    const lines = output.split('\n').slice(0, -2);
    assert.ok(!lines.includes('.\r') && !lines.includes('.'), JSON.stringify(output));
    const back = lines.map((line) => line.replace(/^\.\./, '.')).join('\n');
    const whole = text === '' || text.endsWith('\r\n') ? text : `${text}\r\n`;
    assert.equal(whole === '' ? '' : `${back}\n`, whole);
  }
});
