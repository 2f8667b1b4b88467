// One value of the settings table: whether it fits its row, and its form as text on a command line.
//
// Text forms are for people: `25M`, `5m`, `yes`, `a, b`. A value that is printed parses back to itself.

import type { Parameter } from './parameter.ts';

/** Longest text value and list item. Banners and names are short; this only keeps accidents out. */
const maxTextLength = 4096;
const maxListItems = 1000;

/** What stands in the way: what was expected; undefined when `value` fits the row. */
export function valueProblem(parameter: Parameter, value: unknown): string | undefined {
  switch (parameter.type) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'true or false';
    case 'count':
    case 'size':
    case 'duration':
      return isInRange(parameter, value) ? undefined : expectedNumber(parameter);
    case 'text':
      return isLine(value) ? undefined : `one line of text, at most ${maxTextLength} characters`;
    case 'choice':
      return parameter.choices?.includes(value as string)
        ? undefined
        : `one of ${(parameter.choices ?? []).join(', ')}`;
    case 'list':
      return Array.isArray(value) && value.length <= maxListItems && value.every(isLine)
        ? undefined
        : `a list of at most ${maxListItems} lines of text`;
  }
}

function isInRange(parameter: Parameter, value: unknown): boolean {
  return (
    Number.isSafeInteger(value) &&
    (value as number) >= (parameter.min ?? 0) &&
    (value as number) <= (parameter.max ?? Number.MAX_SAFE_INTEGER)
  );
}

function expectedNumber(parameter: Parameter): string {
  const unit = parameter.unit === '' ? '' : ` (${parameter.unit})`;
  const bounds =
    parameter.max === undefined
      ? `of at least ${parameter.min ?? 0}`
      : `from ${parameter.min ?? 0} to ${parameter.max}`;
  return `an integer ${bounds}${unit}`;
}

/** Values end up in banners and header fields, where a line end would begin something new. */
function isLine(value: unknown): boolean {
  return typeof value === 'string' && value.length <= maxTextLength && !/[\u0000-\u001f\u007f]/.test(value);
}

const sizeFactors: Readonly<Record<string, number>> = {
  '': 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
};
const durationMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const words: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  false: false,
  no: false,
  off: false,
};

/** Reads a value as a person types it; undefined when it cannot be one of this row. Bounds are not checked here. */
export function parseValueText(parameter: Parameter, text: string): unknown {
  const trimmed = text.trim();
  switch (parameter.type) {
    case 'boolean':
      return Object.hasOwn(words, trimmed.toLowerCase()) ? words[trimmed.toLowerCase()] : undefined;
    case 'count':
      return /^-?[0-9]{1,15}$/.test(trimmed) ? Number(trimmed) : undefined;
    case 'size':
      return parseSizeText(trimmed);
    case 'duration':
      return parseDuration(trimmed, parameter.unit);
    case 'list':
      return trimmed === '' ? [] : trimmed.split(',').map((item) => item.trim());
    case 'text':
    case 'choice':
      return text;
  }
}

/** `25M`, `25 MiB`, `26214400`: octets; undefined for anything else. Factors are powers of 1024. */
export function parseSizeText(text: string): number | undefined {
  const match = /^([0-9]{1,15})\s*([kmgt]?)(?:i?b)?$/i.exec(text);
  const factor = sizeFactors[(match?.[2] ?? '').toLowerCase()];
  return match === null || factor === undefined ? undefined : Number(match[1]) * factor;
}

/** `90`, `90s`, `5m` in the row's unit; undefined when it is not a whole number of units. */
function parseDuration(text: string, unit: string): number | undefined {
  const match = /^([0-9]{1,15})\s*(ms|s|m|h|d)?$/.exec(text);
  if (match === null) return undefined;
  const rowMs = durationMs[unit];
  if (match[2] === undefined || rowMs === undefined)
    return match[2] === undefined ? Number(match[1]) : undefined;
  const value = (Number(match[1]) * (durationMs[match[2]] as number)) / rowMs;
  return Number.isInteger(value) ? value : undefined;
}

/** The value as `parseValueText` reads it. */
export function formatValueText(value: unknown): string {
  return Array.isArray(value) ? value.join(', ') : String(value);
}
