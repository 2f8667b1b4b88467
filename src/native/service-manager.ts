// Façade of native/service: state messages to systemd or another manager that speaks sd_notify. Silent without one.

import { addon } from './addon.ts';

interface Native {
  serviceNotify(path: string, state: string): number;
}
const native = addon as unknown as Native;

/** Sends `state` (`READY=1`, `STOPPING=1`, `WATCHDOG=1`, …) when NOTIFY_SOCKET is set; failures are not worth stopping for. */
export function notifyServiceManager(state: string): void {
  const socket = process.env.NOTIFY_SOCKET;
  if (socket !== undefined && socket !== '') native.serviceNotify(socket, state);
}

/** How often the manager wants WATCHDOG=1, in ms (half of WATCHDOG_USEC); undefined when it does not. */
export function watchdogIntervalMs(): number | undefined {
  const microseconds = Number(process.env.WATCHDOG_USEC);
  const forUs = process.env.WATCHDOG_PID === undefined || Number(process.env.WATCHDOG_PID) === process.pid;
  return forUs && microseconds > 0 ? microseconds / 2000 : undefined;
}
