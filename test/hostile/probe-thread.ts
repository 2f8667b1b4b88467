// The probe's thread: asks the server and times the answers while the test's own thread is busy with the attack.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { ProbeResult } from './probe.ts';

/** Time between two rounds of questions. */
const pauseMs = 25;
/** How often the thread looks whether it was itself held up by a busy machine. */
const tickMs = 5;

const { smtpPort, imapPort, controlPort } = workerData as Record<
  'smtpPort' | 'imapPort' | 'controlPort',
  number
>;
let stopped = false;
parentPort?.once('message', () => {
  stopped = true;
});

let heldUpMs = 0;
let lastTick = performance.now();
const ticker = setInterval(() => {
  const now = performance.now();
  heldUpMs += Math.max(0, now - lastTick - tickMs);
  lastTick = now;
}, tickMs);

const answersMs: number[] = [];
const controlMs: number[] = [];

/** Times `ask`, less what this thread itself was not running. */
async function timed(into: number[], ask: () => Promise<unknown>): Promise<void> {
  const heldBefore = heldUpMs;
  const started = performance.now();
  await ask();
  await new Promise((resolve) => setImmediate(resolve));
  into.push(Math.max(0, performance.now() - started - (heldUpMs - heldBefore)));
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'data');
  return socket;
}

const smtp = await open(smtpPort);
const imap = await open(imapPort);
const control = await open(controlPort);
while (!stopped) {
  await timed(answersMs, () => {
    smtp.write('NOOP\r\n');
    return once(smtp, 'data');
  });
  await timed(answersMs, () => {
    imap.write('a NOOP\r\n');
    return once(imap, 'data');
  });
  await timed(controlMs, () => {
    control.write('x');
    return once(control, 'data');
  });
  let fresh: Socket | undefined;
  await timed(answersMs, async () => {
    fresh = await open(imapPort);
  });
  fresh?.destroy();
  await sleep(pauseMs);
}
smtp.destroy();
imap.destroy();
control.destroy();
clearInterval(ticker);
parentPort?.postMessage({ answersMs, controlMs } satisfies ProbeResult);
