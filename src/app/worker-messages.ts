// What supervisor and worker say to each other over the process channel. All plain JSON.

import type { MetricObjectWithValues, MetricValue } from 'prom-client';
import type { BusEvent } from '../cluster/local/process-bus.ts';

/** Everything a worker must know to start; sent as its first message, so that nothing secret stands in argv or environ. */
export interface WorkerStart {
  readonly kind: 'start';
  readonly index: number;
  /** Path of tegu.conf. */
  readonly configurationFile: string;
  /** Added to every port; 0 normally. */
  readonly portOffset: number;
  /** Overrides listen.address when not empty. */
  readonly listen: string;
  /** As pino names them. */
  readonly logLevel: string;
  /** Base64 of the key of password tags, shared by the workers of one run. */
  readonly guardKey: string;
}

export type ToWorker =
  | WorkerStart
  | { readonly kind: 'bus'; readonly events: readonly BusEvent[] }
  | { readonly kind: 'ping' }
  | { readonly kind: 'metrics'; readonly id: number }
  | { readonly kind: 'drain' };

export type FromWorker =
  | { readonly kind: 'ready'; readonly ports: Readonly<Record<string, number>> }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'bus'; readonly events: readonly BusEvent[] }
  | { readonly kind: 'pong' }
  | {
      readonly kind: 'metrics';
      readonly id: number;
      readonly metrics: readonly MetricObjectWithValues<MetricValue<string>>[];
    };
