// The façade over the built addon: what crosses the edge and how it fails. The parsers themselves are tested in native/mime.

import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  decodeCharset,
  decodeHeader,
  decodeTransfer,
  describeFile,
  describeMessage,
  foldForSearch,
  headerParameter,
  headerValues,
  type MimeDescription,
  PartColumn,
  partColumns,
  searchFile,
  selectHeaderFields,
} from './mime.ts';

const limits = { maxParts: 1000, maxDepth: 60, maxHeaderBytes: 1_048_576 };
const folder = await mkdtemp(join(tmpdir(), 'tegu-mime-'));
after(() => rm(folder, { recursive: true, force: true }));

const octets = (text: string): Buffer => Buffer.from(text, 'latin1');
const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8');

async function file(name: string, content: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const column = (description: MimeDescription, row: number, index: number): number =>
  description.parts[row * partColumns + index]!;

const message = octets(
  'Date: Thu, 1 Jan 1970 01:00:00 +0100\r\nSubject: s\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n' +
    '--b\r\n\r\none\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ntwo\r\n--b--\r\n',
);

test('describe: every field of a description crosses the edge', () => {
  const description = describeMessage(message, limits);
  assert.equal(description.sizeBytes, message.length);
  assert.equal(
    description.envelope.toString(),
    '("Thu, 1 Jan 1970 01:00:00 +0100" "s" NIL NIL NIL NIL NIL NIL NIL NIL)',
  );
  assert.match(
    description.body.toString(),
    /^\(\("text" "plain" .* 3 0\)\("message" "rfc822" .*\) "mixed"\)$/,
  );
  assert.match(description.bodyStructure.toString(), /"mixed" \("boundary" "b"\) NIL NIL NIL\)$/);
  assert.equal(description.header.toString(), message.toString('latin1').split('--b')[0]);
  assert.equal(description.dateMs, 0);
  assert.equal(description.dateZoneMinutes, 60);
  assert.equal(description.truncated, false);
});

test('describe: the columns of the table are those of PartColumn', () => {
  const description = describeMessage(message, limits);
  assert.equal(description.parts.length, 4 * partColumns);
  const text = message.toString('latin1');
  assert.equal(column(description, 0, PartColumn.parent), -1);
  assert.equal(column(description, 0, PartColumn.kind), 1);
  assert.equal(column(description, 0, PartColumn.firstChild), 1);
  assert.equal(column(description, 1, PartColumn.nextSibling), 2);
  assert.equal(column(description, 2, PartColumn.kind), 2);
  assert.equal(column(description, 2, PartColumn.firstChild), 3);
  assert.equal(column(description, 3, PartColumn.parent), 2);
  assert.equal(column(description, 3, PartColumn.lines), 0);
  assert.equal(column(description, 3, PartColumn.encoding), 0);
  assert.equal(column(description, 3, PartColumn.decodedSize), 3);
  const range = (row: number, from: number, to: number) =>
    text.slice(column(description, row, from), column(description, row, to));
  assert.equal(range(1, PartColumn.bodyStart, PartColumn.bodyEnd), 'one');
  assert.equal(
    range(2, PartColumn.headerStart, PartColumn.bodyStart),
    'Content-Type: message/rfc822\r\n\r\n',
  );
  assert.equal(range(3, PartColumn.headerStart, PartColumn.bodyStart), 'Subject: inner\r\n\r\n');
  assert.equal(range(3, PartColumn.bodyStart, PartColumn.bodyEnd), 'two');
});

test('describe: a message without a date has NaN, a limit says truncated', () => {
  const description = describeMessage(octets('Date: soon\r\n\r\n'), limits);
  assert.ok(Number.isNaN(description.dateMs) && Number.isNaN(description.dateZoneMinutes));
  const cut = describeMessage(message, { ...limits, maxParts: 2 });
  assert.equal(cut.truncated, true);
  assert.equal(cut.parts.length, 2 * partColumns);
});

test('describe: a file gives what its octets give, larger than one read and with LF line ends', async () => {
  const large = Buffer.concat([
    octets(
      'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\n',
    ),
    octets(`${'QUFB'.repeat(19)}\r\n`.repeat(10_000)),
    octets('--b\r\n\r\nlast\r\n--b--\r\n'),
  ]);
  const expected = describeMessage(large, limits);
  assert.equal(column(expected, 1, PartColumn.decodedSize), 57 * 10_000);
  assert.deepEqual(await describeFile(await file('crlf', large), false, limits), expected);
  const lf = octets(large.toString('latin1').replaceAll('\r\n', '\n'));
  assert.deepEqual(await describeFile(await file('lf', lf), true, limits), expected);
});

