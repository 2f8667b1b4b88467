// The workers of one node: starts them, passes bus events between them, replaces those that die or hang, drains them.
//
// A worker that cannot start (bad settings, port taken) fails the whole start; one that dies later is replaced after a
// delay that doubles while deaths come in quick succession. No worker is special.

import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { BusEvent } from '../cluster/local/process-bus.ts';
import type { Log } from '../host/log.ts';
import { counter, gauge } from '../host/metrics.ts';
import type { FromWorker, ToWorker, WorkerStart } from './worker-messages.ts';

const restarts = counter('tegu_worker_restarts_total', 'Workers that ended unasked and were replaced');
const running = gauge('tegu_workers', 'Workers that serve now');

/** Delay before the first replacement starts. */
const restartMinMs = 100;
/** A worker that lived this long has a clean record. */
const healthyAfterMs = 60_000;
/** Time that a drained worker has beyond the sessions' own limit before it is killed. */
const killSlackMs = 5_000;
/** How long a scrape waits for one worker's numbers. */
const metricsTimeoutMs = 2_000;

export interface WorkerPoolOptions {
  readonly count: number;
  readonly entry: string;
  readonly start: Omit<WorkerStart, 'kind' | 'index' | 'guardKey'>;
  readonly heartbeatMs: number;
  /** Longest delay before a replacement starts. */
  readonly restartMaxMs: number;
  readonly log: Log;
  /** Bus events of workers, for the supervisor's own subscribers. */
  readonly onBus: (events: readonly BusEvent[]) => void;
  /** A worker process has ended; what it left behind belongs to nobody. */
  readonly onEnd: (pid: number) => void;
}

interface Worker {
  readonly index: number;
  readonly child: ChildProcess;
  readonly startedMs: number;
  lastSeenMs: number;
  ready: boolean;
}

type MetricsAnswer = Extract<FromWorker, { kind: 'metrics' }>['metrics'];

/**
 * Memory of waiting sessions (docs/performance.md): a young generation of 16 MiB a half fills with the remains of a wave of
 * log-ins before anything of it is looked at, and is not given back.
 */
const workerHeapFlags: readonly string[] = ['--max-semi-space-size=2'];

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #guardKey = randomBytes(32).toString('base64');
  readonly #workers = new Map<number, Worker>();
  readonly #metricsWaiters = new Map<number, (metrics: MetricsAnswer) => void>();
  #nextMetricsId = 1;
  #restartDelayMs = restartMinMs;
  #stopping = false;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  /** Starts all workers; resolves with the ports once every one serves, rejects with the first failure's text. */
  async start(): Promise<Readonly<Record<string, number>>> {
    const ready: Promise<Readonly<Record<string, number>>>[] = [];
    for (let index = 0; index < this.#options.count; index++) ready.push(this.#launch(index));
    const [ports] = await Promise.all(ready);
    this.#heartbeat = setInterval(() => this.#checkHeartbeats(), this.#options.heartbeatMs / 3);
    return ports ?? {};
  }

  get pids(): readonly number[] {
    return [...this.#workers.values()].flatMap((worker) => worker.child.pid ?? []);
  }

  /** Passes events to every worker except `from`. */
  broadcast(events: readonly BusEvent[], from?: number): void {
    for (const worker of this.#workers.values()) {
      if (worker.index !== from) send(worker, { kind: 'bus', events });
    }
  }

  /** Metrics of all workers that answer in time. */
  async metrics(): Promise<MetricsAnswer[]> {
    const answers = [...this.#workers.values()].map(
      (worker) =>
        new Promise<MetricsAnswer>((resolve) => {
          const id = this.#nextMetricsId++;
          const timer = setTimeout(() => finish([]), metricsTimeoutMs);
          const finish = (metrics: MetricsAnswer): void => {
            clearTimeout(timer);
            this.#metricsWaiters.delete(id);
            resolve(metrics);
          };
          this.#metricsWaiters.set(id, finish);
          send(worker, { kind: 'metrics', id });
        }),
    );
    return Promise.all(answers);
  }

  /** Asks all workers to finish; kills those that are still there after `graceMs` and some slack. */
  async drain(graceMs: number): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#heartbeat);
    const ends = [...this.#workers.values()].map((worker) => {
      const ended = new Promise<void>((resolve) => worker.child.once('exit', () => resolve()));
      const timer = setTimeout(() => worker.child.kill('SIGKILL'), graceMs + killSlackMs);
      send(worker, { kind: 'drain' });
      return ended.finally(() => clearTimeout(timer));
    });
    await Promise.all(ends);
  }

  #launch(index: number): Promise<Readonly<Record<string, number>>> {
    const child = fork(this.#options.entry, ['worker'], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: [...process.execArgv, ...workerHeapFlags],
    });
    const now = performance.now();
    const worker: Worker = { index, child, startedMs: now, lastSeenMs: now, ready: false };
    this.#workers.set(index, worker);
    return new Promise((resolve, reject) => {
      child.on('message', (message: FromWorker) => {
        worker.lastSeenMs = performance.now();
        if (message.kind === 'ready') {
          worker.ready = true;
          running.inc();
          this.#options.log.info('worker.ready', { worker: index, workerPid: child.pid });
          resolve(message.ports);
        } else if (message.kind === 'failed') {
          reject(new Error(message.message));
        } else this.#onMessage(worker, message);
      });
      child.on('error', reject);
      child.on('exit', (code, signal) => {
        reject(new Error(`worker ${index} ended during start (${signal ?? `code ${code}`})`));
        this.#onExit(worker, code, signal);
      });
      send(worker, { ...this.#options.start, kind: 'start', index, guardKey: this.#guardKey });
    });
  }

  #onMessage(worker: Worker, message: FromWorker): void {
    if (message.kind === 'bus') {
      this.broadcast(message.events, worker.index);
      this.#options.onBus(message.events);
    } else if (message.kind === 'metrics') {
      this.#metricsWaiters.get(message.id)?.(message.metrics);
    }
  }

  #onExit(worker: Worker, code: number | null, signal: NodeJS.Signals | null): void {
    this.#workers.delete(worker.index);
    if (worker.child.pid !== undefined) this.#options.onEnd(worker.child.pid);
    if (worker.ready) running.dec();
    if (this.#stopping || !(worker.ready || this.#heartbeat !== undefined)) return;
    const livedMs = performance.now() - worker.startedMs;
    if (livedMs > healthyAfterMs) this.#restartDelayMs = restartMinMs;
    const delayMs = this.#restartDelayMs;
    this.#restartDelayMs = Math.min(delayMs * 2, this.#options.restartMaxMs);
    restarts.inc();
    this.#options.log.error('worker.died', { worker: worker.index, code, signal, livedMs, delayMs });
    setTimeout(() => {
      if (this.#stopping) return;
      this.#launch(worker.index).catch((error: Error) => {
        this.#options.log.error('worker.restart_failed', { worker: worker.index, error: error.message });
      });
    }, delayMs);
  }

  #checkHeartbeats(): void {
    const now = performance.now();
    for (const worker of this.#workers.values()) {
      if (now - worker.lastSeenMs > this.#options.heartbeatMs) {
        this.#options.log.error('worker.hangs', { worker: worker.index, workerPid: worker.child.pid });
        worker.child.kill('SIGKILL');
      } else send(worker, { kind: 'ping' });
    }
  }
}

/** A worker that is dying cannot take messages; its exit is handled elsewhere. */
function send(worker: Worker, message: ToWorker): void {
  if (worker.child.connected) worker.child.send(message, () => {});
}
