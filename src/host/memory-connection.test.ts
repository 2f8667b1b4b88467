import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryConnection } from './memory-connection.ts';

test('send waits until the session wants input again, and one reply run is one segment', async () => {
  const connection = new MemoryConnection();
  await connection.serve(async (peer) => {
    peer.write('hello\r\n');
    for (;;) {
      const chunk = await peer.read(1000);
      if (chunk === undefined) return;
      await new Promise((resolve) => setTimeout(resolve, 3));
      peer.write('a');
      peer.write(`:${chunk.toString()}`);
    }
  });
  assert.equal(connection.take(), 'hello\r\n');
  await connection.send('1');
  await connection.send('2');
  assert.equal(connection.take(), 'a:1a:2');
  assert.equal(connection.segments.length, 3);
  await connection.finish();
  await connection.ended;
});

test('time-out, unread and startTls behave as the contract says', async () => {
  const connection = new MemoryConnection();
  const seen: string[] = [];
  await connection.serve(async (peer) => {
    const first = await peer.read(1);
    assert.ok(first);
    peer.unread(first.subarray(1));
    seen.push(String(await peer.read(1)));
    await peer.read(1).catch((error) => seen.push(error.code));
    await peer.read(1);
    await peer.startTls();
    seen.push(peer.tls?.protocol ?? 'none', String(await peer.read(1)));
  });
  await connection.send('abc');
  await connection.timeOut();
  connection.push('read before STARTTLS');
  await connection.send('dropped');
  await connection.send('kept');
  await connection.ended;
  assert.deepEqual(seen, ['bc', 'host.timeout', 'TLSv1.3', 'kept']);
});

test('a session that throws rejects `ended` and closes', async () => {
  const connection = new MemoryConnection();
  await connection.serve(() => Promise.reject(new Error('boom')));
  await assert.rejects(connection.ended, /boom/);
  assert.equal(connection.closed.aborted, true);
});
