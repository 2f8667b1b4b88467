import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeTransfer } from '../../native/mime.ts';
import {
  base64,
  base64Cut,
  cutStream,
  decodeSlices,
  quotedPrintable,
  quotedPrintableCut,
} from './transfer-slices.ts';

async function* stepsOf(octets: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < octets.length; at += size) yield octets.subarray(at, at + size);
}

async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const inputs: [string, number, string][] = [
  ['plain base64', base64, 'aGVsbG8gd29ybGQ=\r\n'],
  ['base64 without line ends', base64, 'aGVsbG8gd29ybGQgYWdhaW4gYW5kIGFnYWlu'],
  ['base64 in odd lines', base64, 'a\r\nGVs\r\nbG8gd2\r\n9y\r\nb\r\nG\r\nQ\r\n=\r\n'],
  ['base64 pieces glued together', base64, 'aGk=aGk=\r\naGVsbG8=aGVsbG8gd29ybGQ=YQ==Yg'],
  ['base64 with foreign octets', base64, '*a-G:V s\tb\0G8 !gd29ybGQ'],
  ['base64 cut short', base64, 'aGVsbG8gd'],
  ['no base64 at all', base64, '====\r\n--- ---'],
  ['plain quoted-printable', quotedPrintable, 'caf=C3=A9 =\r\nau lait  \r\nend=\r\n'],
  ['quoted-printable without line ends', quotedPrintable, `${'=41=42 c'.repeat(20)}  `],
  ['quoted-printable with broken escapes', quotedPrintable, '=\r=4=zz=\r\n==3D\r\n =  \r\n=C'],
];

for (const [name, encoding, text] of inputs) {
  test(`transfer slices: ${name} decodes alike whole and in steps of any size`, async () => {
    const octets = Buffer.from(text, 'latin1');
    const whole = decodeTransfer(octets, encoding);
    assert.ok(whole !== null);
    for (let size = 1; size <= octets.length; size++) {
      const sliced = await collect(decodeSlices(stepsOf(octets, size), encoding));
      assert.deepEqual(sliced, Buffer.from(whole), `steps of ${size}`);
    }
  });
}

test('transfer slices: a cut never falls inside a group, an escape or trailing blanks', () => {
  const cuts: [string, number][] = [
    ['YWJj', 4],
    ['YWJjZ', 4],
    ['YWJjZ\r\n', 4],
    ['YWI=YQ', 4],
    ['YQ', 0],
    ['', 0],
  ];
  for (const [text, cut] of cuts) assert.equal(base64Cut(Buffer.from(text)), cut, text);
  const quoted: [string, number][] = [
    ['abc\r\ndef', 5],
    ['abcdef', 6],
    ['abcdef ', 6],
    ['abcd=4', 4],
    ['abcd=41', 4],
    ['abcd=41x', 8],
    ['   ', 0],
    ['ab', 0],
  ];
  for (const [text, cut] of quoted) assert.equal(quotedPrintableCut(Buffer.from(text)), cut, text);
});

test('transfer slices: a partial is the same whatever the steps', async () => {
  const octets = Buffer.from('0123456789');
  for (const size of [1, 3, 10]) {
    for (const [origin, length, expected] of [
      [0, 4, '0123'],
      [3, 4, '3456'],
      [8, 5, '89'],
      [10, 1, ''],
      [2, 0, ''],
    ] as const) {
      const piece = await collect(cutStream(stepsOf(octets, size), origin, length));
      assert.equal(piece.toString(), expected, `${origin}.${length} in steps of ${size}`);
    }
  }
});
