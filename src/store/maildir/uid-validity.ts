// The account's UIDVALIDITY counter `tegu.uidvalidity`: one decimal number, the largest value ever given.
//
// A value is written and synced before a mailbox uses it, outside the index, so that it survives both a lost index and a
// deleted folder: a recreated mailbox always gets a larger value, even within one second (RFC 9051 2.3.1.1). Values
// follow the clock, so that a lost counter does no harm either. Call with the account lock held.

import { join } from 'node:path';
import type { AccountPaths } from './account-path.ts';
import { readSmallFile, replaceSmallFile } from './small-file.ts';

/** Largest nz-number. */
const maxValue = 4_294_967_295;

async function lastValue(paths: AccountPaths): Promise<number> {
  const text = (await readSmallFile(paths.uidValidity))?.octets.toString('latin1') ?? '';
  const value = /^\d{1,10}/.test(text) ? Number.parseInt(text, 10) : 0;
  return Math.min(value, maxValue);
}

const write = (paths: AccountPaths, value: number): Promise<void> =>
  replaceSmallFile(paths.uidValidity, `${value}\n`, join(paths.maildir, 'tmp'));

/** A UIDVALIDITY larger than every one before and than `above`. */
export async function nextUidValidity(paths: AccountPaths, nowMs: number, above = 0): Promise<number> {
  const value = Math.max(Math.floor(nowMs / 1000), (await lastValue(paths)) + 1, above + 1);
  // After 2106, or after a foreign list claimed the last value, nothing larger exists; a used value would be worse than
  // an error, but an unusable mailbox worse than both: wrap to the clock and let clients compare for inequality.
  const usable = value <= maxValue ? value : Math.max(1, Math.floor(nowMs / 1000) % maxValue);
  await write(paths, usable);
  return usable;
}

/** Makes sure that later values are larger than `value`, which came from another program's list. */
export async function noteUidValidity(paths: AccountPaths, value: number): Promise<void> {
  if (value > (await lastValue(paths))) await write(paths, value);
}
