import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Flag } from '../mail-store.ts';
import { arrivalOf, formatInfo, NameSource, octetsOf, pathText, withSizes } from './file-name.ts';

test('file name: unique, with sizes, safe host', () => {
  const names = new NameSource('ho/st:1,2');
  const made = Array.from({ length: 5000 }, () => names.next(1_700_000_000_123, 42));
  assert.equal(new Set(made).size, 5000);
  const times = made.map(arrivalOf);
  assert.ok(
    times.every((time, i) => i === 0 || time > times[i - 1]!),
    'each later than the one before',
  );
  assert.match(
    made[0] as string,
    /^1700000000\.M123000P\d+Q1R[0-9a-f]{16}\.ho\\057st\\0721\\0542,S=42,W=42$/,
  );
  assert.match(names.next(1_700_000_000_000, 4, 6), /,S=4,W=6$/);
});

test('file name: time of arrival in microseconds, 0 when the name tells none', () => {
  assert.equal(arrivalOf('1700000000.M123P4.host'), 1_700_000_000_000_123);
  assert.equal(arrivalOf('1700000000.P4.host'), 1_700_000_000_000_000);
  assert.equal(arrivalOf('1700000000.1234_5.host'), 1_700_000_000_000_000);
  for (const odd of ['', 'abc', '99999999999999.x', '.1']) assert.equal(arrivalOf(odd), 0);
});

test('file name: flags in alphabetical order, unknown letters and later fields kept', () => {
  const cases: [old: string, flags: number, expected: string][] = [
    ['', 0, ':2,'],
    ['', Flag.seen | Flag.draft, ':2,DS'],
    [':2,FPS', Flag.answered, ':2,PR'],
    [':2,S,x=1', Flag.seen | Flag.deleted, ':2,ST,x=1'],
    ['', (1 << 5) | (1 << 30) | Flag.flagged, ':2,Faz'],
  ];
  for (const [old, flags, expected] of cases) assert.equal(formatInfo(old, flags), expected);
});

test('file name: repaired sizes replace wrong ones', () => {
  assert.equal(withSizes('1.x,S=5,W=6', 7, 8), '1.x,S=7,W=8');
  assert.equal(withSizes('1.x', 7, 8), '1.x,S=7,W=8');
  assert.equal(withSizes('1.x,S=abc,Z=1', 7, 8), '1.x,Z=1,S=7,W=8');
});

test('file name: octets that are text, and octets that are not', () => {
  assert.equal(pathText('plain'), 'plain');
  assert.equal(pathText(octetsOf('ёж')), 'ёж');
  assert.equal(octetsOf('ёж').length, 4);
  for (const octets of ['\xff', '\xd1', '\xc0\xaf', '\xed\xa0\x80'])
    assert.equal(pathText(octets), undefined);
});
