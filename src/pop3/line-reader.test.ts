import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../base/outcome.ts';
import type { Connection } from '../host/connection.ts';
import { MemoryConnection } from '../host/memory-connection.ts';
import { LineReader } from './line-reader.ts';

/** A reader over chunks, and the time limits it asked with. */
function readerOf(chunks: readonly string[]): { reader: LineReader; timeouts: number[] } {
  const left = [...chunks];
  const timeouts: number[] = [];
  const connection: Connection = Object.assign(new MemoryConnection(), {
    read: async (timeoutMs: number): Promise<Buffer | undefined> => {
      timeouts.push(timeoutMs);
      const chunk = left.shift();
      return chunk === undefined ? undefined : Buffer.from(chunk, 'latin1');
    },
  });
  return { reader: new LineReader(connection), timeouts };
}

test('CRLF and LF end a line, a CR inside does not', async () => {
  const { reader } = readerOf(['a\r\nb\nc\rd\r', '\n\r\nrest']);
  const lines: (string | undefined)[] = [];
  for (let i = 0; i < 5; i++) lines.push((await reader.readLine(10, () => 1))?.toString());
  assert.deepEqual(lines, ['a', 'b', 'c\rd', '', undefined]);
});

test('the time runs per line: a client that drips octets is given less with each', async () => {
  const { reader, timeouts } = readerOf([...'STAT\r\n']);
  let leftMs = 600;
  await reader.readLine(10, () => {
    leftMs -= 100;
    return leftMs;
  });
  assert.deepEqual(timeouts, [500, 400, 300, 200, 100, 0]);
});

test('a line above the bound is refused once, wherever it is cut, and the next one is read', async () => {
  const text = `${'x'.repeat(11)}\r\nNOOP\r\n`;
  for (let cut = 1; cut < text.length; cut++) {
    const { reader } = readerOf([text.slice(0, cut), text.slice(cut)]);
    await assert.rejects(
      reader.readLine(10, () => 1),
      (error) => error instanceof Fault && error.code === 'pop3.line_too_long',
    );
    assert.equal((await reader.readLine(10, () => 1))?.toString(), 'NOOP');
  }
});

test('drop forgets what came and tells how much', async () => {
  const { reader } = readerOf(['STLS\r\nUSER x\r\n']);
  await reader.readLine(10, () => 1);
  assert.equal(reader.hasBuffered, true);
  assert.equal(reader.drop(), 8);
  assert.equal(await reader.readLine(10, () => 1), undefined);
});
