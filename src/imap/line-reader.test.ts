import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../base/outcome.ts';
import { MemoryConnection } from '../host/memory-connection.ts';
import { LineReader } from './line-reader.ts';

const timeout = (): number => 1000;

/** A reader over what the peer sent in these chunks and then closed. */
function readerOf(...chunks: readonly (string | Buffer)[]): LineReader {
  const connection = new MemoryConnection();
  for (const chunk of chunks) connection.push(chunk);
  void connection.finish();
  return new LineReader(connection);
}

const input = 'a NOOP\r\nb LF only\n\r\nc with literal {3}\r\nxyz tail\r\n';
const expected = ['a NOOP', 'b LF only', '', 'c with literal {3}', 'xyz tail'];

async function readAll(reader: LineReader): Promise<string[]> {
  const lines: string[] = [];
  for (;;) {
    const line = await reader.readLine(100, timeout);
    if (line === undefined) return lines;
    lines.push(line.toString());
  }
}

test('lines are the same whole, octet by octet and split at every offset', async () => {
  assert.deepEqual(await readAll(readerOf(input)), expected);
  assert.deepEqual(await readAll(readerOf(...input)), expected);
  for (let at = 1; at < input.length; at++) {
    assert.deepEqual(await readAll(readerOf(input.slice(0, at), input.slice(at))), expected);
  }
});

test('a line at the bound is taken, one octet more is refused, with CRLF and with LF', async () => {
  for (const end of ['\r\n', '\n']) {
    const fitting = await readerOf(`${'x'.repeat(100)}${end}`).readLine(100, timeout);
    assert.equal(fitting?.length, 100);
    await assert.rejects(
      readerOf(`${'x'.repeat(101)}${end}`).readLine(100, timeout),
      (error) => error instanceof Fault && error.code === 'imap.line_too_long',
    );
  }
});

test('threat: a line without end is refused as soon as the bound is passed, octet by octet too', async () => {
  const connection = new MemoryConnection();
  for (let i = 0; i < 102; i++) connection.push('x');
  await assert.rejects(new LineReader(connection).readLine(100, timeout), Fault);
});

test('literal octets follow a line without loss, and the line after them too', async () => {
  const reader = readerOf('a {5}\r\nhe', 'll', 'o rest\r\n');
  assert.equal((await reader.readLine(100, timeout))?.toString(), 'a {5}');
  assert.equal((await reader.readExactly(5, 1000))?.toString(), 'hello');
  assert.equal((await reader.readLine(100, timeout))?.toString(), ' rest');
});

test('I01: a huge announced size allocates nothing before octets come', async () => {
  const reader = readerOf('abc');
  const before = process.memoryUsage().arrayBuffers;
  assert.equal(await reader.readExactly(1_000_000_000, 1000), undefined);
  assert.ok(process.memoryUsage().arrayBuffers - before < 10_000_000);
});

test('input that ends inside a line gives nothing: it may be cut', async () => {
  assert.equal(await readerOf('a LOGIN u p').readLine(100, timeout), undefined);
  assert.equal(await readerOf('abc').discard(4, 1000), false);
});

test('S07: drop forgets what was received', async () => {
  const reader = readerOf('a STARTTLS\r\nb LOGIN u p\r\n', 'c NOOP\r\n');
  await reader.readLine(100, timeout);
  assert.equal(reader.hasBuffered, true);
  reader.drop();
  assert.equal((await reader.readLine(100, timeout))?.toString(), 'c NOOP');
});
