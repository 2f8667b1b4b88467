// One worker: opens settings, users, stores and every listening port, and serves until the supervisor says drain.
//
// All workers are equal. The process ends when the channel to the supervisor breaks: nobody would restart it otherwise.

import { type BusEvent, ProcessBus } from '../cluster/local/process-bus.ts';
import { createLog, type Log } from '../host/log.ts';
import { registry } from '../host/metrics.ts';
import { flushLog, logDestination } from './log-destination.ts';
import { openServer, type RunningServer } from './server.ts';
import type { FromWorker, ToWorker, WorkerStart } from './worker-messages.ts';

/** Entry of a worker process (started by WorkerPool only). */
export function runWorker(): void {
  let bus: ProcessBus | undefined;
  let server: RunningServer | undefined;
  const tell = (message: FromWorker): void => {
    if (process.connected) process.send?.(message);
  };
  process.on('disconnect', () => process.exit(1));
  // The supervisor decides; a Ctrl-C in the terminal reaches the whole process group.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'start') {
      bus = new ProcessBus((events: readonly BusEvent[]) => tell({ kind: 'bus', events }));
      start(message, bus)
        .then((running) => {
          server = running;
          tell({ kind: 'ready', ports: running.ports });
        })
        .catch((error: Error) => {
          tell({ kind: 'failed', message: error.message });
          setTimeout(() => process.exit(1), 100);
        });
    } else if (message.kind === 'bus') bus?.receive(message.events);
    else if (message.kind === 'ping') tell({ kind: 'pong' });
    else if (message.kind === 'metrics') void answerMetrics(message.id, tell);
    else void drain(server);
  });
}

async function start(message: WorkerStart, bus: ProcessBus): Promise<RunningServer> {
  const log = createLog(message.logLevel, { worker: message.index, pid: process.pid }, logDestination());
  reportCrashes(log);
  return openServer(message, bus, log);
}

/** An exception outside every session is our bug; the state may be torn, so this worker ends and is replaced. */
function reportCrashes(log: Log): void {
  const crash = (error: unknown): void => {
    log.fatal('worker.crash', { error: error instanceof Error ? error.stack : String(error) });
    flushLog();
    process.exit(70);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
}

async function answerMetrics(id: number, tell: (message: FromWorker) => void): Promise<void> {
  tell({ kind: 'metrics', id, metrics: await registry.getMetricsAsJSON() });
}

async function drain(server: RunningServer | undefined): Promise<void> {
  await server?.drain();
  flushLog();
  process.exit(0);
}
