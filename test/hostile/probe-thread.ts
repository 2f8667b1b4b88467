// The probe's thread: asks the server and times the answers while the test's own thread is busy with the attack.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

/** Time between two rounds of questions. */
const pauseMs = 25;
/** How often the thread looks whether it was itself held up by a busy machine. */
const tickMs = 5;

const { smtpPort, imapPort } = workerData as { smtpPort: number; imapPort: number };
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

/** Times `ask`, less what this thread itself was not running. */
async function timed(ask: () => Promise<unknown>): Promise<void> {
  const heldBefore = heldUpMs;
  const started = performance.now();
  await ask();
  await new Promise((resolve) => setImmediate(resolve));
  answersMs.push(Math.max(0, performance.now() - started - (heldUpMs - heldBefore)));
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'data');
  return socket;
}

const smtp = await open(smtpPort);
const imap = await open(imapPort);
while (!stopped) {
  await timed(() => {
    smtp.write('NOOP\r\n');
    return once(smtp, 'data');
  });
  await timed(() => {
    imap.write('a NOOP\r\n');
    return once(imap, 'data');
  });
  let fresh: Socket | undefined;
  await timed(async () => {
    fresh = await open(imapPort);
  });
  fresh?.destroy();
  await sleep(pauseMs);
}
smtp.destroy();
imap.destroy();
clearInterval(ticker);
parentPort?.postMessage(answersMs);
