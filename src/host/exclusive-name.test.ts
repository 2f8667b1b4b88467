import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { holdName } from './exclusive-name.ts';

const name = `tegu-test-${process.pid}-${Date.now()}`;

test('a name has one holder until it is given back', async () => {
  const held = await holdName(name);
  assert.ok(held !== undefined);
  assert.equal(await holdName(name), undefined);
  const other = await holdName(`${name}-other`);
  assert.ok(other !== undefined);
  other.release();
  held.release();
  const again = await holdName(name);
  assert.ok(again !== undefined);
  again.release();
});

test('a process that is killed holds nothing any more', async () => {
  const script = `import { holdName } from '${import.meta.dirname}/exclusive-name.ts'; await holdName('${name}'); console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  assert.equal(await holdName(name), undefined);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
  const held = await holdName(name);
  assert.ok(held !== undefined);
  held.release();
});
