// Prometheus metrics (prom-client). Names are `tegu_<area>_<what>_<unit>`; labels have few values, never addresses.

import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** The process's registry; the supervisor aggregates those of its workers. */
export const registry = new Registry();

/** A counter registered once; call at module level. */
export function counter<L extends string>(
  name: string,
  help: string,
  labelNames: readonly L[] = [],
): Counter<L> {
  return new Counter({ name, help, labelNames: [...labelNames], registers: [registry] });
}

/** How the values of several workers become one: parts of a whole, or the same fact known to each. */
export type GaugeMerge = 'sum' | 'max' | 'min';

/** A gauge registered once. */
export function gauge<L extends string>(
  name: string,
  help: string,
  labelNames: readonly L[] = [],
  aggregator: GaugeMerge = 'sum',
): Gauge<L> {
  return new Gauge({ name, help, labelNames: [...labelNames], aggregator, registers: [registry] });
}

/** A histogram in seconds registered once. */
export function histogram<L extends string>(
  name: string,
  help: string,
  labelNames: readonly L[] = [],
  buckets: number[] = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
): Histogram<L> {
  return new Histogram({ name, help, labelNames: [...labelNames], buckets, registers: [registry] });
}
