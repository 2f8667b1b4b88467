import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PartColumn, partColumns } from '../native/mime.ts';
import { type Patch, planRewrite, rewrite, rewrittenSize } from './binary-rewrite.ts';

interface Part {
  readonly headerStart: number;
  readonly bodyStart: number;
  readonly bodyEnd: number;
  readonly kind?: number;
  readonly encoding?: number;
}

function table(...parts: readonly Part[]): Float64Array {
  const rows = new Float64Array(parts.length * partColumns);
  for (const [index, part] of parts.entries()) {
    for (const [name, value] of Object.entries({ kind: 0, encoding: 2, ...part })) {
      rows[index * partColumns + PartColumn[name as keyof typeof PartColumn]] = value;
    }
  }
  return rows;
}

/** The message in chunks of `size` octets. */
async function* chunked(message: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < message.length; at += size) yield message.subarray(at, at + size);
}

async function rewritten(message: Buffer, parts: Float64Array, size: number): Promise<string> {
  const patches: Patch[] = await planRewrite({ parts }, () => chunked(message, size));
  const out: Uint8Array[] = [];
  for await (const chunk of rewrite(chunked(message, size), patches)) out.push(Buffer.from(chunk));
  const text = Buffer.concat(out).toString('latin1');
  assert.equal(text.length, rewrittenSize(message.length, patches));
  return text;
}

const allSizes = async (message: Buffer, parts: Float64Array): Promise<string> => {
  const whole = await rewritten(message, parts, message.length);
  for (let size = 1; size < message.length; size++) {
    assert.equal(await rewritten(message, parts, size), whole, `chunks of ${size}`);
  }
  return whole;
};

function root(header: string, body: Buffer, encoding = 2): { message: Buffer; parts: Float64Array } {
  const bodyStart = header.length;
  const message = Buffer.concat([Buffer.from(header, 'latin1'), body]);
  return { message, parts: table({ headerStart: 0, bodyStart, bodyEnd: message.length, encoding }) };
}

test('a binary body with NUL becomes base64, its field is replaced, other fields stay', async () => {
  const body = Buffer.from('\0\x01binary\r\n'.repeat(20), 'latin1');
  const header = 'A: b\r\nContent-Transfer-Encoding:\r\n binary\r\nC: d\r\n\r\n';
  const { message, parts } = root(header, body);
  const text = await allSizes(message, parts);
  const [head = '', encoded = ''] = text.split('\r\n\r\n');
  assert.equal(head, 'A: b\r\nContent-Transfer-Encoding: base64\r\nC: d');
  assert.deepEqual(Buffer.from(encoded, 'base64'), body);
  assert.ok(encoded.endsWith('\r\n'));
  for (const line of encoded.trimEnd().split('\r\n').slice(0, -1)) assert.equal(line.length, 76);
});

test('a message without the field gets one before the empty line; without a header it gets one', async () => {
  const named = root('Subject: x\r\n\r\n', Buffer.from('a\0b'), 0);
  assert.equal(
    await allSizes(named.message, named.parts),
    'Subject: x\r\nContent-Transfer-Encoding: base64\r\n\r\nYQBi\r\n',
  );
  const bare = root('', Buffer.from('a\0b'), 0);
  assert.equal(await allSizes(bare.message, bare.parts), 'Content-Transfer-Encoding: base64\r\n\r\nYQBi\r\n');
  const empty = root('\r\n', Buffer.from('a\0b'), 0);
  assert.equal(
    await allSizes(empty.message, empty.parts),
    'Content-Transfer-Encoding: base64\r\n\r\nYQBi\r\n',
  );
});

for (const length of [1, 56, 57, 58, 113, 114, 115]) {
  test(`base64 of ${length} octets has the announced size and comes back`, async () => {
    const body = Buffer.alloc(length);
    const { message, parts } = root('X: y\r\n\r\n', body);
    const text = await allSizes(message, parts);
    assert.deepEqual(Buffer.from(text.slice(text.indexOf('\r\n\r\n')), 'base64'), body);
  });
}

test('only leaf parts that hold NUL are touched', async () => {
  const message = Buffer.from(
    'H\r\n\r\n--b\r\n\r\none\r\n--b\r\n\r\ntw\0o\r\n--b\r\n\r\nthree\0\r\n--b--\r\n',
    'latin1',
  );
  const at = (text: string): number => message.indexOf(text);
  const leaf = (body: string, encoding: number): Part => ({
    headerStart: at(body) - 2,
    bodyStart: at(body),
    bodyEnd: at(body) + body.length,
    encoding,
  });
  const parts = table(
    { headerStart: 0, bodyStart: 5, bodyEnd: message.length, kind: 1 },
    leaf('one', 2),
    leaf('tw\0o', 1),
    // An encoded part with NUL is broken already; it stays what it is.
    leaf('three\0', 4),
  );
  assert.equal(
    await allSizes(message, parts),
    'H\r\n\r\n--b\r\n\r\none\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\ndHcAbw==\r\n--b\r\n\r\nthree\0\r\n--b--\r\n',
  );
});

test('NUL outside of leaf parts changes nothing', async () => {
  const { message, parts } = root('X: \0\r\n\r\n', Buffer.from('text'));
  assert.equal(await allSizes(message, parts), message.toString('latin1'));
});
