// The addon's edge of native/smtp: views and new buffers, steps and facts. The state machine itself is tested in
// native/smtp/data-scanner-test.cc against a reference, for every short input and split.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BareLineEnd, DataScanner } from './smtp-scanner.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Pushes pieces until the end of data; output as latin1 text. */
function scan(pieces: readonly string[], mode: BareLineEnd, dotted = true) {
  const scanner = new DataScanner(mode, dotted);
  let output = '';
  let consumed = 0;
  let done = false;
  for (const piece of pieces) {
    const step = scanner.push(bytes(piece));
    output += Buffer.from(step.output).toString('latin1');
    consumed += step.consumed;
    done = step.done;
    if (done) break;
    assert.equal(step.consumed, piece.length);
  }
  return { output, consumed, done, facts: scanner.facts() };
}

test('scanner: unchanged content is a view of the input, changed content a buffer of its own', () => {
  const scanner = new DataScanner('normalise', true);
  const plain = bytes('From: a\r\n\r\nbody. \r\n');
  const step = scanner.push(plain);
  assert.equal(step.output.buffer, plain.buffer);
  assert.equal(step.output.byteOffset, plain.byteOffset);
  assert.equal(step.output.length, plain.length);
  const stuffed = bytes('a\r\n..b\r\nc\nd\r\n.\r\nQUIT\r\n');
  const copy = Buffer.from(stuffed);
  const changed = scanner.push(stuffed);
  assert.notEqual(changed.output.buffer, stuffed.buffer);
  assert.equal(Buffer.from(changed.output).toString(), 'a\r\n.b\r\nc\r\nd\r\n');
  assert.deepEqual([changed.done, changed.consumed], [true, stuffed.length - 6]);
  assert.deepEqual(stuffed, copy);
});

test('scanner: the view excludes the end mark and keeps the last line end', () => {
  const { output, consumed, done } = scan(['a\r\n.\r\nRSET\r\n'], 'refuse');
  assert.deepEqual({ output, consumed, done }, { output: 'a\r\n', consumed: 6, done: true });
});

test('scanner: every split of a message gives the same output and facts', () => {
  const text = 'Received: x\r\n\r\n..a\nb\r.\r\n.\rc\r\n\0\xff..\r\n.\r\n';
  for (const mode of ['refuse', 'normalise'] as const) {
    const whole = scan([text], mode);
    assert.ok(whole.done);
    assert.deepEqual(scan([...text], mode), whole);
    for (let at = 1; at < text.length; at++) {
      assert.deepEqual(scan([text.slice(0, at), text.slice(at)], mode), whole, `${mode} ${at}`);
    }
  }
});

test('S01: only CRLF.CRLF ends the data', () => {
  for (const end of ['\n.\n', '\n.\r\n', '\r\n.\n', '\r.\r', '\r.\r\n']) {
    const text = `a${end}MAIL FROM:<boss@bank.example>\r\n.\r\n`;
    for (const mode of ['refuse', 'normalise'] as const) {
      const result = scan([text], mode);
      assert.equal(result.consumed, text.length, JSON.stringify(end));
      assert.ok(result.facts.bareCr || result.facts.bareLf);
      assert.equal(result.output.includes('MAIL FROM'), true);
    }
  }
});

test('scanner: normalised output has only CRLF line ends', () => {
  const { output } = scan(['a\nb\rc\r\r\n\n.\n.', '\r', '\nd\r\n.\r\n'], 'normalise');
  assert.equal(output, 'a\r\nb\r\nc\r\n\r\n\r\n.\r\n.\r\nd\r\n');
  assert.equal(/(^|[^\r])\n|\r(?!\n)/.test(output), false);
});

test('scanner: BDAT passes unchanged, and a CR at its very end is bare', () => {
  const scanner = new DataScanner('normalise', false);
  const input = bytes('.\r\n.\r\nx\r');
  const step = scanner.push(input);
  assert.equal(step.output.buffer, input.buffer);
  assert.deepEqual([step.consumed, step.done, step.output.length], [input.length, false, input.length]);
  assert.equal(scanner.facts().bareCr, false);
  assert.equal(scanner.facts(true).bareCr, true);
});

test('scanner: facts', () => {
  const { facts } = scan(['Received: a\r\nreceived : b\r\n\r\nReceived: c\r\n\0\x80\r\n.\r\n'], 'refuse');
  assert.deepEqual(facts, {
    bareCr: false,
    bareLf: false,
    nul: true,
    eightBit: true,
    longestLine: 12,
    receivedCount: 2,
  });
});

test('scanner: a step survives the next one, of another scanner too', () => {
  const first = new DataScanner('refuse', true).push(bytes('abc'));
  const second = new DataScanner('refuse', true).push(bytes('.\r\n'));
  assert.deepEqual([first.consumed, first.done, first.output.length], [3, false, 3]);
  assert.deepEqual([second.consumed, second.done, second.output.length], [3, true, 0]);
});

test('scanner: nothing is used after the end, nor of empty input', () => {
  const scanner = new DataScanner('refuse', true);
  assert.deepEqual(scanner.push(new Uint8Array(0)), { consumed: 0, done: false, output: new Uint8Array(0) });
  assert.equal(scanner.push(bytes('.\r\n')).done, true);
  const after = scanner.push(bytes('NOOP\r\n'));
  assert.deepEqual([after.consumed, after.done, after.output.length], [0, true, 0]);
});

test('edge: what is no Uint8Array is a TypeError, never a crash', () => {
  for (const value of [undefined, null, 'text', 5, [1], new Float64Array(1), {}]) {
    assert.throws(() => new DataScanner('refuse', true).push(value as unknown as Uint8Array), TypeError);
  }
});
