// What a running server answers on its control socket. Commands change the stores themselves and then say here that they
// did; so the same command works with and without a server.

import type { ControlHandlers } from '../admin/control.ts';
import { Fault } from '../base/outcome.ts';
import type { Bus } from '../cluster/bus.ts';
import type { Settings } from '../settings/settings.ts';
import { productVersion } from './version.ts';

/** What `notify` may be about. */
export const notices = ['settings', 'directory', 'tls'] as const;
export type Notice = (typeof notices)[number];

/** Answer of the verb `status`. */
export interface ServerStatus {
  readonly version: string;
  readonly pid: number;
  readonly workers: readonly number[];
  readonly revision: number;
}

/** Verbs of the supervisor: `status` and `notify`. */
export function controlHandlers(
  open: { readonly settings: Settings },
  bus: Bus,
  pool: { readonly pids: readonly number[] },
): ControlHandlers {
  return {
    status: (): ServerStatus => ({
      version: productVersion(),
      pid: process.pid,
      workers: pool.pids,
      revision: open.settings.current.revision,
    }),
    notify: (args) => publish(bus, args),
  };
}

function publish(bus: Bus, args: unknown): void {
  const { about, revision } = (args ?? {}) as { readonly about?: unknown; readonly revision?: unknown };
  if (about === 'settings') bus.publish('settings.changed', { revision: Number(revision ?? 0) });
  else if (about === 'directory') bus.publish('directory.changed', { source: '' });
  else if (about === 'tls') bus.publish('tls.reload', {});
  else throw new Fault('admin.bad_request', `notify is about one of ${notices.join(', ')}`);
}
