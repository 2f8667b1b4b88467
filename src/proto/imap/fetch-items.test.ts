import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFetchItem } from './fetch-items.ts';

test('fetch item: plain items in any case', () => {
  const cases: [string, string, string][] = [
    ['flags', 'flags', 'FLAGS'],
    ['Uid', 'uid', 'UID'],
    ['INTERNALDATE', 'internaldate', 'INTERNALDATE'],
    ['rfc822.size', 'size', 'RFC822.SIZE'],
    ['ENVELOPE', 'envelope', 'ENVELOPE'],
    ['body', 'body', 'BODY'],
    ['BODYSTRUCTURE', 'bodystructure', 'BODYSTRUCTURE'],
    ['modseq', 'modseq', 'MODSEQ'],
  ];
  for (const [word, kind, label] of cases) assert.deepEqual(parseFetchItem(word), { kind, label });
});

test('fetch item: every form of section becomes path, text, names and the label of its answer', () => {
  const cases: [string, string, number[], string, string[], boolean][] = [
    ['BODY[]', 'BODY[]', [], 'whole', [], true],
    ['body.peek[]', 'BODY[]', [], 'whole', [], false],
    ['BODY[1]', 'BODY[1]', [1], 'whole', [], true],
    ['BODY.PEEK[2.1.3]', 'BODY[2.1.3]', [2, 1, 3], 'whole', [], false],
    ['BODY.PEEK[header]', 'BODY[HEADER]', [], 'header', [], false],
    ['BODY.PEEK[2.header]', 'BODY[2.HEADER]', [2], 'header', [], false],
    ['BODY.PEEK[TEXT]', 'BODY[TEXT]', [], 'text', [], false],
    ['BODY.PEEK[1.2.text]', 'BODY[1.2.TEXT]', [1, 2], 'text', [], false],
    ['BODY.PEEK[1.mime]', 'BODY[1.MIME]', [1], 'mime', [], false],
    [
      'BODY.PEEK[HEADER.FIELDS (Date FROM)]',
      'BODY[HEADER.FIELDS (Date FROM)]',
      [],
      'fields',
      ['Date', 'FROM'],
      false,
    ],
    ['BODY.PEEK[header.fields.not (x)]', 'BODY[HEADER.FIELDS.NOT (x)]', [], 'fields-not', ['x'], false],
    [
      'BODY.PEEK[3.HEADER.FIELDS ("a\\"b" c)]',
      'BODY[3.HEADER.FIELDS ("a\\"b" c)]',
      [3],
      'fields',
      ['a"b', 'c'],
      false,
    ],
    ['BODY.PEEK[HEADER.FIELDS (a]b)]', 'BODY[HEADER.FIELDS (a]b)]', [], 'fields', ['a]b'], false],
    ['RFC822', 'RFC822', [], 'whole', [], true],
    ['rfc822.header', 'RFC822.HEADER', [], 'header', [], false],
    ['RFC822.TEXT', 'RFC822.TEXT', [], 'text', [], true],
  ];
  for (const [word, label, path, text, names, setsSeen] of cases) {
    const section = { path, text, names };
    assert.deepEqual(
      parseFetchItem(word),
      { kind: 'section', label, section, partial: undefined, setsSeen },
      word,
    );
  }
});

test('fetch item: a partial keeps origin and length, its label only the origin', () => {
  const item = parseFetchItem('BODY.PEEK[TEXT]<393216.393216>');
  assert.equal(item.label, 'BODY[TEXT]<393216>');
  assert.deepEqual(item.kind === 'section' && item.partial, { origin: 393_216, length: 393_216 });
});

test('fetch item: BINARY takes a part number or nothing', () => {
  const cases: [string, string, string, number[], boolean][] = [
    ['BINARY[1.2]', 'binary', 'BINARY[1.2]', [1, 2], true],
    ['binary.peek[]', 'binary', 'BINARY[]', [], false],
    ['BINARY.SIZE[4]', 'binary-size', 'BINARY.SIZE[4]', [4], false],
  ];
  for (const [word, kind, label, path, setsSeen] of cases) {
    assert.deepEqual(parseFetchItem(word), { kind, label, path, partial: undefined, setsSeen }, word);
  }
  const partial = parseFetchItem('BINARY.PEEK[1]<10.20>');
  assert.equal(partial.label, 'BINARY[1]<10>');
});

test('fetch item: what the grammar forbids is BAD', () => {
  for (const word of [
    'FLAG',
    'ALL',
    'RFC822.PEEK',
    'RFC822<0.1>',
    'BODY[',
    'BODY]',
    'BODY[0]',
    'BODY[1.0]',
    'BODY[1.]',
    'BODY[.1]',
    'BODY[1..2]',
    'BODY[4294967296]',
    'BODY[MIME]',
    'BODY[1.FOO]',
    'BODY[HEADER.FIELDS]',
    'BODY[HEADER.FIELDS ()]',
    'BODY[HEADER.FIELDS (a  b)]',
    'BODY[HEADER.FIELDS (a b]',
    'BODY[HEADER.FIELDS (a"b")]',
    'BODY[HEADER.FIELDS (")]',
    'BODY[TEXT]<5>',
    'BODY[TEXT]<5.>',
    'BODY[TEXT]<.5>',
    'BODY[TEXT]<-1.5>',
    'BODY[TEXT]x',
    'BODY.PEEK',
    'BODYSTRUCTURE[1]',
    'BINARY[TEXT]',
    'BINARY[1.TEXT]',
    'BINARY[1.HEADER.FIELDS (a)]',
    'BINARY.SIZE[1]<0.5>',
    'BINARY',
  ]) {
    assert.throws(() => parseFetchItem(word), { code: 'imap.syntax', status: 'BAD' }, word);
  }
});