test('describe and search: a file that is not there, no file, or behind a link is refused with its errno', async () => {
  const path = await file('plain', octets('\r\n'));
  const link = join(folder, 'link');
  await symlink(path, link);
  const cases = [
    { path: join(folder, 'absent'), code: 'ENOENT' },
    { path: link, code: 'ELOOP' },
    { path: folder, code: 'EISDIR' },
  ];
  for (const { path: wrong, code } of cases) {
    await assert.rejects(describeFile(wrong, false, limits), { code });
    await assert.rejects(searchFile(wrong, false, limits, 'x', true), { code });
  }
});

test('edge: arguments of the wrong type are TypeErrors, a needle without end a RangeError', () => {
  const wrong = 1 as unknown as Uint8Array;
  assert.throws(() => describeMessage(wrong, limits), TypeError);
  assert.throws(() => describeMessage(new Uint8Array(0), { ...limits, maxParts: 0 }), TypeError);
  assert.throws(() => describeFile('relative', false, limits), TypeError);
  assert.throws(() => selectHeaderFields(wrong, [], false), TypeError);
  assert.throws(() => selectHeaderFields(new Uint8Array(0), [1 as unknown as string], false), TypeError);
  assert.throws(() => decodeTransfer(new Uint8Array(0), 6), TypeError);
  assert.throws(() => headerValues(wrong, 'x'), TypeError);
  assert.throws(() => searchFile('/x', false, limits, 'x'.repeat(1_048_577), true), RangeError);
});

test('header fields: selected octets are unchanged', () => {
  const header = octets('A: 1\r\n \xe9\r\nB: 2\r\na: 3\r\n\r\n');
  assert.deepEqual(selectHeaderFields(header, ['A'], false), octets('A: 1\r\n \xe9\r\na: 3\r\n\r\n'));
  assert.deepEqual(selectHeaderFields(header, ['a'], true), octets('B: 2\r\n\r\n'));
});

test('E02: a character over two encoded words', () => {
  assert.equal(decodeHeader(octets('=?utf-8?Q?=D0?= =?utf-8?Q?=BF?=')), 'п');
  assert.deepEqual(headerValues(octets('Subject: =?koi8-r?B?z9TexdQ=?=\r\n\r\n'), 'subject'), ['отчет']);
});

test('E03: raw 8-bit and RFC 2231 file names', () => {
  assert.equal(decodeHeader(octets('\xcf\xf0\xee\xe2\xe5\xf0\xea\xe0')), 'Проверка');
  assert.equal(decodeHeader(octets('\xf0\xd2\xcf\xd7\xc5\xd2\xcb\xc1')), 'Проверка');
  assert.equal(decodeHeader(utf8('Проверка')), 'Проверка');
  const header = octets(
    'Content-Type: text/plain; charset=windows-1251; name="\xee\xf2\xf7\xb8\xf2.txt"\r\n' +
      "Content-Disposition: attachment; filename*0*=UTF-8''%D0%BE; filename*1=p.txt\r\n\r\n",
  );
  assert.equal(headerParameter(header, 'Content-Type', 'name'), 'отчёт.txt');
  assert.equal(headerParameter(header, 'content-disposition', 'filename'), 'оp.txt');
  assert.equal(headerParameter(header, 'Content-Type', 'filename'), null);
});

test('transfer decoding: identity, base64, quoted-printable, unknown', () => {
  assert.deepEqual(decodeTransfer(octets('=41'), 0), octets('=41'));
  assert.deepEqual(decodeTransfer(octets('=41=\r\nb \r\n'), 3), octets('Ab\r\n'));
  assert.deepEqual(decodeTransfer(octets('Zm9v\r\nYg=='), 4), octets('foob'));
  assert.equal(decodeTransfer(octets('x'), 5), null);
  const large = Buffer.alloc(300_000, 'QUJD');
  assert.deepEqual(decodeTransfer(large, 4), Buffer.alloc(225_000, 'ABC'));
});

