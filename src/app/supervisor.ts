// tegu serve: the supervisor of one node. Holds no mail and no session; starts workers, relays the bus, answers the control
// socket and the metrics port, talks to the service manager.
//
// SIGTERM and SIGINT drain; SIGHUP makes every worker read settings, users and certificates again. It ends with 0 after a
// drain and with 1 when the start failed.

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { AggregatorRegistry } from 'prom-client';
import { openControl } from '../admin/control.ts';
import { type BusEvent, ProcessBus } from '../cluster/local/process-bus.ts';
import { removeSpoolLeftovers } from '../host/body-spool.ts';
import { errorFields, type Log } from '../host/log.ts';
import { registry } from '../host/metrics.ts';
import { openMetricsServer } from '../host/metrics-server.ts';
import { notifyServiceManager, watchdogIntervalMs } from '../native/service-manager.ts';
import { openConfiguration } from './configuration.ts';
import { controlHandlers } from './control-handlers.ts';
import { WorkerPool } from './worker-pool.ts';

export interface ServeOptions {
  readonly configurationFile: string;
  readonly portOffset: number;
  /** Overrides listen.address when not empty. */
  readonly listen: string;
  /** Overrides server.workers when above 0. */
  readonly workers: number;
  readonly log: Log;
}

/** Ports by listener name (`smtp`, `imaps`, …, `metrics`); closed ones are absent. */
export type ServingPorts = Readonly<Record<string, number>>;

/** Starts everything, calls `onReady` once connections are accepted, resolves after the drain. */
export async function runServe(options: ServeOptions, onReady: (ports: ServingPorts) => void): Promise<void> {
  const { log } = options;
  const bus = new ProcessBus((events) => pool.broadcast(events));
  const open = await openConfiguration(options.configurationFile, log, bus);
  const { settings, paths } = open;
  const pool = new WorkerPool({
    count: options.workers || settings.get('server.workers') || availableParallelism(),
    entry: join(import.meta.dirname, '../main.ts'),
    start: {
      configurationFile: open.configuration.file,
      portOffset: options.portOffset,
      listen: options.listen,
      logLevel: settings.get('server.logLevel'),
    },
    heartbeatMs: settings.get('server.heartbeatSeconds') * 1000,
    restartMaxMs: settings.get('server.restartDelayMaxMs'),
    log,
    onBus: (events: readonly BusEvent[]) => bus.receive(events),
    onEnd: (pid) =>
      void removeSpoolLeftovers(paths.spool, pid).catch((error) =>
        log.warn('spool.leftovers', errorFields(error)),
      ),
  });
  const stopSignal = nextStopSignal();
  // First, because only one server may run on a data directory; the spool is then nobody's.
  const control = await openControl(paths.control, controlHandlers(open, bus, pool), log);
  await removeSpoolLeftovers(paths.spool);
  const ports: Record<string, number> = { ...(await pool.start()) };
  const metricsPort = settings.get('metrics.port');
  const metrics =
    metricsPort === 0
      ? undefined
      : await openMetricsServer(settings.get('metrics.address'), metricsPort + options.portOffset, () =>
          collect(pool),
        );
  if (metrics !== undefined) ports.metrics = metricsPort + options.portOffset;
  const onHangUp = (): void => reloadEverything(bus, log);
  process.on('SIGHUP', onHangUp);
  const watchdogMs = watchdogIntervalMs();
  const watchdog =
    watchdogMs === undefined ? undefined : setInterval(() => notifyServiceManager('WATCHDOG=1'), watchdogMs);
  notifyServiceManager('READY=1');
  log.info('server.ready', { ports, workers: pool.pids.length, revision: settings.current.revision });
  onReady(ports);

  const signal = await stopSignal;
  log.info('server.stopping', { signal });
  notifyServiceManager('STOPPING=1');
  clearInterval(watchdog);
  process.removeListener('SIGHUP', onHangUp);
  metrics?.close();
  await control.close();
  await pool.drain(settings.get('host.drainSeconds') * 1000);
  await open.close();
  log.info('server.stopped');
}

/** Resolves with the first SIGTERM or SIGINT; a second one ends the process at once. */
function nextStopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      let asked = false;
      process.on(signal, () => {
        if (asked) process.exit(1);
        asked = true;
        resolve(signal);
      });
    }
  });
}

function reloadEverything(bus: ProcessBus, log: Log): void {
  log.info('server.reload');
  notifyServiceManager('RELOADING=1');
  bus.publish('settings.changed', { revision: 0 });
  bus.publish('tls.reload', {});
  bus.publish('directory.changed', { source: '' });
  notifyServiceManager('READY=1');
}

async function collect(pool: WorkerPool): Promise<{ contentType: string; text: string }> {
  const own = await registry.getMetricsAsJSON();
  const answers = await pool.metrics();
  const merged = AggregatorRegistry.aggregate([own, ...answers] as Parameters<
    typeof AggregatorRegistry.aggregate
  >[0]);
  return { contentType: merged.contentType, text: await merged.metrics() };
}
