import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayOf, formatDateTime, parseDate, parseDateTime } from './date.ts';

test('date: days of the calendar are counted from 1970, month names in any case', () => {
  const cases: [string, number][] = [
    ['1-Jan-1970', 0],
    ['01-JAN-1970', 0],
    ['2-jan-1970', 1],
    ['31-Dec-1969', -1],
    ['29-Feb-2024', 19782],
    ['25-Nov-2026', 20782],
  ];
  for (const [text, day] of cases) assert.equal(parseDate(text), day, text);
});

test('date: what is not a day of the calendar is refused', () => {
  for (const text of [
    '',
    '30-Feb-2024',
    '29-Feb-2023',
    '0-Jan-2024',
    '32-Jan-2024',
    '1-Foo-2024',
    '1-Jan-24',
    '1-Jan-0000',
    ' 1-Jan-2024',
    '1-Jan-2024 ',
    '"1-Jan-2024"',
    '١-Jan-2024',
    '1-Jan-20244',
  ]) {
    assert.equal(parseDate(text), undefined, text);
  }
});

test('date-time: zone and two-column day are read, instant comes out in UTC', () => {
  const cases: [string, string][] = [
    [' 1-Jan-2026 10:00:00 +0000', '2026-01-01T10:00:00.000Z'],
    ['01-Jan-2026 10:00:00 +0300', '2026-01-01T07:00:00.000Z'],
    ['31-Dec-2025 23:30:00 -0530', '2026-01-01T05:00:00.000Z'],
    ['31-Dec-2016 23:59:60 +0000', '2016-12-31T23:59:59.000Z'],
  ];
  for (const [text, iso] of cases) assert.equal(new Date(parseDateTime(text)!).toISOString(), iso, text);
});

test('date-time: malformed instants are refused', () => {
  for (const text of [
    '1-Jan-2026 10:00:00 +0000',
    '01-Jan-2026 24:00:00 +0000',
    '01-Jan-2026 10:60:00 +0000',
    '01-Jan-2026 10:00:61 +0000',
    '01-Jan-2026 10:00:00 +1500',
    '01-Jan-2026 10:00:00 +0060',
    '01-Jan-2026 10:00:00 GMT',
    '01-Jan-2026  10:00:00 +0000',
    '01-Jan-2026',
  ]) {
    assert.equal(parseDateTime(text), undefined, text);
  }
});

test('internal date: written in UTC with a two-column day and read back unchanged', () => {
  assert.equal(formatDateTime(Date.UTC(2026, 0, 1, 10)), ' 1-Jan-2026 10:00:00 +0000');
  assert.equal(formatDateTime(Date.UTC(2026, 10, 25, 9, 8, 7)), '25-Nov-2026 09:08:07 +0000');
  for (const ms of [0, -1000, 1_795_605_124_000, 253_402_300_799_000]) {
    assert.equal(parseDateTime(formatDateTime(ms)), ms);
  }
});

test('day: an instant before 1970 belongs to the day it falls on', () => {
  assert.equal(dayOf(-1), -1);
  assert.equal(dayOf(0), 0);
  assert.equal(dayOf(86_399_999), 0);
});
