// The text that PREVIEW shows of a message (RFC 8970): the beginning of its first text, decoded, without markup and quotes.
//
// At most 200 characters (RFC 8970 3.2), from at most `maxReadBytes` of the part. The empty string when there is no text.

import {
  decodeCharset,
  decodeTransfer,
  headerParameter,
  headerValues,
  PartColumn,
  partColumns,
} from '../../native/mime.ts';

const maxCharacters = 200;
/** Encoded octets looked at: enough for 200 characters behind a long style sheet. */
const maxReadBytes = 32_768;
const maxPartHeaderBytes = 65_536;
/** Parts whose headers are read in search of a text. */
const maxParts = 20;

/** Makes the preview; `read(start, end)` gives octets of the message. */
export async function previewText(
  parts: Float64Array,
  read: (start: number, end: number) => Promise<Buffer>,
): Promise<string> {
  let html: string | undefined;
  const rows = Math.min(parts.length / partColumns, maxParts);
  for (let row = 0; row < rows; row++) {
    const at = (column: number): number => parts[row * partColumns + column] ?? 0;
    if (at(PartColumn.kind) !== 0) continue;
    const headerStart = at(PartColumn.headerStart);
    const bodyStart = at(PartColumn.bodyStart);
    const header = await read(headerStart, Math.min(bodyStart, headerStart + maxPartHeaderBytes));
    const type = (headerValues(header, 'content-type')[0] ?? 'text/plain').trim().toLowerCase();
    const isAttachment = (headerValues(header, 'content-disposition')[0] ?? '')
      .trim()
      .toLowerCase()
      .startsWith('attachment');
    const isPlain = type.startsWith('text/plain') || !type.includes('/');
    if (isAttachment || !(isPlain || type.startsWith('text/html'))) continue;
    if (!isPlain && html !== undefined) continue;
    const octets = await read(bodyStart, Math.min(at(PartColumn.bodyEnd), bodyStart + maxReadBytes));
    const decoded = decodeTransfer(octets, at(PartColumn.encoding));
    if (decoded === null) continue;
    const text = decode(decoded, headerParameter(header, 'content-type', 'charset'));
    if (!isPlain) html = shorten(withoutMarkup(text));
    else {
      const short = shorten(withoutQuotes(text));
      if (short !== '') return short;
    }
  }
  return html ?? '';
}

function decode(octets: Buffer, charset: string | null): string {
  return decodeCharset(octets, charset ?? 'utf-8') ?? decodeCharset(octets, 'utf-8') ?? '';
}

/** Lines that quote another message tell nothing new. */
const withoutQuotes = (text: string): string =>
  text
    .split('\n')
    .filter((line) => !line.startsWith('>'))
    .join('\n');

const skippedElements = ['style', 'script', 'head', 'title'] as const;

/** Text of HTML: no tags, no comments, nothing of elements that are not shown. One pass. */
function withoutMarkup(html: string): string {
  let text = '';
  const lower = html.toLowerCase();
  let at = 0;
  while (at < html.length && text.length < maxCharacters * 8) {
    const open = html.indexOf('<', at);
    if (open < 0) return entities(text + html.slice(at));
    text += `${html.slice(at, open)} `;
    const skipped = skippedElements.find((name) => lower.startsWith(`<${name}`, open));
    const end = html.startsWith('<!--', open)
      ? html.indexOf('-->', open)
      : skipped === undefined
        ? open
        : lower.indexOf(`</${skipped}`, open);
    const close = end < 0 ? -1 : html.indexOf('>', end);
    if (close < 0) break;
    at = close + 1;
  }
  return entities(text);
}

const named: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

const entities = (text: string): string =>
  text.replace(/&(#x[0-9a-f]{1,6}|#\d{1,7}|[a-z]{2,8});/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return named[name.toLowerCase()] ?? whole;
    const code = name[1]?.toLowerCase() === 'x' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
      ? String.fromCodePoint(code)
      : ' ';
  });

/** White space and controls as one space, cut at a character. */
function shorten(text: string): string {
  const flat = text
    .slice(0, maxCharacters * 40)
    .replace(/[\s\u0000-\u001f\u007f-\u009f\u200b\ufeff]+/gu, ' ')
    .trim();
  return [...flat.slice(0, maxCharacters * 2)].slice(0, maxCharacters).join('').trim();
}