test('charsets: known ones decode, unknown ones are null', () => {
  assert.equal(decodeCharset(octets('\xd0\xd2'), 'KOI8-R'), 'пр');
  assert.equal(decodeCharset(octets('\xef\xf0'), 'windows-1251'), 'пр');
  assert.equal(decodeCharset(utf8('п'), 'utf-8'), 'п');
  assert.equal(decodeCharset(octets('a\xff'), 'utf-8'), 'a\ufffd');
  assert.equal(decodeCharset(octets('\xba\xd0'), 'euc-kr'), '분');
  assert.equal(decodeCharset(new Uint8Array(0), 'x-unknown'), null);
});

test('folding: case, ё as е, white space', () => {
  assert.equal(foldForSearch('Ёлка  ПРОВЕРКА\r\n\tStraße'), 'елка проверка straße');
});

test('search: TEXT and BODY over a file, decoded and folded', async () => {
  const path = await file(
    'search',
    octets(
      'Subject: =?windows-1251?Q?=CF=F0=E8=E2=E5=F2?=\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\n\xa3\xcc\xcb\xc1\r\n',
    ),
  );
  assert.equal(await searchFile(path, false, limits, 'привет', true), true);
  assert.equal(await searchFile(path, false, limits, 'привет', false), false);
  assert.equal(await searchFile(path, false, limits, 'ЕЛКА', false), true);
  assert.equal(await searchFile(path, false, limits, 'ель', true), false);
});

test('describe: many files at once do not mix', async () => {
  const paths = await Promise.all(
    Array.from({ length: 50 }, (_, i) => file(`many-${i}`, octets(`Subject: ${i}\r\n\r\n${'x'.repeat(i)}`))),
  );
  const all = await Promise.all(paths.map((path) => describeFile(path, false, limits)));
  for (const [i, description] of all.entries()) {
    assert.match(description.envelope.toString(), new RegExp(`"${i}"`));
    assert.equal(description.sizeBytes, `Subject: ${i}\r\n\r\n`.length + i);
  }
});

/** Parses what FETCH would send: throws where it is not one well-formed parenthesised list. */
function assertWellFormed(data: Buffer): void {
  let depth = 0;
  for (let i = 0; i < data.length; ) {
    const octet = data[i]!;
    assert.ok(depth > 0 || i === 0, 'text behind the list');
    if (octet === 0x22) {
      for (i++; data[i] !== 0x22; i++) {
        if (data[i] === 0x5c) i++;
        assert.ok(i < data.length && data[i]! < 0x80 && ![0, 10, 13].includes(data[i]!));
      }
    } else if (octet === 0x7b) {
      const head = /^\{(\d+)\}\r\n/.exec(data.toString('latin1', i, i + 24));
      assert.ok(head !== null, 'broken literal');
      const end = i + head[0].length + Number(head[1]);
      assert.ok(end < data.length && !data.subarray(i, end).includes(0));
      i = end - 1;
    } else if (octet === 0x28) {
      depth++;
    } else if (octet === 0x29) {
      depth--;
    } else {
      assert.match(String.fromCharCode(octet), /[ 0-9NIL]/);
    }
    i++;
  }
  assert.equal(depth, 0);
}

const corpus = join(dirname(fileURLToPath(import.meta.url)), '../../../shared/corpora/mail');
const corpusFiles = await readdir(corpus, { recursive: true, withFileTypes: true }).catch(() => []);

test('corpus: every message gives a well-formed description, its table lies inside the message', async (context) => {
  if (corpusFiles.length === 0) {
    context.skip('not run: ../shared/corpora/mail is absent');
    return;
  }
  for (const entry of corpusFiles) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const description = await describeFile(path, true, limits);
    for (const data of [description.envelope, description.body, description.bodyStructure])
      assertWellFormed(data);
    const content = await readFile(path);
    if (!/(^|[^\r])\n/.test(content.toString('latin1'))) {
      assert.deepEqual(describeMessage(content, limits), description, path);
    }
    for (let row = 0; row * partColumns < description.parts.length; row++) {
      const [headerStart, bodyStart, bodyEnd] = description.parts.subarray(row * partColumns);
      assert.ok(
        headerStart! <= bodyStart! && bodyStart! <= bodyEnd! && bodyEnd! <= description.sizeBytes,
        path,
      );
      assert.ok(column(description, row, PartColumn.decodedSize) >= -1);
    }
  }
});
