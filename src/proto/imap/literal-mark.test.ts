import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findLiteralMark } from './literal-mark.ts';
import { maxLiteralNumber } from './token.ts';

const marks: readonly (readonly [string, number, boolean, boolean])[] = [
  ['a LOGIN {5}', 5, false, false],
  ['{0}', 0, false, false],
  ['a "broken {16+}', 16, true, false],
  ['a ~{7}', 7, false, true],
  ['a ~{7+}', 7, true, true],
  ['x{9999999999+}', maxLiteralNumber, true, false],
  ['x{007}', 7, false, false],
];
for (const [line, sizeBytes, nonSync, binary] of marks) {
  test(`${line} ends in a literal of ${sizeBytes}`, () => {
    assert.deepEqual(findLiteralMark(Buffer.from(line)), { sizeBytes, nonSync, binary });
  });
}

for (const line of [
  '',
  '}',
  'a {}',
  'a {-1}',
  'a {+10}',
  'a {10++}',
  'a {1 }',
  'a {5} ',
  '{5',
  'a {5}"',
  `{${'9'.repeat(60)}}`,
]) {
  test(`I01, I02: ${JSON.stringify(line.slice(0, 20))} announces nothing`, () => {
    assert.equal(findLiteralMark(Buffer.from(line)), undefined);
  });
}
