import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Parameter } from './parameter.ts';
import { formatValueText, parseValueText, valueProblem } from './parameter-value.ts';
import { schema } from './schema/index.ts';

const row = (change: Partial<Parameter>): Parameter => ({
  type: 'count',
  default: 0,
  unit: '',
  since: '0.1',
  apply: 'live',
  doc: '',
  docRu: '',
  ...change,
});

const texts: readonly (readonly [Partial<Parameter>, string, unknown])[] = [
  [{ type: 'size' }, '25M', 26_214_400],
  [{ type: 'size' }, '25 MiB', 26_214_400],
  [{ type: 'size' }, '1t', 2 ** 40],
  [{ type: 'size' }, '512', 512],
  [{ type: 'size' }, '5kb', 5120],
  [{ type: 'size' }, '1.5G', undefined],
  [{ type: 'size' }, '-1', undefined],
  [{ type: 'size' }, '1x', undefined],
  [{ type: 'duration', unit: 's' }, '5m', 300],
  [{ type: 'duration', unit: 'ms' }, '5m', 300_000],
  [{ type: 'duration', unit: 's' }, '90', 90],
  [{ type: 'duration', unit: 's' }, '500ms', undefined],
  [{ type: 'duration', unit: 's' }, '2000ms', 2],
  [{ type: 'duration', unit: 's' }, '1d', 86_400],
  [{ type: 'duration', unit: 's' }, '1 fortnight', undefined],
  [{ type: 'boolean' }, 'Yes', true],
  [{ type: 'boolean' }, 'off', false],
  [{ type: 'boolean' }, '1', undefined],
  [{ type: 'boolean' }, 'constructor', undefined],
  [{ type: 'count' }, ' 7 ', 7],
  [{ type: 'count' }, '7k', undefined],
  [{ type: 'count' }, '', undefined],
  [{ type: 'list' }, 'a, b ,c', ['a', 'b', 'c']],
  [{ type: 'list' }, '', []],
  [{ type: 'text' }, ' as it is ', ' as it is '],
];
for (const [change, text, value] of texts) {
  test(`setting text: ${change.type} ${JSON.stringify(text)}`, () => {
    assert.deepEqual(parseValueText(row(change), text), value);
  });
}

test('setting text: at the bound and one past it', () => {
  const bounded = row({ min: 2, max: 5 });
  assert.deepEqual(
    [1, 2, 5, 6].map((value) => valueProblem(bounded, value) === undefined),
    [false, true, true, false],
  );
  assert.equal(valueProblem(row({}), 2 ** 53), 'an integer of at least 0');
});

test('every row: the default is valid, prints and parses back, and both texts are there', () => {
  for (const [name, parameter] of Object.entries<Parameter>(schema)) {
    assert.equal(valueProblem(parameter, parameter.default), undefined, name);
    assert.deepEqual(parseValueText(parameter, formatValueText(parameter.default)), parameter.default, name);
    assert.match(name, /^[a-z][a-z0-9]*\.[a-z][A-Za-z0-9]*$/, name);
    assert.match(parameter.doc, /^[A-Z0-9/].*\.$/s, name);
    assert.match(parameter.docRu, /[а-яё]/i, name);
  }
});
