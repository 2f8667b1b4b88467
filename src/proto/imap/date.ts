// Dates as IMAP writes them: `date` of SEARCH (1-Jan-2026), `date-time` of APPEND and INTERNALDATE (RFC 9051 9).
//
// Refuses days that do not exist (30-Feb), zones beyond ±14:59 and years before 1. Text in, numbers out; nothing here knows
// the local time zone: the server speaks UTC, so BEFORE, ON and SINCE compare days of UTC.

/** One day of the Gregorian calendar as the number of days since 1970-01-01. */
export type DayNumber = number;

const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const dayMs = 86_400_000;

const datePattern = /^(\d{1,2})-([A-Za-z]{3})-(\d{4})$/;
const dateTimePattern = /^([ \d]\d)-([A-Za-z]{3})-(\d{4}) (\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})$/;

/** Reads `date-text` without quotes; undefined when it is not a date of the calendar. */
export function parseDate(text: string): DayNumber | undefined {
  const match = datePattern.exec(text);
  if (match === null) return undefined;
  return dayNumber(match[1]!, match[2]!, match[3]!);
}

/** Reads a `date-time` without quotes as Unix ms; undefined when it is not one. A leap second counts as second 59. */
export function parseDateTime(text: string): number | undefined {
  const match = dateTimePattern.exec(text);
  if (match === null) return undefined;
  const day = dayNumber(match[1]!.trim(), match[2]!, match[3]!);
  const hour = Number(match[4]);
  const minute = Number(match[5]);
  const second = Number(match[6]);
  const zoneHour = Number(match[8]);
  const zoneMinute = Number(match[9]);
  if (day === undefined || hour > 23 || minute > 59 || second > 60) return undefined;
  if (zoneHour > 14 || zoneMinute > 59) return undefined;
  const zoneMs = (zoneHour * 60 + zoneMinute) * 60_000 * (match[7] === '-' ? -1 : 1);
  return day * dayMs + ((hour * 60 + minute) * 60 + Math.min(second, 59)) * 1000 - zoneMs;
}

/** The UTC day that an instant belongs to. */
export const dayOf = (unixMs: number): DayNumber => Math.floor(unixMs / dayMs);

/** INTERNALDATE without quotes, in UTC: ` 1-Jan-2026 10:00:00 +0000` (the day always takes two columns). */
export function formatDateTime(unixMs: number): string {
  const date = new Date(unixMs);
  const day = String(date.getUTCDate()).padStart(2, ' ');
  const month = monthNames[date.getUTCMonth()];
  const year = String(date.getUTCFullYear()).padStart(4, '0');
  return `${day}-${month}-${year} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`;
}

function dayNumber(day: string, monthName: string, year: string): DayNumber | undefined {
  const wanted = monthName[0]!.toUpperCase() + monthName.slice(1).toLowerCase();
  const month = monthNames.indexOf(wanted);
  if (month < 0) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), month, Number(day));
  const exists = date.getUTCMonth() === month && date.getUTCDate() === Number(day);
  return exists && Number(year) > 0 ? Math.floor(date.getTime() / dayMs) : undefined;
}

const two = (value: number): string => (value < 10 ? `0${value}` : String(value));
